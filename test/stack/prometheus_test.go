package stack

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

const busyRule = `groups:
- name: test
  rules:
  - alert: QueueLong
    expr: queue_length > 10
    labels: {severity: warning}
    annotations: {value: '{{ $value }}'}
`

func writeFile(t *testing.T, dir, name, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
}

func TestAlertComesFromAGaugeToTheWebhook(t *testing.T) {
	t.Parallel()
	receiver, exporter := StartReceiver(t), StartExporter(t)
	am := StartAlertmanager(t, AlertmanagerOptions{Config: WebhookConfig([]string{receiver.URL})})
	exporter.Set(`queue_length{queue="mail"}`, 3)
	prometheus := StartPrometheus(t, PrometheusOptions{
		Targets:       []string{exporter.Address},
		Alertmanagers: []*AlertmanagerServer{am},
		Rules:         busyRule,
	})
	prometheus.WaitValue(t, `queue_length{queue="mail"}`, "3", waitLong)
	require.Empty(t, receiver.Notifications())

	exporter.Set(`queue_length{queue="mail"}`, 30)
	first := receiver.Wait(t, 1, waitLong)[0]
	require.Equal(t, "firing", first.Status)
	require.Equal(t, "mail", first.Alerts[0].Labels["queue"])
	require.Equal(t, "30", first.Alerts[0].Annotations["value"])

	exporter.Set(`queue_length{queue="mail"}`, 0)
	require.Equal(t, "resolved", receiver.Wait(t, 2, waitLong)[1].Status)
}

func TestPrometheusKeepsItsDataThroughAStop(t *testing.T) {
	t.Parallel()
	exporter := StartExporter(t)
	exporter.Set("level", 1)
	prometheus := StartPrometheus(t, PrometheusOptions{Targets: []string{exporter.Address}})
	prometheus.WaitValue(t, "level", "1", waitLong)
	exporter.Delete("level")
	prometheus.Stop(t)
	prometheus.Start(t)
	prometheus.WaitValue(t, "max_over_time(level[10m])", "1", waitLong)
}

func TestPromtoolChecks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFile(t, dir, "rules.yml", busyRule)
	out, err := Run(t, dir, Prometheus, "promtool", "check", "rules", "rules.yml")
	require.NoError(t, err, out)
	require.Contains(t, out, "SUCCESS: 1 rules found")
	writeFile(t, dir, "rules.yml", "groups: [{name: test, rules: [{alert: A, expr: '('}]}]")
	_, err = Run(t, dir, Prometheus, "promtool", "check", "rules", "rules.yml")
	require.Error(t, err)
}
