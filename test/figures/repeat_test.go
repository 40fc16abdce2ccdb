package figures

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// alerts is how many the notifications have of which the CPU is measured.
const alerts = 20

// repeat compares the CPU of a notification that changes nothing with that of a bare handler which decodes it with
// encoding/json.
func repeat(t *testing.T, a *alone) {
	const rules = 1000
	address := freeAddress(t)
	bare := launch(t, address, "", a.bare, address)
	ours := serve(t, serving{path: a.path, dir: t.TempDir(), text: rulesOf(rules, usual)})
	body := repeated(t, ours)
	used := byTurns(t, body, bare, ours)
	a.table.atMost("CPU of a repeat of 20 alerts, 1,000 rules, to bare JSON", 0.45, used[1]/used[0], "", versus(used[1], used[0]))
}

// manyRules compares the CPU of the same with 100,000 rules and with 10, for each shape of rules.
func manyRules(t *testing.T, a *alone) {
	for _, s := range shapes {
		t.Run(s.name, func(t *testing.T) {
			few := serve(t, serving{path: a.path, dir: t.TempDir(), text: rulesOf(10, s.matchers)})
			many := serve(t, serving{path: a.path, dir: t.TempDir(), text: rulesOf(100_000, s.matchers)})
			repeated(t, few)
			used := byTurns(t, repeated(t, many), few, many)
			a.table.atMost("  100,000 rules to 10: "+s.name, s.goal, used[1]/used[0], "", versus(used[1], used[0]))
		})
	}
}

// repeated has a program know alerts that fire, and returns the notification that says so again.
func repeated(t *testing.T, p *program) []byte {
	t.Helper()
	s := newSender(p.url, highCPU(alerts)...)
	s.since = time.Now().Add(-time.Hour)
	require.NoError(t, s.repeat())
	body, err := s.body("firing", time.Time{})
	require.NoError(t, err)
	return body
}

// byTurns returns the median CPU, in nanoseconds, that each program takes for a notification. They take turns.
func byTurns(t *testing.T, body []byte, programs ...*program) []float64 {
	t.Helper()
	rounds, length := either(5, 11), either(300*time.Millisecond, 2*time.Second)
	used := make([][]float64, len(programs))
	for i := range rounds + 1 {
		for j, p := range programs {
			one := cpuOf(t, p, body, length)
			if i > 0 { // the first warms up
				used[j] = append(used[j], one)
			}
		}
	}
	medians := make([]float64, len(programs))
	for j := range programs {
		medians[j] = median(used[j])
	}
	return medians
}

// cpuOf posts a body for a while, and returns the CPU that the program takes for one.
func cpuOf(t *testing.T, p *program, body []byte, length time.Duration) float64 {
	t.Helper()
	before, n := p.cpu(t), 0
	for begin := time.Now(); n < 5 || time.Since(begin) < length; n++ {
		require.NoError(t, post(p.url, body))
	}
	return float64(p.cpu(t)-before) / float64(n)
}

func versus(one, other float64) string {
	return fmt.Sprintf("%.0f µs to %.0f µs", one/1e3, other/1e3)
}
