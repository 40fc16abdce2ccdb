package controller_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"alertscale/adapter/config"
	"alertscale/adapter/controller"
	"alertscale/adapter/sink/history"
	sinkmetrics "alertscale/adapter/sink/metrics"
	"alertscale/adapter/source/webhook"
	"alertscale/adapter/store/bolt"
	"alertscale/adapter/web"

	"github.com/go-kit/log"
	"github.com/prometheus/alertmanager/template"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
)

// discard is an http.ResponseWriter that costs nothing.
type discard struct {
	header http.Header
	code   int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(code int)        { d.code = code }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }

// shapes are ways in which many rules are alike: the matchers of a rule. The alerts of bodyOf match few of them.
var shapes = []struct {
	name     string
	matchers func(i int) string
}{
	{"equality", func(i int) string { return fmt.Sprintf(`'alertname="HighCPU"', 'namespace="ns%d"'`, i) }},
	{"choice", func(i int) string { return fmt.Sprintf(`'alertname="HighCPU"', 'namespace=~"ns%d|other%d"'`, i, i) }},
	{"regexps", func(i int) string {
		return fmt.Sprintf(`'alertname="HighCPU"', 'namespace=~"ns%d|other%d-.+[0-9]"'`, i, i)
	}},
	{"negative", func(i int) string {
		if i == 0 {
			return `'namespace!=other', 'severity!="critical"'`
		}
		return fmt.Sprintf(`'%s!~"%s|x%d"'`, [...]string{"severity", "team", "job"}[i%3], [...]string{"warning", ".*hop", "kubelet"}[i%3], i%100)
	}},
	{"negative regexps", func(i int) string {
		if i < 10 {
			return fmt.Sprintf(`'namespace!~"ns[%s]"'`, strings.ReplaceAll("0123456789", strconv.Itoa(i), ""))
		}
		return fmt.Sprintf(`'namespace!~"ns[0-9]+|x%d"'`, i%100)
	}},
}

// fileOf returns a file with n rules, each for a Deployment of its own.
func fileOf(n int, matchers func(i int) string) string {
	var b strings.Builder
	b.WriteString("drivers: {simulator: {workloads: {web: 3}}}\ntargets:\n")
	b.WriteString("  any: {driver: simulator, kind: Deployment, namespace: '{{ .Labels.namespace }}', name: web, max: 100000}\nrules:\n")
	for i := range n {
		fmt.Fprintf(&b, "  - {name: r%d, matchers: [%s], target: any, up: 1}\n", i, matchers(i))
	}
	return b.String()
}

// bodyOf returns a notification of alerts, each of a namespace of its own.
func bodyOf(alerts int) []byte {
	type full struct {
		template.Data
		Version  string `json:"version"`
		GroupKey string `json:"groupKey"`
	}
	n := full{Version: "4", GroupKey: `{}:{alertname="HighCPU"}`}
	n.Receiver, n.Status, n.ExternalURL = "alertscale", "firing", "http://alertmanager.example:9093"
	n.GroupLabels, n.CommonLabels = template.KV{"alertname": "HighCPU"}, template.KV{"alertname": "HighCPU", "severity": "warning"}
	n.CommonAnnotations = template.KV{}
	start := time.Now().Add(-time.Hour)
	for i := range alerts {
		n.Alerts = append(n.Alerts, template.Alert{
			Status: "firing", StartsAt: start, Fingerprint: fmt.Sprintf("%016x", i), GeneratorURL: "http://prometheus.example:9090/graph?g0.expr=x",
			Labels: template.KV{
				"alertname": "HighCPU", "namespace": fmt.Sprint("ns", i%10), "deployment": "web", "severity": "warning",
				"cluster": "production-1", "pod": fmt.Sprint("web-", i), "team": "shop", "job": "kubelet",
			},
			Annotations: template.KV{"summary": "CPU above 80% for five minutes", "value": "93.5", "runbook_url": "https://runbooks.example/HighCPU"},
		})
	}
	body, _ := json.Marshal(n)
	return body
}

// handlerOf returns alertscale's whole HTTP side on a file and a store in a file.
func handlerOf(b *testing.B, text string) http.Handler {
	f, err := config.Parse("bench.yml", []byte(text), config.LoadOptions{})
	require.NoError(b, err)
	conns, err := config.Connect(f, nil, config.Options{})
	require.NoError(b, err)
	store, err := bolt.Open(filepath.Join(b.TempDir(), "bench.db"))
	require.NoError(b, err)
	b.Cleanup(func() { store.Close() })
	reg := prometheus.NewRegistry()
	a, err := controller.New(context.Background(), controller.Options{
		Store: store, Logger: log.NewNopLogger(), Metrics: controller.NewMetrics(reg, 10_000),
		Sinks: []controller.Sink{sinkmetrics.New(reg), history.New(history.Options{})},
	}, conns.File())
	require.NoError(b, err)
	return web.New(web.Options{
		Handler: a, View: a, Decode: webhook.DecodeFrom, Metrics: web.NewMetrics(reg), Gatherer: reg, Logger: log.NewNopLogger(),
	})
}

// cpuTime is what the process took so far, which others on the same machine change less than they do the time.
func cpuTime() time.Duration {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used)
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// post sends the body to the handler again and again.
func post(b *testing.B, h http.Handler, body []byte) {
	w := &discard{header: http.Header{}}
	reader := bytes.NewReader(body)
	req, err := http.NewRequest(http.MethodPost, "/webhook", io.NopCloser(reader))
	require.NoError(b, err)
	h.ServeHTTP(w, req) // the first one scales
	b.ReportAllocs()
	before := cpuTime()
	for b.Loop() {
		reader.Reset(body)
		req.Body = io.NopCloser(reader)
		h.ServeHTTP(w, req)
	}
	b.ReportMetric(float64(cpuTime()-before)/float64(b.N), "cpu-ns/op")
	require.Equal(b, http.StatusOK, w.code)
}

// BenchmarkRepeat is a notification that changes nothing, beside a bare handler that decodes the same body with
// encoding/json.
func BenchmarkRepeat(b *testing.B) {
	ballast := make([]byte, 256<<20) // so that garbage is collected as seldom with few rules as with many
	defer runtime.KeepAlive(ballast)
	for _, alerts := range []int{20, 500} {
		body := bodyOf(alerts)
		b.Run(fmt.Sprintf("bare/alerts=%d", alerts), func(b *testing.B) {
			post(b, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				var data template.Data
				if err := json.NewDecoder(r.Body).Decode(&data); err != nil {
					http.Error(w, err.Error(), http.StatusBadRequest)
					return
				}
				w.WriteHeader(http.StatusOK)
				_, _ = io.WriteString(w, `{"status":"success"}`)
			}), body)
		})
		for _, s := range shapes {
			for _, n := range []int{10, 1000, 100_000} {
				b.Run(fmt.Sprintf("alertscale/%s/alerts=%d/rules=%d", s.name, alerts, n), func(b *testing.B) {
					post(b, handlerOf(b, fileOf(n, s.matchers)), body)
				})
			}
		}
	}
}
