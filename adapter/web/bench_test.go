package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"alertscale/rules/engine"

	gojson "github.com/go-json-experiment/json"
	"github.com/go-kit/log"
	"github.com/prometheus/alertmanager/template"
)

// sink is a ResponseWriter that costs nothing.
type sink struct {
	header http.Header
	code   int
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) Write(p []byte) (int, error) { return len(p), nil }
func (s *sink) WriteHeader(code int)        { s.code = code }

// BenchmarkWebhook compares all of the handler but the core with a bare handler that decodes the same
// body with encoding/json and answers.
func BenchmarkWebhook(b *testing.B) {
	body := notification(20)
	ours := newSite(&fakeCore{handle: decide(duplicates(20)...)}, func(o *Options) { o.Logger = log.NewNopLogger() })
	bare := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var data template.Data
		if err := json.NewDecoder(r.Body).Decode(&data); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusOK)
	})
	for name, handler := range map[string]http.Handler{"alertscale": ours, "bare": bare} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			w := &sink{header: http.Header{}}
			for b.Loop() {
				r, _ := http.NewRequestWithContext(b.Context(), "POST", "/webhook", io.NopCloser(bytes.NewReader(body)))
				if handler.ServeHTTP(w, r); w.code != http.StatusOK {
					b.Fatal(w.code)
				}
			}
		})
	}
}

// BenchmarkAnswer compares writing 20 decisions by hand with doing so by reflection.
func BenchmarkAnswer(b *testing.B) {
	ds := duplicates(20)
	type list struct {
		Decisions []engine.Decision `json:"decisions"`
	}
	b.Run("append", func(b *testing.B) {
		b.ReportAllocs()
		var buf []byte
		for b.Loop() {
			buf = appendDecisions(buf[:0], ds)
		}
	})
	b.Run("go-json-experiment", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = gojson.Marshal(envelope{"success", list{ds}})
		}
	})
	b.Run("encoding-json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = json.Marshal(envelope{"success", list{ds}})
		}
	})
}

func duplicates(n int) []engine.Decision {
	var ds []engine.Decision
	for i := range n {
		ds = append(ds, engine.Decision{
			Ref: fmt.Sprintf("kubernetes:Deployment/shop/web-%d", i), Target: "any-deployment", Rule: "deployment is busy",
			Verdict: engine.Duplicate, From: ptr(3), To: ptr(3), Why: []string{"nothing new: 1 alert fires since 05:24:45"},
		})
	}
	return ds
}

// notification returns a body of n alerts as Alertmanager encodes it.
func notification(n int) []byte {
	var alerts []string
	for i := range n {
		alerts = append(alerts, fmt.Sprintf(`{"status":"firing","labels":{"alertname":"DeploymentBusy","cluster":"eu-west-1",`+
			`"deployment":"web-%d","job":"kubelet","namespace":"shop","prometheus":"monitoring/k8s","severity":"warning"},`+
			`"annotations":{"runbook_url":"https://runbooks.example/DeploymentBusy","summary":"CPU of web-%[1]d has been above `+
			`80%% of its requests for 5 minutes"},"startsAt":"2026-11-20T05:24:45.479Z","endsAt":"0001-01-01T00:00:00Z",`+
			`"generatorURL":"http://prometheus.example:9090/graph?g0.expr=x\u0026g0.tab=1","fingerprint":"%016[1]x"}`, i+1))
	}
	return []byte(`{"receiver":"alertscale","status":"firing","alerts":[` + strings.Join(alerts, ",") + `],` +
		`"groupLabels":{"alertname":"DeploymentBusy","namespace":"shop"},"commonLabels":{"alertname":"DeploymentBusy",` +
		`"namespace":"shop","severity":"warning"},"commonAnnotations":{},"externalURL":"http://alertmanager.example:9093",` +
		`"version":"4","groupKey":"{}:{alertname=\"DeploymentBusy\", namespace=\"shop\"}","truncatedAlerts":0}` + "\n")
}
