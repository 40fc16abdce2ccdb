package rules

import (
	"fmt"
	"io"
	"strings"
	"testing"
)

// big writes a file of n fixed targets and n rules, one for each, that compare alertname, namespace and
// deployment.
func big(to io.StringWriter, n int) {
	_, _ = to.WriteString("targets:\n")
	for i := range n {
		_, _ = to.WriteString(fmt.Sprintf("  t%d: {driver: kubernetes, kind: Deployment, namespace: n%d, name: d%d, max: 9}\n", i, i%100, i))
	}
	_, _ = to.WriteString("rules:\n")
	for i := range n {
		_, _ = to.WriteString(fmt.Sprintf("  - {name: r%d, matchers: [alertname=Busy, namespace=n%d, deployment=d%d], target: t%d, up: 1}\n",
			i, i%100, i, i))
	}
}

// bigTemplated writes a file of one templated target and n rules, one of ten with a choice of severities.
func bigTemplated(to io.StringWriter, n int) {
	_, _ = to.WriteString(strings.Trim(anyTarget, "\n") + "\nrules:\n")
	for i := range n {
		ms := fmt.Sprintf("alertname=Busy, namespace=n%d, deployment=d%d", i%100, i)
		if i%10 == 0 {
			ms += `, 'severity=~"warning|critical"'`
		}
		_, _ = to.WriteString(fmt.Sprintf("  - {name: r%d, matchers: [%s], target: any, up: 1}\n", i, ms))
	}
}

func bigEvent(alerts, rules int) *Event {
	e := &Event{Receiver: "alertscale", GroupKey: "g"}
	for i := range alerts {
		n := i * 7 % rules
		e.Alerts = append(e.Alerts, Alert{
			Fingerprint: fmt.Sprintf("%016x", i), StartsAt: epoch,
			Labels: Labels{
				{"alertname", "Busy"}, {"cluster", "eu"}, {"container", "app"}, {"deployment", fmt.Sprint("d", n)},
				{"namespace", fmt.Sprint("n", n%100)}, {"pod", fmt.Sprint("p", i)}, {"severity", "warning"}, {"team", "shop"},
			},
		})
	}
	return e
}

// BenchmarkMatch is to cost the same whatever the number of rules, and to grow with the alerts.
func BenchmarkMatch(b *testing.B) {
	for _, kind := range []struct {
		name  string
		write func(io.StringWriter, int)
	}{{"fixed", big}, {"templated", bigTemplated}} {
		for _, rules := range []int{10, 1000, 100_000} {
			var text strings.Builder
			kind.write(&text, rules)
			set := newSet(b, text.String())
			for _, alerts := range []int{20, 500} {
				e := bigEvent(alerts, rules)
				b.Run(fmt.Sprintf("%s/rules=%d/alerts=%d", kind.name, rules, alerts), func(b *testing.B) {
					b.ReportAllocs()
					for b.Loop() {
						if m := set.Match(e); len(m.Unmatched) > 0 {
							b.Fatal("an alert matches nothing")
						}
					}
				})
			}
		}
	}
}
