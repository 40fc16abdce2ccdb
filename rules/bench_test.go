package rules

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
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

// shape is a way in which many rules are alike. The alerts of bigEvent match a few of them.
type shape struct {
	name     string
	matchers func(i int) string // of a rule; nil: of big
}

var shapes = []shape{
	{"fixed targets", nil},
	{"equality", func(i int) string { return fmt.Sprintf(`alertname=Busy, namespace=n%d, deployment=d%d`, i%100, i) }},
	{"choice", func(i int) string { return fmt.Sprintf(`alertname=Busy, 'deployment=~"d%d|e%d"'`, i, i) }},
	{"choices", func(i int) string {
		return fmt.Sprintf(`alertname=Busy, 'severity=~"warning|critical"', 'namespace=~"n%d|m%d"', 'deployment=~"d%d|e%d"'`, i%100, i%100, i, i)
	}},
	{"long choice", func(i int) string {
		return fmt.Sprintf(`alertname=Busy, 'severity=~"warning|critical"', 'deployment=~"d%d%s"'`, i, strings.Repeat(fmt.Sprintf("|e%d", i), 20))
	}},
	{"many regexps", func(i int) string { return fmt.Sprintf(`alertname=Busy, 'pod=~"d%d-.+"'`, i) }},
	{"few regexps", func(i int) string {
		if i == 0 {
			return `alertname=Busy, 'pod=~".*-p[0-9]+"'`
		}
		return fmt.Sprintf(`alertname=Busy, 'pod=~".*-q%d[a-z]+"'`, i%10)
	}},
	{"only negative", func(i int) string {
		switch k := i % 100; {
		case k == 0:
			return fmt.Sprintf(`'deployment!=d%d', 'team!=shop'`, i)
		case k < 40:
			return fmt.Sprintf(`'severity!~"warning|x%d"'`, k)
		case k < 70:
			return fmt.Sprintf(`'pod!~"d.+|x%d.*"'`, k)
		default:
			return fmt.Sprintf(`'team!~".*shop|x%d"'`, k)
		}
	}},
	{"presence", func(i int) string {
		return fmt.Sprintf(`alertname=Busy, 'team!=""', 'cluster=~".+"', silenced="", 'deployment=~"d%d|e%d"'`, i, i)
	}},
}

// bigSet reads a file of n rules of a shape.
func bigSet(t tester, s shape, n int) *Set {
	var text strings.Builder
	if s.matchers == nil {
		big(&text, n)
		return newSet(t, text.String())
	}
	text.WriteString(strings.Trim(anyTarget, "\n") + "\nrules:\n")
	for i := range n {
		fmt.Fprintf(&text, "  - {name: r%d, matchers: [%s], target: any, up: 1}\n", i, s.matchers(i))
	}
	return newSet(t, text.String())
}

func bigEvent(alerts, rules int) *Event {
	e := &Event{Receiver: "alertscale", GroupKey: "g"}
	for i := range alerts {
		n := i * 7 % rules
		e.Alerts = append(e.Alerts, Alert{
			Fingerprint: fmt.Sprintf("%016x", i), StartsAt: epoch,
			Labels: Labels{
				{"alertname", "Busy"}, {"cluster", "eu"}, {"container", "app"}, {"deployment", fmt.Sprint("d", n)},
				{"namespace", fmt.Sprint("n", n%100)}, {"pod", fmt.Sprintf("d%d-p%d", n, i)}, {"severity", "warning"}, {"team", "shop"},
			},
		})
	}
	return e
}

// cpuTime is what the process took so far, which others on the same machine change less than they do the time.
func cpuTime() time.Duration {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used)
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// BenchmarkMatch is to cost the same whatever the number of rules, and to grow with the alerts.
func BenchmarkMatch(b *testing.B) {
	ballast := make([]byte, 256<<20) // so that garbage is collected as seldom with few rules as with many
	defer runtime.KeepAlive(ballast)
	for _, s := range shapes {
		for _, rules := range []int{10, 1000, 100_000} {
			set := bigSet(b, s, rules)
			for _, alerts := range []int{20, 500} {
				e := bigEvent(alerts, 10)
				b.Run(fmt.Sprintf("%s/rules=%d/alerts=%d", s.name, rules, alerts), func(b *testing.B) {
					b.ReportAllocs()
					before := cpuTime()
					for b.Loop() {
						set.Match(e)
					}
					b.ReportMetric(float64(cpuTime()-before)/float64(b.N), "cpu-ns/op")
				})
			}
		}
	}
}
