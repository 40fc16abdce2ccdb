package rancher_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	driver "alertscale/adapter/driver/rancher"
	"alertscale/rules"
	"alertscale/rules/engine"
	"alertscale/test/fakerancher/rancher"
)

func TestServicesOnThreePages(t *testing.T) {
	b := newBench(t, rancher.Options{})
	b.server.AddServices(b.stack, "web", 250)
	for _, name := range []string{"web000", "web124", "web249"} {
		require.Equal(t, 1, b.observe(service(name)).Count)
	}
	require.Equal(t, 1, b.server.Count("GET", "stacks"), "the stack is asked for once")
	b.server.Forget()
	_, err := b.driver.Observe(t.Context(), service("WEB249"))
	require.ErrorIs(t, err, controller.ErrNotFound)
	require.EqualError(t, err, `not found: service shop/WEB249: the stack has "web249"; write the name as it is there`)
	require.Equal(t, 5, b.server.Count("GET", "services"), "by its name in the stack, and in the stack as it is now, then three pages")

	_, err = b.driver.Observe(t.Context(), rules.Ref{Kind: "service", Namespace: "Shop", Name: "web249"})
	require.ErrorContains(t, err, `has the stack "shop"; write the name as it is there`)
	_, err = b.driver.Observe(t.Context(), rules.Ref{Kind: "service", Namespace: "store", Name: "web249"})
	require.ErrorContains(t, err, `has no stack "store"`)
}

func TestTheSameNamesInTwoEnvironments(t *testing.T) {
	b := newBench(t, rancher.Options{})
	mine := b.add(rancher.ServiceSpec{Name: "web", Scale: 3})
	elsewhere := b.server.AddProject("elsewhere")
	theirs := b.server.AddService(rancher.ServiceSpec{Stack: b.server.AddStack(elsewhere, "shop"), Name: "web", Scale: 7})
	for what, d := range map[string]*driver.Driver{
		"an environment's key": b.driver,
		"an account's key":     b.driverWith(b.server.AccountKey(rancher.Owner, b.server.Project(), elsewhere), b.server.URL()+"/projects/"+b.server.Project()),
		"another stack too":    b.driverWith(b.server.UserKey(), b.server.URL()+"/projects/"+b.server.Project()+"/schemas"),
	} {
		b.driver = d
		require.Equal(t, 3, b.observe(mine).Count, what)
	}
	b.server.AddService(rancher.ServiceSpec{Stack: b.server.AddStack(b.server.Project(), "store"), Name: "web", Scale: 9})
	b.server.SetAccessControl(false)
	b.driver = b.driverWith(rancher.Key{Access: "no", Secret: "body"}, b.server.URL()+"/projects/"+b.server.Project())
	require.NoError(t, b.step(mine, 4))
	require.Equal(t, 4, b.count(mine))
	require.Equal(t, 7, b.server.Scale(theirs))

	b.driver = b.driverWith(b.server.UserKey(), b.server.URL())
	_, err := b.driver.Observe(t.Context(), mine)
	require.ErrorIs(t, err, controller.ErrInvalid)
	require.ErrorContains(t, err, "the url names none")
}

func TestAStackThatIsMadeAnew(t *testing.T) {
	b := newBench(t, rancher.Options{Speed: 20})
	require.Equal(t, 3, b.observe(b.add(rancher.ServiceSpec{Name: "web", Scale: 3})).Count)
	b.server.Remove(b.stack)
	b.stack = b.server.AddStack(b.server.Project(), "shop")
	require.Equal(t, 5, b.observe(b.add(rancher.ServiceSpec{Name: "cart", Scale: 5})).Count)
}

func TestAServiceThatIsMadeAnew(t *testing.T) {
	b := newBench(t, rancher.Options{Speed: 20})
	ref := b.add(rancher.ServiceSpec{Name: "web", Scale: 3})
	require.Equal(t, 3, b.observe(ref).Count)
	old := b.ids[ref]
	b.server.Remove(old)
	_, err := b.driver.Observe(t.Context(), ref)
	require.ErrorIs(t, err, controller.ErrNotFound)
	time.Sleep(50 * time.Millisecond)
	b.add(rancher.ServiceSpec{Name: "web", Scale: 5})
	require.NotEqual(t, old, b.ids[ref])
	require.NoError(t, b.step(ref, 6))
	require.Equal(t, 6, b.count(ref))
}

// The table of states, with what each of them leads to by itself.
func TestStatesOfTheStandIn(t *testing.T) {
	b := newBench(t, rancher.Options{Speed: 20})
	for _, state := range []string{"active", "updating-active", "activating", "finishing-upgrade", "rolling-back", "upgrading"} {
		ref := b.add(rancher.ServiceSpec{Scale: 3, State: state, Hold: true})
		require.NoError(t, b.step(ref, 4), state)
		require.Equal(t, 4, b.count(ref), state)
	}
	for state, want := range map[string]engine.ConditionType{
		"inactive": engine.ConditionDisabled, "updating-inactive": engine.ConditionDisabled, "deactivating": engine.ConditionDisabled,
		"registering": engine.ConditionNotReady, "restarting": engine.ConditionNotReady, "upgraded": engine.ConditionNotReady,
		"canceling-upgrade": engine.ConditionNotReady, "canceled-upgrade": engine.ConditionNotReady,
	} {
		ref := b.add(rancher.ServiceSpec{Scale: 3, State: state, Hold: true})
		require.Equal(t, want, b.obstacle(ref), state)
		require.ErrorIs(t, b.step(ref, 4), controller.ErrConflict, state)
		require.Equal(t, 3, b.count(ref), state)
	}
	for want, spec := range map[engine.ConditionType]rancher.ServiceSpec{
		engine.ConditionUnscalable: {Labels: map[string]string{"io.rancher.scheduler.global": "true"}},
		engine.ConditionOwned:      {Scale: 2, Fields: map[string]any{"scalePolicy": map[string]any{"min": 1, "max": 4}}},
	} {
		require.Equal(t, want, b.obstacle(b.add(spec)))
	}
	require.Equal(t, engine.ConditionUnscalable, b.obstacle(b.add(rancher.ServiceSpec{Kind: "externalService"})))
	require.NoError(t, b.step(b.add(rancher.ServiceSpec{Kind: "loadBalancerService", Scale: 1}), 2))
}

// What the labels of a service say of its bounds comes with it.
func TestBoundsOfServices(t *testing.T) {
	b := newBench(t, rancher.Options{})
	labels := map[string]string{rules.KeyMin: "2", rules.KeyMax: "5"}
	require.Equal(t, rules.BoundsIn(labels), b.observe(b.add(rancher.ServiceSpec{Scale: 3, Labels: labels})).Bounds)
	require.Equal(t, rules.BoundsIn(nil), b.observe(b.add(rancher.ServiceSpec{Scale: 3})).Bounds)
}

func TestAStuckServiceIsHealedByASmallerNumber(t *testing.T) {
	b := newBench(t, rancher.Options{Speed: 10})
	ref := b.add(rancher.ServiceSpec{Scale: 1, Ports: []string{"80:80/tcp"}})
	require.NoError(t, b.step(ref, 5))
	require.Eventually(t, func() bool { return len(b.observe(ref).Conditions) > 0 }, 10*time.Second, 10*time.Millisecond)
	require.NoError(t, b.step(ref, 2))
	require.Eventually(t, func() bool { return b.observe(ref).Ready }, 10*time.Second, 10*time.Millisecond)
}

// Somebody else's writes, which hold the service for a while each, and ours.
func TestTwelveWriters(t *testing.T) {
	b := newBench(t, rancher.Options{Lock: 5 * time.Millisecond})
	ref := b.add(rancher.ServiceSpec{Scale: 1})
	other := make([]*driver.Driver, 12)
	for i := range other {
		other[i] = b.newDriver()
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	stored := map[int]bool{}
	for i, d := range other {
		wg.Go(func() {
			o, err := d.Observe(t.Context(), ref)
			assert.NoError(t, err)
			if err := d.Scale(t.Context(), ref, engine.Change{From: o.Count, To: 10 + i}); err != nil {
				assert.ErrorIs(t, err, controller.ErrConflict)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			stored[10+i] = true
		})
	}
	wg.Wait()
	require.NotEmpty(t, stored)
	require.Contains(t, stored, b.count(ref), "who is told that nothing was stored has stored nothing")
}

func TestConflictsAreSatOut(t *testing.T) {
	b := newBench(t, rancher.Options{})
	ref := b.add(rancher.ServiceSpec{Scale: 1})
	o := b.observe(ref)
	b.server.ConflictNext(3)
	b.server.Forget()
	require.NoError(t, b.driver.Scale(t.Context(), ref, engine.Change{From: o.Count, To: 2}))
	require.Len(t, b.server.Writes(), 4)
	require.Equal(t, 3, b.server.Count("GET", "services"), "each from a fresh read")

	b.server.ConflictNext(100)
	o = b.observe(ref)
	err := b.driver.Scale(t.Context(), ref, engine.Change{From: o.Count, To: 3})
	require.ErrorIs(t, err, controller.ErrConflict)
	require.Equal(t, 2, b.count(ref))
}

func TestASlowServer(t *testing.T) {
	b := newBench(t, rancher.Options{})
	ref := b.add(rancher.ServiceSpec{Scale: 1})
	o := b.observe(ref)
	b.server.Inject(rancher.Fault{Method: "PUT", Delay: 300 * time.Millisecond, Times: 1})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := b.driver.Scale(ctx, ref, engine.Change{From: o.Count, To: 2})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Equal(t, 1, b.count(ref))
	require.Equal(t, 2, b.observe(ref).Count, "it is read when the write that was given up has landed")
}

func TestALostAnswerIsSeenByTheNextRead(t *testing.T) {
	b := newBench(t, rancher.Options{})
	ref := b.add(rancher.ServiceSpec{Scale: 1})
	o := b.observe(ref)
	b.server.LoseNext(1)
	b.server.Forget()
	require.Error(t, b.driver.Scale(t.Context(), ref, engine.Change{From: o.Count, To: 2}))
	require.Len(t, b.server.Writes(), 1)
	require.Equal(t, 2, b.observe(ref).Count)
}

func TestAServerThatIsRestarted(t *testing.T) {
	b := newBench(t, rancher.Options{})
	ref := b.add(rancher.ServiceSpec{Scale: 1})
	require.NoError(t, b.step(ref, 2))
	require.NoError(t, b.server.Restart(10*time.Millisecond))
	require.Eventually(t, func() bool { return b.step(ref, 3) == nil }, 5*time.Second, 10*time.Millisecond)
	require.Equal(t, 3, b.count(ref))
	lift := b.server.Unavailable(http.StatusBadGateway)
	_, err := b.driver.Observe(t.Context(), ref)
	require.ErrorContains(t, err, "502 Bad Gateway")
	lift()
	require.NoError(t, b.step(ref, 4))
}

func TestKeysThatAreRevokedAndRotated(t *testing.T) {
	b := newBench(t, rancher.Options{})
	ref := b.add(rancher.ServiceSpec{Scale: 1})
	key := b.server.ProjectKey()
	file := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(file, []byte(key.Secret), 0o600))
	d, err := driver.New(driver.Config{URL: b.server.URL(), AccessKey: key.Access, SecretKeyFile: file}, driver.Options{})
	require.NoError(t, err)
	b.driver = d
	require.NoError(t, b.step(ref, 2))
	b.server.Revoke(key)
	var busy *controller.ThrottledError
	_, err = d.Observe(t.Context(), ref)
	require.ErrorAs(t, err, &busy)
	require.NotContains(t, err.Error(), key.Secret)

	b.driver = b.driverWith(b.server.AccountKey(rancher.ReadOnly, b.server.Project()), b.server.URL()+"/projects/"+b.server.Project())
	_, err = b.driver.Observe(t.Context(), ref)
	require.ErrorIs(t, err, controller.ErrForbidden)
	require.ErrorContains(t, err, "readonly")
}

func TestAForeignEnvironment(t *testing.T) {
	b := newBench(t, rancher.Options{})
	for _, key := range []rancher.Key{b.server.ProjectKey(), b.server.UserKey()} {
		b.driver = b.driverWith(key, b.server.URL()+"/projects/1a5")
		_, err := b.driver.Observe(t.Context(), service("web"))
		require.ErrorIs(t, err, controller.ErrForbidden)
		require.ErrorContains(t, err, "there is no environment 1a5 for this key")
	}
}
