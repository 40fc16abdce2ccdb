package webhook

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	amwebhook "github.com/prometheus/alertmanager/notify/webhook"
	"github.com/prometheus/alertmanager/template"
	"github.com/stretchr/testify/require"
)

// notification returns a body of n alerts, each with 8 labels and 3 annotations, as Alertmanager
// encodes it.
func notification(tb testing.TB, n int) []byte {
	tb.Helper()
	common := template.KV{
		"alertname": "HighCPU", "cluster": "eu-west-1", "job": "kubelet", "namespace": "shop",
		"prometheus": "monitoring/k8s", "severity": "warning",
	}
	data := &template.Data{
		Receiver: "alertscale", Status: "firing", NotificationReason: "repeat interval elapsed",
		GroupLabels: template.KV{"alertname": "HighCPU", "namespace": "shop"}, CommonLabels: common,
		CommonAnnotations: template.KV{"runbook_url": "https://runbooks.example/HighCPU"},
		RouteLabels:       template.KV{}, ExternalURL: "http://alertmanager.example:9093",
	}
	for i := range n {
		labels := template.KV{"deployment": fmt.Sprintf("web-%d", i), "pod": fmt.Sprintf("web-%d-7d4b9c6f5d-x2x4v", i)}
		for k, v := range common {
			labels[k] = v
		}
		fp := fmt.Sprintf("%016x", uint64(i+1)*0x9e3779b97f4a7c15)
		data.Alerts = append(data.Alerts, template.Alert{
			Status: "firing", Labels: labels, Fingerprint: fp,
			Annotations: template.KV{
				"runbook_url": "https://runbooks.example/HighCPU",
				"summary":     fmt.Sprintf("CPU of web-%d has been above 80%% for 5 minutes", i),
				"value":       "93.51",
			},
			StartsAt:     time.Date(2026, 11, 20, 5, 24, 45, 479651176, time.UTC),
			GeneratorURL: "http://prometheus.example:9090/graph?g0.expr=rate%28cpu%5B5m%5D%29+%3E+0.8&g0.tab=1",
		})
	}
	body, err := json.Marshal(&amwebhook.Message{
		Data: data, Version: "4", GroupKey: `{}:{alertname="HighCPU", namespace="shop"}`,
	})
	require.NoError(tb, err)
	return body
}

// BenchmarkDecode compares Decode with what a bare handler does.
func BenchmarkDecode(b *testing.B) {
	for _, n := range []int{1, 20, 500} {
		body := notification(b, n)
		b.Run(fmt.Sprintf("alerts=%d/webhook", n), func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Decode(body); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("alerts=%d/encoding-json", n), func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				var data template.Data
				if err := json.Unmarshal(body, &data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
