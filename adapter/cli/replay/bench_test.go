package replay

import (
	"bytes"
	"fmt"
	"io"
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
