package figures

import (
	"fmt"
	"testing"
	"time"

	"alertscale/test/figures/floor"

	"github.com/stretchr/testify/require"
)

// grown is a ref that remembers alerts, in an alertscale of its own: stores write what stands beside it, too.
type grown struct {
	alerts     int
	time, size float64 // goals for one more, in ms and KiB
	program    *program
	filled     []*sender
	next       int
	latency    []time.Duration
	synced     []time.Duration // what a bare commit takes of as many pages
	bytes      float64
}

// growth measures what one alert more costs on a ref that remembers many: how much longer it takes to answer than a
// repeat does, and what is written. What such a commit takes at the least on this disk stands beside it.
func growth(t *testing.T, a *alone) {
	refs := []*grown{{alerts: 9_800, time: 2, size: 32}, {alerts: 100, time: 0.4}}
	n := either(20, 45) // a ref remembers no more than 10,000
	for _, r := range refs {
		r.program = serve(a.T, serving{path: a.path, dir: a.TempDir(), args: []string{"--log.level=error"}, text: `
drivers: {simulator: {workloads: {web: 1}}}
targets: {web: {driver: simulator, kind: service, name: web, max: 9}}
rules: [{name: busy, matchers: [alertname=Busy], target: web, up: 1}]
`})
		r.fill(t)
		r.bytes = r.bytesOfMore(t, n) // before any is repeated: when an alert was heard of is stored later
	}
	disk := newDisk(t)
	for range n {
		for _, r := range refs {
			written := int(r.bytes/floor.Page + 0.5)
			r.synced = append(r.synced, took(t, func() error { return disk.Commit(written) }))
			one := r.more()
			r.latency = append(r.latency, took(t, one.fire)-took(t, one.repeat))
		}
	}
	for _, r := range refs {
		a.table.atMost(fmt.Sprintf("one alert more on a ref of %d, beyond a repeat", r.alerts), r.time, float64(median(r.latency))/1e6, "ms",
			"of which a bare commit of as many pages takes "+ms(median(r.synced)))
		if r.size > 0 {
			a.table.atMost("  bytes written", r.size, r.bytes/1024, "KiB")
		} else {
			a.table.add("  bytes written", "", true, kib(r.bytes/1024))
		}
	}
	refs[0].bytesOfRepeats(t, a)
}

// fill has the ref know its alerts, in groups.
func (r *grown) fill(t *testing.T) {
	t.Helper()
	const group = 100
	for r.next < r.alerts {
		var all []map[string]string
		for range group {
			all = append(all, r.more().labels[0])
		}
		s := newSender(r.program.url, all...)
		require.NoError(t, s.fire())
		r.filled = append(r.filled, s)
	}
}

// more returns the sender of one alert more, which is a group of its own.
func (r *grown) more() *sender {
	r.next++
	return newSender(r.program.url, map[string]string{
		"alertname": "Busy", "pod": fmt.Sprintf("web-7d4b9c6f5d-%05d", r.next), "namespace": "shop", "severity": "warning",
		"cluster": "production-1", "team": "shop", "job": "kubelet", "deployment": "web",
	})
}

// storedWithin is waited for: what comes of a change is stored within a second.
const storedWithin = 2 * time.Second

// bytesOfMore returns how many bytes are written for one alert more, beyond those for a repeat.
func (r *grown) bytesOfMore(t *testing.T, n int) float64 {
	t.Helper()
	time.Sleep(storedWithin)
	begin := r.program.written(t)
	all := make([]*sender, n)
	for i := range all {
		all[i] = r.more()
		require.NoError(t, all[i].fire())
	}
	time.Sleep(storedWithin)
	fired := r.program.written(t)
	for _, s := range all {
		require.NoError(t, s.repeat())
	}
	repeated := r.program.written(t) - fired
	return float64(fired-begin-repeated) / float64(n)
}

// bytesOfRepeats measures, while other figures are, what is written in a minute in which all groups are repeated.
func (r *grown) bytesOfRepeats(t *testing.T, a *alone) {
	t.Helper()
	const window = 65 * time.Second // when an alert was last heard of is stored within a minute
	begin, before := time.Now(), r.program.written(t)
	for _, s := range r.filled {
		require.NoError(t, s.repeat())
	}
	answers := r.program.written(t) - before
	a.last = append(a.last, func(t *testing.T) {
		time.Sleep(time.Until(begin.Add(window)))
		bytes := float64(r.program.written(t) - before - answers)
		a.table.add("bytes written in a minute by a repeat of 10,000 alerts", "", true, kib(bytes/1024))
	})
}
