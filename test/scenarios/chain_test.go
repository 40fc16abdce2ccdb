package scenarios

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"alertscale/test/shipped"
	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// TestTheWholeChain runs the files of examples/ on a service whose load rises: Prometheus finds it busy,
// Alertmanager says so, alertscale takes one step, which makes the service less busy, until the load
// rises again. The second step waits for the cooldown of the first. A Deployment of the templated target
// is idle meanwhile, and loses a quarter of its pods once: its dry run is switched off.
func TestTheWholeChain(t *testing.T) {
	cluster.Client.CreateNamespace(t, "shop")
	deployments(t, "shop", map[string]int{"web": 3, "cart": 4})
	web := cluster.Client.WatchReplicas(t, deployment("shop", "web"))
	cart := cluster.Client.WatchReplicas(t, deployment("shop", "cart"))

	api := stack.ProxyAPIServer(t, cluster.API)
	history := filepath.Join(t.TempDir(), "history.jsonl")
	a := stack.StartAlertscale(t, stack.AlertscaleOptions{
		Config: shipped.Acting(t, shipped.File(t, "alertscale.yml"), "any-deployment"), Kubeconfig: accountVia(t, api), Args: []string{"--history=" + history},
	})
	am := stack.StartAlertmanager(t, stack.AlertmanagerOptions{Config: hasty(t, a)})
	m := startMeter(t, "shop")
	m.setLoad("web", 1.5)
	m.setLoad("cart", 0.4)
	prometheus := stack.StartPrometheus(t, stack.PrometheusOptions{
		Targets: []string{m.exporter.Address}, Alertmanagers: []*stack.AlertmanagerServer{am},
		Rules: shipped.Faster(t, shipped.File(t, "rules.conf"), 6),
	})
	firing := func(alert, deployment string, n int) {
		t.Helper()
		expr := fmt.Sprintf(`count(ALERTS{alertname=%q,deployment=%q,alertstate="firing"}) or vector(0)`, alert, deployment)
		prometheus.WaitValue(t, expr, fmt.Sprint(n), wait)
	}

	// Neither busy nor idle, for as long as it takes cart to be found idle.
	cart.Wait(t, 1, wait)
	require.Empty(t, web.Changes())

	m.setLoad("web", 2.9) // of 3
	firing("DeploymentBusy", "web", 1)
	web.Wait(t, 1, wait)
	cluster.Client.WaitReady(t, deployment("shop", "web"), 5, wait)
	firing("DeploymentBusy", "web", 0)
	waitActive(t, a, "kubernetes:Deployment/shop/web")

	m.setLoad("web", 4.8) // of 5
	firing("DeploymentBusy", "web", 1)
	require.Contains(t, waitLogged(t, a, "verdict=cooldown", "Deployment/shop/web"), "cooldown up until")
	require.Len(t, web.Changes(), 1)
	web.Wait(t, 2, 2*time.Minute)
	cluster.Client.WaitReady(t, deployment("shop", "web"), 7, wait)

	// Idle, within the cooldown of steps down, which is five minutes.
	m.setLoad("web", 1)
	firing("DeploymentIdle", "web", 1)
	require.Contains(t, waitLogged(t, a, "verdict=cooldown", `rule="web is idle"`), "cooldown down until")

	web.Exactly(t, 2, wait, quiet)
	cart.Exactly(t, 1, wait, 0)
	require.Equal(t, []int{3, 5, 7}, web.Values())
	require.Equal(t, []int{4, 3}, cart.Values())
	reasons(t, a)
	onlyScales(t, api)
	cluster.Client.WaitEvent(t, deployment("shop", "web"), `Normal Scaled the count: 3 → 5 by rule "web is busy": 1 alert fires; up 2: 3 → 5`, wait)
	replays(t, a, history)
}

// hasty returns config.yml with alertscale's address and without patience.
func hasty(t *testing.T, a *stack.Alertscale) string {
	return shipped.Replace(t, shipped.File(t, "config.yml"),
		"- url: http://127.0.0.1:9098/webhook", "- url: "+a.URL+"/webhook",
		"group_wait: 10s", "group_wait: 1s",
		"group_interval: 1m", "group_interval: 1s",
	)
}

// reasons checks that alertscale's log tells why it did what it did, and that it did nothing else.
func reasons(t *testing.T, a *stack.Alertscale) {
	steps := scaled(a)
	require.Len(t, steps, 3, "%s", strings.Join(steps, "\n"))
	for i, want := range []string{
		`ref=kubernetes:Deployment/shop/cart target=any-deployment rule="deployment is idle" verdict=scaled from=4 to=3 why="1 alert fires; down 25%: 4 → 3"`,
		`ref=kubernetes:Deployment/shop/web target=web rule="web is busy" verdict=scaled from=3 to=5 why="1 alert fires; up 2: 3 → 5"`,
		`ref=kubernetes:Deployment/shop/web target=web rule="web is busy" verdict=scaled from=5 to=7 why="1 alert fires; up 2: 5 → 7"`,
	} {
		require.Contains(t, steps[i], want)
	}
	first, second := at(t, steps[1]), at(t, steps[2])
	require.GreaterOrEqual(t, second.Sub(first), 59*time.Second, "cooldown.up is 1m; a line is written a little later than its change is made")
	require.Empty(t, logged(a, "verdict=failed"))
	require.Empty(t, logged(a, "verdict=rejected"))
}

// at returns the time of a line of the log.
func at(t *testing.T, line string) time.Time {
	t.Helper()
	found := regexp.MustCompile(`\bts=(\S+)`).FindStringSubmatch(line)
	require.NotNil(t, found, line)
	when, err := time.Parse(time.RFC3339Nano, found[1])
	require.NoError(t, err)
	return when
}

// onlyScales checks that alertscale asked for nothing but who is there, what kinds there are, scales, and what autoscalers have, wrote
// scales as often as it stepped, and beside them Events alone.
func onlyScales(t *testing.T, api *stack.Proxy) {
	require.Len(t, api.Requests(func(r stack.Request) bool { return scaleRequest(r) && r.Method == "PATCH" }), 3)
	for _, r := range api.Requests(nil) {
		switch {
		case scaleRequest(r):
			require.Contains(t, []string{"GET", "PATCH"}, r.Method, r)
		case strings.HasSuffix(r.Path, "/selfsubjectreviews"): // who it is, of which nothing is stored
			require.Equal(t, "POST", r.Method, r)
		case strings.HasSuffix(r.Path, "/events"):
			require.Equal(t, "POST", r.Method, r)
		case strings.Contains(r.Path, "/events/"):
			require.Equal(t, "PATCH", r.Method, r)
		default:
			require.Equal(t, "GET", r.Method, r)
			require.Contains(t, []string{"/version", "/api", "/apis", "/apis/autoscaling/v2/horizontalpodautoscalers", "/apis/keda.sh/v1alpha1/scaledobjects"}, r.Path)
		}
	}
}
