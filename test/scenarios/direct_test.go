package scenarios

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// TestPrometheusDirectly runs a Prometheus that has alertscale in the place of an Alertmanager, as a sender with a token: a
// step within a second of its alert; none more when Prometheus is restarted and has lost since when the alert fires; and
// when it is killed for good, the alert ends by itself.
func TestPrometheusDirectly(t *testing.T) {
	const namespace, ref = "direct", "kubernetes:Deployment/direct/web"
	cluster.Client.CreateNamespace(t, namespace)
	deployments(t, namespace, map[string]int{"web": 3})
	replicas := cluster.Client.WatchReplicas(t, deployment(namespace, "web"))
	exporter := stack.StartExporter(t)
	exporter.Set("queue_length", 3)
	a, prometheus := startDirect(t, exporter, namespace)
	prometheus.WaitValue(t, "queue_length", "3", wait)

	exporter.Set("queue_length", 30)
	replicas.Wait(t, 1, wait)
	require.Less(t, stepDelays(t, a)[0], time.Second, "from when the alert fires, by Prometheus, to the change")

	prometheus.Stop(t)
	prometheus.Start(t)
	prometheus.WaitValue(t, `count(ALERTS{alertstate="firing"})`, "1", wait)
	a.WaitMetric(t, `alertscale_sender_alerts_total{outcome="matched",sender="prod"}`, 3, wait)
	waitActive(t, a, ref, "web is busy")
	replicas.Exactly(t, 1, wait, quiet)

	exporter.Set("queue_length", 3)
	waitActive(t, a, ref)
	waitLogged(t, a, "verdict=resolved")
	exporter.Set("queue_length", 30)
	replicas.Wait(t, 2, wait)

	prometheus.Kill(t)
	waitActive(t, a, ref) // it ends by itself, within twenty seconds
	replicas.Exactly(t, 2, wait, quiet)
	require.Equal(t, []int{3, 5, 7}, replicas.Values())
	require.Zero(t, a.Metric(t, `alertscale_notifications_total{code="401"}`))
	require.Positive(t, a.Metric(t, `alertscale_sender_alerts_total{outcome="ignored",sender="prod"}`))
	require.Empty(t, logged(a, "verdict=failed"))
}

// startDirect starts an alertscale with a sender, and a Prometheus that is it.
func startDirect(t *testing.T, exporter *stack.Exporter, namespace string) (*stack.Alertscale, *stack.PrometheusServer) {
	t.Helper()
	token := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(token, []byte("s3cret\n"), 0o600))
	a := stack.StartAlertscale(t, stack.AlertscaleOptions{Kubeconfig: account(t), Config: fmt.Sprintf(`
senders: {prod: {token_file: %s, rules: ['web is *']}}
targets:
  web: {driver: kubernetes, kind: Deployment, namespace: %s, name: web, max: 20, cooldown: 0s}
rules:
  - {name: web is busy, matchers: ['alertname="QueueLong"'], target: web, up: 2}
  - {name: not the sender's, matchers: ['alertname="QueueLong"'], target: web, up: 7}
`, token, namespace)})
	a.WaitConnected(t, 1)
	rules := filepath.Join(t.TempDir(), "rules.yml")
	require.NoError(t, os.WriteFile(rules, []byte("groups: [{name: test, rules: [{alert: QueueLong, expr: queue_length > 10}]}]"), 0o644))
	prometheus := stack.StartPrometheus(t, stack.PrometheusOptions{
		Args: []string{"--rules.alert.resend-delay=5s"}, // it says that its alerts end four times as far ahead
		Config: fmt.Sprintf(`
global: {scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 500ms}
rule_files: [%q]
scrape_configs: [{job_name: test, static_configs: [{targets: [%q]}]}]
alerting: {alertmanagers: [{authorization: {credentials_file: %q}, static_configs: [{targets: [%q]}]}]}
`, rules, exporter.Address, token, a.Address()),
	})
	return a, prometheus
}

// stepDelays returns, newest first, how long after the start of their alert the changes were made.
func stepDelays(t *testing.T, a *stack.Alertscale) (all []time.Duration) {
	t.Helper()
	_, body := a.Get(t, "/api/v1/decisions?verdict=scaled")
	var answer struct {
		Data []struct {
			At     time.Time
			Alerts []struct{ StartsAt time.Time }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(body), &answer), body)
	for _, d := range answer.Data {
		require.NotEmpty(t, d.Alerts)
		all = append(all, d.At.Sub(d.Alerts[0].StartsAt))
	}
	return all
}

// TestBothWays runs what docs/senders.md has: a Prometheus that posts to an Alertmanager and to alertscale, and an
// Alertmanager that posts to alertscale, with the token of the same sender. The alert is one.
func TestBothWays(t *testing.T) {
	const namespace, ref = "both-ways", "kubernetes:Deployment/both-ways/web"
	blocks := pageBlocks(t, "../../docs/senders.md")
	cluster.Client.CreateNamespace(t, namespace)
	deployments(t, namespace, map[string]int{"web": 3})
	replicas := cluster.Client.WatchReplicas(t, deployment(namespace, "web"))
	secrets := t.TempDir()
	for _, name := range []string{"prod", "staging"} {
		require.NoError(t, os.WriteFile(filepath.Join(secrets, name), []byte(name+"\n"), 0o600))
	}
	inSecrets := strings.NewReplacer("/run/secrets/alertscale", secrets)
	a := stack.StartAlertscale(t, stack.AlertscaleOptions{Kubeconfig: account(t), Config: inSecrets.Replace(blocks[1]) + `
targets:
  web: {driver: kubernetes, kind: Deployment, namespace: ` + namespace + `, name: web, max: 20, cooldown: 0s}
rules:
  - {name: any is busy, matchers: ['alertname="DeploymentBusy"'], target: web, up: 2}
`})
	a.WaitConnected(t, 1)
	am := stack.StartAlertmanager(t, stack.AlertmanagerOptions{Config: "route: {receiver: alertscale, group_wait: 1s, group_interval: 1s, repeat_interval: 1h}\n" +
		strings.NewReplacer("alertscale.monitoring.svc:9098", a.Address(), "/run/secrets/alertscale", secrets).Replace(blocks[2])})
	exporter := stack.StartExporter(t)
	exporter.Set("load", 3)
	rules := filepath.Join(t.TempDir(), "rules.yml")
	require.NoError(t, os.WriteFile(rules, []byte("groups: [{name: test, rules: [{alert: DeploymentBusy, expr: load > 2}, {alert: Other, expr: load > 2}]}]"), 0o644))
	stack.StartPrometheus(t, stack.PrometheusOptions{Config: fmt.Sprintf(`
global: {scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 500ms}
rule_files: [%q]
scrape_configs: [{job_name: test, static_configs: [{targets: [%q]}]}]
`, rules, exporter.Address) + strings.NewReplacer("alertscale.monitoring.svc:9098", a.Address(), "alertmanager.monitoring.svc:9093", am.Address,
		"/run/secrets/alertscale", secrets).Replace(blocks[0])})

	replicas.Wait(t, 1, wait)
	a.WaitMetric(t, "alertscale_alerts_unmatched_total", 1, wait) // by Alertmanager alone: to here such alerts are dropped
	waitActive(t, a, ref, "any is busy")
	exporter.Set("load", 0)
	waitActive(t, a, ref)
	waitLogged(t, a, "verdict=resolved")
	replicas.Exactly(t, 1, wait, quiet)
	require.Equal(t, []int{3, 5}, replicas.Values())
	require.Len(t, logged(a, "verdict=resolved"), 1)
	require.Zero(t, a.Metric(t, `alertscale_notifications_total{code="401"}`))
}

// pageBlocks returns the YAML of a page, in its order.
func pageBlocks(t *testing.T, page string) (all []string) {
	t.Helper()
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	for _, found := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		all = append(all, found[1])
	}
	require.Len(t, all, 3, page)
	return all
}
