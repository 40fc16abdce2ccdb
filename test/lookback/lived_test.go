package lookback

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// The files of the three programs. The rules are evaluated twice a second.
const (
	livedRules = `groups:
- name: test
  rules:
  - {alert: DeploymentBusy, expr: load > 0.8, labels: {severity: warning}}
  - {alert: DeploymentIdle, expr: load < 0.3, for: 1s, labels: {severity: info}}
`
	livedConfig = `
drivers:
  kubernetes: {type: simulator, workloads: {shop/web: 3, shop/cart: 4}}
targets:
  web: {driver: kubernetes, kind: Deployment, namespace: shop, name: web, min: 2, max: 20, cooldown: {up: 32s, down: 1s}}
  any: {driver: kubernetes, kind: Deployment, namespace: shop, name: '{{ .Labels.deployment }}', max: 20, cooldown: 1s}
rules:
  - {name: busy, matchers: ['alertname="DeploymentBusy"', 'cluster="eu"'], target: any, up: 2}
  - {name: idle, matchers: ['alertname="DeploymentIdle"'], target: any, down: 1}
  - {name: quiet again, matchers: ['alertname="DeploymentBusy"', 'deployment="cart"'], target: any, when: resolved, down: 1}
`
	livedRoutes = `
route:
  receiver: nobody
  group_wait: 1s
  group_interval: 2s
  repeat_interval: 5s
  routes:
  - {receiver: alertscale, matchers: [alertname="DeploymentBusy"], group_by: [alertname], continue: true}
  - {receiver: alertscale, matchers: [deployment="cart"], group_by: ['...'], group_interval: 1s}
  - {receiver: alertscale, matchers: [alertname="DeploymentIdle"], group_by: [deployment]}
receivers:
- name: nobody
- name: alertscale
  webhook_configs: [{url: '%s/webhook'}]
`
)

// quiet is how long nothing happens before the next thing is made to happen, so that what comes first is the same each time.
const quiet = 8 * time.Second

// lived are programs with a history.
type lived struct {
	exporter   *stack.Exporter
	prometheus *stack.PrometheusServer
	alertscale *stack.Alertscale
	routes     string // the file
}

// live lets a Prometheus, an Alertmanager and an alertscale live through some changes of load, from one that is neither
// high nor low.
func live(t *testing.T, story []string) *lived {
	t.Helper()
	l := &lived{exporter: stack.StartExporter(t), alertscale: stack.StartAlertscale(t, stack.AlertscaleOptions{Config: livedConfig})}
	routes := fmt.Sprintf(livedRoutes, l.alertscale.URL)
	l.routes = filepath.Join(t.TempDir(), "config.yml")
	require.NoError(t, os.WriteFile(l.routes, []byte(routes), 0o600))
	am := stack.StartAlertmanager(t, stack.AlertmanagerOptions{Config: routes})
	l.load(t, "web 0.5")
	l.load(t, "cart 0.5")
	rules := filepath.Join(t.TempDir(), "rules.yml")
	require.NoError(t, os.WriteFile(rules, []byte(livedRules), 0o600))
	l.prometheus = stack.StartPrometheus(t, stack.PrometheusOptions{Config: fmt.Sprintf(`
global: {scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 500ms, external_labels: {cluster: eu}}
rule_files: [%q]
scrape_configs: [{job_name: test, static_configs: [{targets: [%q]}]}]
alerting: {alertmanagers: [{static_configs: [{targets: [%q]}]}]}
`, rules, l.exporter.Address, am.Address)})
	l.prometheus.WaitValue(t, `load{deployment="cart"}`, "0.5", 30*time.Second)
	for _, scene := range story {
		l.load(t, scene)
		time.Sleep(quiet)
	}
	return l
}

// load sets the load of a Deployment: web 0.9.
func (l *lived) load(t *testing.T, scene string) {
	t.Helper()
	var deployment string
	var load float64
	_, err := fmt.Sscan(scene, &deployment, &load)
	require.NoError(t, err)
	l.exporter.Set(fmt.Sprintf("load{deployment=%q}", deployment), load)
}

// made are the decisions of the program, the earliest first.
func (l *lived) made(t *testing.T) []decided {
	t.Helper()
	var made struct{ Data []decided }
	code, body := l.alertscale.Get(t, "/api/v1/decisions?limit=0")
	require.Equal(t, 200, code, body)
	require.NoError(t, json.Unmarshal([]byte(body), &made))
	slices.Reverse(made.Data)
	return made.Data
}

// TestWhatWasLived: what was decided in a while is what a replay comes to of what Prometheus remembers of it. What is lived
// is told of by the real programs, with their times: alerts that come back, that are repeated, that come by several routes,
// and that wait for a cooldown.
func TestWhatWasLived(t *testing.T) {
	begin := time.Now().UTC()
	l := live(t, []string{
		"web 0.9", "cart 0.9", // a step each
		"web 0.5", "web 0.9", // comes back within the cooldown, and is served at its end
		"cart 0.5",           // a step back
		"web 0.1", "web 0.5", // a step down
		"cart 0.9", "cart 0.2", "cart 0.5",
	})
	made := l.made(t)
	require.GreaterOrEqual(t, len(made), 12)
	for _, from := range []time.Time{begin, begin.Add(-time.Hour)} {
		again := replayed(t, "--config.file="+l.alertscale.Config, "--prometheus="+l.prometheus.URL, "--from="+from.Format(time.RFC3339),
			"--step=500ms", "--alertmanager-config="+l.routes, "--count=kubernetes:Deployment/shop/cart=4", "--count=web=3")
		for _, ref := range []string{"kubernetes:Deployment/shop/web", "kubernetes:Deployment/shop/cart"} {
			want, got := of(ref, made), of(ref, again)
			require.Equal(t, texts(want), texts(got))
			for i := range want {
				require.WithinDuration(t, want[i].At, got[i].At, 4*time.Second, "%s", want[i])
			}
		}
	}
}

// of are the decisions of a ref.
func of(ref string, all []decided) []decided {
	return slices.DeleteFunc(slices.Clone(all), func(d decided) bool { return d.Ref != ref })
}

// texts are decisions without their times.
func texts(all []decided) (list []string) {
	for _, d := range all {
		list = append(list, fmt.Sprintf("%q %s %d → %d", d.Rule, d.Verdict, d.From, d.To))
	}
	return list
}
