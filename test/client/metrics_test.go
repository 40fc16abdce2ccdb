package client

import (
	"strings"
	"testing"

	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// busy starts an alertscale that has met much of what there is to count and to log: steps, repeats, a dry run, a broken
// label, an API that is down, an alert that no rule matches, a broken body, a wrong path and a wrong method.
func busy(t *testing.T, args ...string) *stack.Alertscale {
	t.Helper()
	const more = `
  down: {driver: rancher, kind: service, namespace: shop, name: web, max: 3}
  any: {driver: kubernetes, kind: Deployment, namespace: shop, name: '{{ .Labels.deployment }}', max: 10}
rules:
  - {name: down, matchers: ['alertname="Down"'], target: down, up: 1}
  - {name: any, matchers: ['alertname="Any"'], target: any, up: 1}
`
	text := strings.Replace(config, "\nrules:\n", more, 1)
	text = strings.Replace(text, "drivers:\n", "drivers:\n  rancher: {url: 'http://127.0.0.1:1/v2-beta/projects/1a5', access_key: a, secret_key: b}\n", 1)
	a := stack.StartAlertscale(t, stack.AlertscaleOptions{Config: text, Args: args})
	for range 2 {
		notify(t, a, 200, alert("alertname=WebBusy"))
	}
	notify(t, a, 200, alert("alertname=CartIdle"), alert("alertname=Any"), alert("alertname=Other"))
	notify(t, a, 503, alert("alertname=Down"))
	for _, refused := range []struct {
		path string
		code int
	}{{"/webhook", 400}, {"/alertmanager/webhook", 404}, {"/metrics", 405}} {
		code, answer := a.Post(t, refused.path, "{")
		require.Equal(t, refused.code, code, answer)
		if code == 404 {
			require.Contains(t, answer, "post notifications to /webhook")
		}
	}
	return a
}

// TestMetrics checks the metrics as promtool does, which knows how they are to be named and described.
func TestMetrics(t *testing.T) {
	a := busy(t)
	_, metrics := a.Get(t, "/metrics")
	for _, series := range []string{
		`alertscale_notifications_total{code="404"} 1`, `alertscale_decisions_total{rule="web is busy",verdict="scaled"} 1`,
		`alertscale_driver_request_duration_seconds_count{driver="rancher",`, `alertscale_driver_up{driver="rancher"} 0`,
		`alertscale_step_delay_seconds_count 1`, `alertscale_alerts_unmatched_total 1`,
	} {
		require.Contains(t, metrics, series)
	}
	out, err := stack.RunOn(t, metrics, ".", stack.Prometheus, "promtool", "check", "metrics")
	require.NoError(t, err, out)
	require.Empty(t, out)
	out, err = stack.RunOn(t, metrics+"# TYPE wrong_count counter\nwrong_count 1\n", ".", stack.Prometheus, "promtool", "check", "metrics")
	require.Error(t, err, "it finds what is wrong")
	require.Contains(t, out, "wrong_count")
}
