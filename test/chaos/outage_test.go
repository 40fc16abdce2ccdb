package chaos

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// TestOutage takes the API server away for 20 s in the middle of a storm. What was not done by then is
// done when it is back, once, by alertscale's own retry: nobody tells it again. One alertscale that has
// known the API server takes a notification meanwhile, and so does one that is started meanwhile.
func TestOutage(t *testing.T) {
	const away, apps = 20 * time.Second, 24
	names := []string{"web", "new"}
	for i := range apps {
		names = append(names, fmt.Sprint("app-", i))
	}
	s := newShop(t, 3, names...)
	watches := map[string]*stack.FieldWatch{}
	var storm []alert
	for _, name := range names {
		watches[name] = admin.WatchReplicas(t, s.object(name))
		if strings.HasPrefix(name, "app-") {
			storm = append(storm, s.firing("Busy", name))
		}
	}
	proxy := stack.ProxyAPIServer(t, api)
	// Every other change comes when the API server is gone.
	changes := 0
	slow := proxy.Inject(stack.Fault{Match: func(r stack.Request) bool {
		if r.Method == http.MethodPatch {
			changes++
		}
		return r.Method == http.MethodPatch && changes%2 == 0
	}, Times: apps / 2, Hold: stack.BeforeRequest})
	a := stack.StartAlertscale(t, stack.AlertscaleOptions{Config: anyDeployment, Kubeconfig: accountVia(t, proxy)})
	answered := later(t, a, storm...)
	slow.WaitHeld(t, apps/3, wait)
	stack.Eventually(t, wait, func() error {
		if _, all := a.Get(t, "/api/v1/decisions?verdict=scaled"); !strings.Contains(all, `"scaled"`) {
			return fmt.Errorf("nothing is scaled so far: %s", all)
		}
		return nil
	})

	t.Cleanup(func() {
		if !api.Running() {
			api.Start(t)
		}
	})
	api.Kill(t)
	gone := time.Now()
	slow.Release()
	got := <-answered
	require.Equal(t, 503, got.Code, "%+v", got)
	require.Contains(t, got.verdicts(), "scaled")
	require.Contains(t, got.verdicts(), "failed")
	post(t, a, 503, "failed", s.firing("Busy", "web"))

	late := stack.StartAlertscale(t, stack.AlertscaleOptions{Config: anyDeployment, Kubeconfig: account(t)})
	got = post(t, late, 503, "failed", s.firing("Busy", "new"))
	require.Nil(t, got.Data.Decisions[0].From, "the count is not known")
	for _, each := range []*stack.Alertscale{a, late} {
		for _, path := range []string{"/-/ready", "/-/healthy"} {
			code, _ := each.Get(t, path)
			require.Equal(t, 200, code, path)
		}
	}
	time.Sleep(time.Until(gone.Add(away)))
	api.Start(t)

	for _, name := range names {
		watches[name].Wait(t, 1, 2*wait) // discovery that was refused is tried again after a minute
	}
	time.Sleep(quiet)
	for _, name := range names {
		watches[name].Exactly(t, 1, 0, 0)
		require.Equal(t, []int{3, 4}, watches[name].Values(), name)
	}
	for _, each := range []*stack.Alertscale{a, late} {
		_, metrics := each.Get(t, "/metrics")
		require.Contains(t, metrics, "\nalertscale_deferred_calls 0\n")
	}
	post(t, a, 200, "duplicate", storm...)
}
