package figures

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// manyRefs measures a start with many refs in the store, and what memory each takes.
func manyRefs(t *testing.T, a *alone) {
	const refs, group = 100_000, 1000
	o := serving{path: a.path, dir: t.TempDir(), args: []string{"--log.level=error"}, text: `
drivers: {simulator: {workloads: {web: 1}}}
targets:
  any: {driver: simulator, kind: service, namespace: '{{ .Labels.namespace }}', name: web, max: 100, cooldown: 0s}
rules:
  - {name: busy, matchers: ['alertname="Busy"'], target: any, up: 1}
`}
	none, noHeap := idleMemory(t, o)
	p := serve(t, o)
	begin := time.Now()
	for first := 0; first < refs; first += group {
		s := newSender(p.url, namespaces(first, group)...)
		require.NoError(t, untilServed(s.fire, s.repeat))
	}
	made := time.Since(begin)
	p.end(t)
	var ready, cpu []time.Duration
	for range either(3, 5) {
		p := serve(t, o)
		ready, cpu = append(ready, p.ready), append(cpu, p.cpu(t))
		p.end(t)
	}
	a.table.atMost("start with 100,000 refs", 2, median(ready).Seconds(), "s", sec(median(cpu))+" of CPU", "they came within "+sec(made))
	all, heap := idleMemory(t, o)
	of := func(all, none float64) float64 { return (all - none) * (1 << 20) / 1000 / refs }
	a.table.atMost("  resident a ref", 2, of(all, none), "kB", fmt.Sprintf("of which heap %.2f kB", of(heap, noHeap)))
}

// startOver is how long after it is ready alertscale is measured: after five seconds it gives back what the start took.
const startOver = 6 * time.Second

// idleMemory returns what is resident after a start, and what the heap holds, in MiB.
func idleMemory(t *testing.T, o serving) (resident, heap float64) {
	t.Helper()
	p := serve(t, o)
	defer p.end(t)
	time.Sleep(startOver)
	return p.collected(t)
}

// namespaces returns the labels of n alerts, each of a namespace of its own.
func namespaces(first, n int) []map[string]string {
	all := make([]map[string]string, n)
	for i := range all {
		all[i] = map[string]string{
			"alertname": "Busy", "namespace": fmt.Sprintf("ns%06d", first+i), "deployment": "web", "severity": "warning",
			"cluster": "production-1", "team": "shop", "job": "kubelet", "pod": fmt.Sprintf("web-7d4b9c6f5d-%06d", first+i),
		}
	}
	return all
}
