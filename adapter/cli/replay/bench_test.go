package replay

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"alertscale/adapter/recording"

	"github.com/stretchr/testify/require"
)

// month is a recording of 100 targets over 30 days: each is busy twelve times a day for an hour, of which it is told each
// half hour.
func month() []byte {
	var text []byte
	begin := time.Date(2026, time.March, 1, 0, 0, 0, 0, time.UTC)
	for minute := 0; minute < 30*24*60; minute++ {
		for target := range 100 {
			at := begin.Add(time.Duration(minute)*time.Minute + time.Duration(target)*100*time.Millisecond)
			in := (minute + target) % 120
			if in%30 != 0 || in == 90 {
				continue
			}
			status, end := "firing", "0001-01-01T00:00:00Z"
			if in == 60 {
				status, end = "resolved", at.Format(time.RFC3339Nano)
			}
			payload := fmt.Sprintf(`{"version":"4","receiver":"alertscale","groupKey":"{}:{deployment=\"d%[1]d\"}","status":%[2]q,"truncatedAlerts":0,`+
				`"groupLabels":{"deployment":"d%[1]d"},"commonLabels":{"alertname":"Busy"},"commonAnnotations":{},"externalURL":"http://alertmanager:9093",`+
				`"alerts":[{"status":%[2]q,"labels":{"alertname":"Busy","namespace":"shop","deployment":"d%[1]d","severity":"warning","prometheus":"monitoring/k8s"},`+
				`"annotations":{"summary":"shop/d%[1]d uses 93%% of the CPU that it requests","runbook":"https://runbooks.example/Busy"},`+
				`"startsAt":%[3]q,"endsAt":%[4]q,"generatorURL":"http://prometheus:9090/graph?g0.expr=x","fingerprint":"%016[1]x"}]}`,
				target, status, at.Add(-time.Duration(in)*time.Minute).Format(time.RFC3339Nano), end)
			text = (&recording.Line{At: at, Payload: []byte(payload)}).Append(text)
			if in == 0 {
				text = (&recording.Line{At: at, Counts: map[string]int{fmt.Sprintf("kubernetes:Deployment/shop/d%d", target): 3}}).Append(text)
			}
		}
	}
	return text
}

// remembering is a Prometheus that has its answers of a month ready, of 100 alerts that fire twelve times a day for an hour.
func remembering(b *testing.B) *httptest.Server {
	f := &fakePrometheus{config: "global: {evaluation_interval: 1m}"}
	for target := range 100 {
		labels := fmt.Sprintf(`{"alertname":"Busy","namespace":"shop","deployment":"d%d","severity":"warning","instance":"10.0.0.1:9100"}`, target)
		for i := range 30 * 12 {
			from := time.Duration(i)*2*time.Hour + time.Duration(target)*time.Minute
			f.alerts = append(f.alerts, fakeAlert{labels: labels, from: from, to: from + time.Hour})
		}
	}
	answers, bodies := f.alerts, map[string][]byte{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if body := bodies[r.URL.RawQuery]; body != nil {
			_, _ = w.Write(body)
			return
		}
		start, end := seconds(r, "start"), seconds(r, "end")
		f.alerts = slices.DeleteFunc(slices.Clone(answers), func(a fakeAlert) bool {
			return float64(midnight.Add(a.to).Unix()) < start || float64(midnight.Add(a.from).Unix()) > end
		})
		var buf bytes.Buffer
		f.serve(&httptest.ResponseRecorder{Body: &buf}, r)
		bodies[r.URL.RawQuery] = buf.Bytes()
		_, _ = w.Write(buf.Bytes())
	}))
	b.Cleanup(server.Close)
	return server
}

// BenchmarkAMonthOf100Alerts looks back at it, with all that is printed.
func BenchmarkAMonthOf100Alerts(b *testing.B) {
	server := remembering(b)
	o := Options{Config: "testdata/rules.yml", Prometheus: Prometheus{
		URL: server.URL, From: "2026-03-02", To: "2026-04-01", Step: time.Minute, GroupBy: "alertname,deployment", Now: time.Now,
	}}
	for target := range 100 {
		o.Counts = append(o.Counts, fmt.Sprintf("kubernetes:Deployment/shop/d%d=3", target))
	}
	require.NoError(b, Run(b.Context(), io.Discard, io.Discard, o)) // so that the answers are ready
	b.ReportAllocs()
	for b.Loop() {
		require.NoError(b, Run(b.Context(), io.Discard, io.Discard, o))
	}
}

// BenchmarkAMonthOf100Targets replays it, with all that is printed.
func BenchmarkAMonthOf100Targets(b *testing.B) {
	text := month()
	for name, o := range map[string]Options{
		"text":    {},
		"follow":  {FollowCounts: true},
		"against": {Against: "testdata/other.yml"},
		"json":    {JSON: true},
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				o.Config, o.Files, o.In, o.Tail = "testdata/rules.yml", []string{"-"}, bytes.NewReader(text), time.Hour
				require.NoError(b, Run(b.Context(), io.Discard, io.Discard, o))
			}
		})
	}
}
