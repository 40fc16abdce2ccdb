package chaos

import (
	"net/http"
	"testing"
	"time"

	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// A late is an alertscale whose change is held back on its way to the API server.
type late struct {
	*stack.Alertscale
	shop   shop
	proxy  *stack.Proxy
	watch  *stack.FieldWatch
	alert  alert
	change *stack.Injected
}

// newLate makes one that was killed while its step from 3 to 4 was on its way.
func newLate(t *testing.T) *late {
	t.Helper()
	s := newShop(t, 3, "web")
	l := &late{shop: s, proxy: stack.ProxyAPIServer(t, api), alert: s.firing("Busy", "web")}
	l.watch = admin.WatchReplicas(t, s.object("web"))
	l.change = l.proxy.Inject(stack.Fault{Match: stack.Method(http.MethodPatch), Times: 1, Hold: stack.BeforeRequest})
	l.Alertscale = stack.StartAlertscale(t, stack.AlertscaleOptions{Config: anyDeployment, Kubeconfig: accountVia(t, l.proxy)})
	unanswered := later(t, l.Alertscale, l.alert)
	l.change.WaitHeld(t, 1, wait)
	l.Kill(t)
	require.NotEmpty(t, (<-unanswered).Error)
	return l
}

// land lets the held change arrive, and waits until it is there.
func (l *late) land(t *testing.T) {
	t.Helper()
	l.change.Release()
	l.watch.Wait(t, 1, wait)
}

// oneStep wants one step from 3 to 4 and no other, also when Alertmanager sends its notification again.
func (l *late) oneStep(t *testing.T) {
	t.Helper()
	l.watch.Wait(t, 1, wait)
	require.NoError(t, deliver(t.Context(), l.URL, notification(l.alert)))
	post(t, l.Alertscale, 200, "duplicate", l.alert)
	l.watch.Exactly(t, 1, wait, quiet)
	require.Equal(t, []int{3, 4}, l.watch.Values())
	// It goes on from there.
	post(t, l.Alertscale, 200, "resolved", l.alert.resolved())
	post(t, l.Alertscale, 200, "scaled", l.shop.firing("Busy", "web"))
	require.Equal(t, 5, admin.Scale(t, l.shop.object("web")))
}

func readsScale(r stack.Request) bool { return r.Method == http.MethodGet && ofScale(r) }

// TestLateChange lets a change land at each moment that makes a difference, after alertscale was killed.
func TestLateChange(t *testing.T) {
	t.Run("before the next start", func(t *testing.T) {
		t.Parallel()
		l := newLate(t)
		l.land(t)
		l.Start(t)
		l.oneStep(t)
		l.WaitLog(t, "a change 3 → 4 of unknown outcome: 4 is read, it counts as applied now")
	})
	t.Run("before the next start reads", func(t *testing.T) {
		t.Parallel()
		l := newLate(t)
		read := l.proxy.Inject(stack.Fault{Match: readsScale, Times: 1, Hold: stack.BeforeRequest})
		l.Start(t)
		read.WaitHeld(t, 1, wait)
		l.land(t)
		read.Release()
		l.oneStep(t)
	})
	t.Run("after the next start has read", func(t *testing.T) {
		t.Parallel()
		l := newLate(t)
		read := l.proxy.Inject(stack.Fault{Match: readsScale, Times: 1, Hold: stack.BeforeAnswer})
		l.Start(t)
		read.WaitHeld(t, 1, wait)
		l.land(t)
		read.Release()
		l.oneStep(t)
	})
	t.Run("before the next attempt", func(t *testing.T) {
		t.Parallel()
		l := newLate(t)
		again := l.proxy.Inject(stack.Fault{Match: stack.Method(http.MethodPatch), Times: 1, Hold: stack.BeforeRequest})
		l.Start(t)
		again.WaitHeld(t, 1, wait)
		l.land(t)
		again.Release()
		l.oneStep(t)
	})
	t.Run("after the next attempt", func(t *testing.T) {
		t.Parallel()
		l := newLate(t)
		l.Start(t)
		l.land(t) // it comes to nothing: what lands is the second
		l.oneStep(t)
	})
	t.Run("after another kill", func(t *testing.T) {
		t.Parallel()
		l := newLate(t)
		again := l.proxy.Inject(stack.Fault{Match: stack.Method(http.MethodPatch), Times: 1, Hold: stack.BeforeRequest})
		l.Start(t)
		again.WaitHeld(t, 1, wait)
		l.Kill(t)
		l.Start(t) // its attempt, the third, is the first to arrive
		l.watch.Wait(t, 1, wait)
		again.Release()
		l.change.Release()
		l.oneStep(t)
	})
	t.Run("the alert is resolved meanwhile", resolvedMeanwhile)
}

// resolvedMeanwhile resolves the alert while its change is on its way, and brings a new one. The change
// of the first may land when the call for it is gone.
func resolvedMeanwhile(t *testing.T) {
	t.Parallel()
	l := newLate(t)
	read := l.proxy.Inject(stack.Fault{Match: readsScale, Hold: stack.BeforeRequest})
	l.Launch(t)
	read.WaitHeld(t, 1, wait)
	require.NoError(t, deliver(t.Context(), l.URL, notification(l.alert.resolved())))
	l.Kill(t)
	l.land(t)
	read.Remove()
	l.Start(t)
	second := l.shop.firing("Busy", "web")
	require.NoError(t, deliver(t.Context(), l.URL, notification(second)))
	l.watch.Wait(t, 2, wait)
	l.watch.Exactly(t, 2, wait, quiet)
	require.Equal(t, []int{3, 4, 5}, l.watch.Values())
}

// TestLateChangeAnotherWriter lets somebody else change the count while a change is on its way: it is no
// step from a stale count, and what the other wrote stays.
func TestLateChangeAnotherWriter(t *testing.T) {
	s := newShop(t, 3, "web")
	proxy := stack.ProxyAPIServer(t, api)
	watch := admin.WatchReplicas(t, s.object("web"))
	change := proxy.Inject(stack.Fault{Match: stack.Method(http.MethodPatch), Times: 2, Hold: stack.BeforeRequest})
	a := stack.StartAlertscale(t, stack.AlertscaleOptions{Config: anyDeployment, Kubeconfig: accountVia(t, proxy)})
	answered := later(t, a, s.firing("Busy", "web"))
	change.WaitHeld(t, 1, wait)
	admin.SetScale(t, s.object("web"), 7)
	change.Release()
	got := <-answered
	require.Equal(t, []string{"scaled"}, got.verdicts(), "%+v", got)
	require.Equal(t, []int{7, 8}, []int{*got.Data.Decisions[0].From, *got.Data.Decisions[0].To})
	watch.Exactly(t, 2, wait, quiet)
	require.Equal(t, []int{3, 7, 8}, watch.Values())
	require.Len(t, proxy.Requests(stack.Method(http.MethodPatch)), 2)
}

// TestLateChangeTakenBack is as before, but the other writer puts the count back to what it was: the
// change was decided on another version of the Deployment, so it is decided again.
func TestLateChangeTakenBack(t *testing.T) {
	l := newLate(t)
	admin.SetScale(t, l.shop.object("web"), 7)
	admin.SetScale(t, l.shop.object("web"), 3)
	l.change.Release()
	l.Start(t)
	l.watch.Wait(t, 3, wait)
	l.watch.Exactly(t, 3, wait, quiet)
	require.Equal(t, []int{3, 7, 3, 4}, l.watch.Values())
}

// TestSlowAnswer answers in time although the change takes long: what is not done by then is failed, and
// goes on by itself.
func TestSlowAnswer(t *testing.T) {
	s := newShop(t, 3, "web", "cart")
	proxy := stack.ProxyAPIServer(t, api)
	web, cart := admin.WatchReplicas(t, s.object("web")), admin.WatchReplicas(t, s.object("cart"))
	slow := proxy.Inject(stack.Fault{Match: func(r stack.Request) bool {
		return r.Method == http.MethodPatch && r.Path == "/apis/apps/v1/namespaces/"+string(s)+"/deployments/web/scale"
	}, Times: 1, Hold: stack.BeforeRequest})
	a := stack.StartAlertscale(t, stack.AlertscaleOptions{Config: anyDeployment, Kubeconfig: accountVia(t, proxy)})
	start, alerts := time.Now(), []alert{s.firing("Busy", "web"), s.firing("Busy", "cart")}
	got := <-later(t, a, alerts...)
	require.Less(t, time.Since(start), 9*time.Second)
	require.Equal(t, 503, got.Code, "%+v", got)
	require.NotEmpty(t, got.RetryAfter)
	require.Equal(t, []string{"failed", "scaled"}, got.verdicts(), "one that hangs does not keep the other waiting")
	require.Equal(t, []int{3, 4}, cart.Values())

	slow.Release()
	web.Wait(t, 1, wait)
	require.NoError(t, deliver(t.Context(), a.URL, notification(alerts...)))
	web.Exactly(t, 1, wait, quiet)
	require.Equal(t, []int{3, 4}, web.Values())
	require.Equal(t, []int{3, 4}, cart.Values())
}
