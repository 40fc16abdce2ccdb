package figures

import (
	"bytes"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	alerts = 20 // of the notifications of which the CPU is measured
	many   = 16 // senders at a time, so that a program is not measured while it waits
)

// repeat compares the CPU of a notification that changes nothing with that of a bare handler which decodes it with
// encoding/json. What HTTP takes alone is in both. What came word for word a while ago is not decoded again.
func repeat(t *testing.T, a *alone) {
	address := freeAddress(t)
	bare := launch(t, address, "", a.bare, address)
	unread := *bare
	unread.url += "/unread"
	ours := serve(t, serving{path: a.path, dir: t.TempDir(), text: rulesOf(1000, usual)})
	body := notification(t)
	used := byTurns(t, always(body), many, bare, ours, &unread)
	a.table.atMost("CPU of a repeat of 20 alerts, 1,000 rules, to bare JSON", 0.45, used[1]/used[0], "", versus(used))
	a.table.add("  a handler that decodes nothing, to the same", "", true, fmt.Sprintf("%.2f", used[2]/used[0]))
	used = byTurns(t, always(body), 1, bare, ours)
	a.table.add("  the repeat, from one sender", "", true, fmt.Sprintf("%.2f", used[1]/used[0]), versus(used))
	used = byTurns(t, annotated(t, body), many, bare, ours)
	a.table.add("  the repeat, with another annotation each time", "", true, fmt.Sprintf("%.2f", used[1]/used[0]), versus(used))
}

// recorded compares the CPU of a repeat that is recorded with that of one that is not.
func recorded(t *testing.T, a *alone) {
	text, history := rulesOf(1000, usual), filepath.Join(t.TempDir(), "history.jsonl")
	plain := serve(t, serving{path: a.path, dir: t.TempDir(), text: text})
	recording := serve(t, serving{path: a.path, dir: t.TempDir(), text: text, args: []string{"--history=" + history, "--history.files=2"}})
	for _, senders := range []int{many, 1} {
		used := byTurns(t, always(notification(t)), senders, plain, recording)
		a.table.atMost(fmt.Sprintf("CPU of a repeat with --history, to one without, %d senders", senders), 1.05, used[1]/used[0], "", versus(used))
	}
}

// manyRules compares the CPU of the same with 100,000 rules and with 10, for each shape of rules.
func manyRules(t *testing.T, a *alone) {
	for _, s := range shapes {
		t.Run(s.name, func(t *testing.T) {
			ten := serve(t, serving{path: a.path, dir: t.TempDir(), text: rulesOf(10, s.matchers)})
			all := serve(t, serving{path: a.path, dir: t.TempDir(), text: rulesOf(100_000, s.matchers)})
			used := byTurns(t, always(notification(t)), 4, ten, all)
			a.table.atMost("  100,000 rules to 10: "+s.name, s.goal, used[1]/used[0], "", versus(used))
		})
	}
}

// notification returns one of alerts that fire.
func notification(t *testing.T) []byte {
	t.Helper()
	s := newSender("", highCPU(alerts)...)
	s.since = time.Now().Add(-time.Hour)
	body, err := s.body("firing", time.Time{})
	require.NoError(t, err)
	return body
}

// always returns the same body each time: a sender that repeats itself does so word for word.
func always(body []byte) func() []byte { return func() []byte { return body } }

// annotated returns the body with another value in an annotation each time: such a repeat has to be decoded.
func annotated(t *testing.T, body []byte) func() []byte {
	t.Helper()
	value := []byte(`"93.5"`)
	require.True(t, bytes.Contains(body, value))
	var n atomic.Int64
	return func() []byte { return bytes.Replace(body, value, fmt.Appendf(nil, `"%d"`, 1_000_000+n.Add(1)), 1) }
}

// byTurns returns the median CPU, in nanoseconds, that each program takes for a notification. They take turns.
func byTurns(t *testing.T, body func() []byte, senders int, programs ...*program) []float64 {
	t.Helper()
	rounds, length := either(5, 11), either(300*time.Millisecond, 2*time.Second)
	used := make([][]float64, len(programs))
	for i := range rounds + 1 {
		for j, p := range programs {
			one := cpuOf(t, p, body, senders, length)
			if i > 0 { // the first one scales, and warms up
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

// cpuOf has senders post a body for a while, and returns the CPU that the program takes for one.
func cpuOf(t *testing.T, p *program, body func() []byte, senders int, length time.Duration) float64 {
	t.Helper()
	var posted atomic.Int64
	var all sync.WaitGroup
	before, begin := p.cpu(t), time.Now()
	for range senders {
		all.Go(func() {
			for ok := true; ok && time.Since(begin) < length; posted.Add(1) {
				ok = assert.NoError(t, post(p.url, body()))
			}
		})
	}
	all.Wait()
	require.False(t, t.Failed())
	return float64(p.cpu(t)-before) / float64(posted.Load())
}

func versus(used []float64) string {
	return fmt.Sprintf("%.0f µs to %.0f µs", used[1]/1e3, used[0]/1e3)
}
