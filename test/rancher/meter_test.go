package rancher_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"alertscale/test/fakerancher/rancher"
	"alertscale/test/stack"
)

// A meter shows what cAdvisor would of services of the stack shop, and of the hosts of an environment. What is
// asked of a service, its containers share: so what a step does to the metrics is seen as well.
type meter struct {
	exporter *stack.Exporter
	server   *rancher.Server
	services map[string]string // ids by names

	mu   sync.Mutex
	load map[string]float64 // cores that a service uses, and what of each host is used, as "hosts"

	used  map[string]float64 // CPU seconds of a series so far
	shown map[string]bool
}

// cores is how many a host has.
const cores = 4

// startMeter measures until the test ends.
func startMeter(t *testing.T, server *rancher.Server, services map[string]string, load map[string]float64) *meter {
	t.Helper()
	m := &meter{
		exporter: stack.StartExporter(t), server: server, services: services, load: load,
		used: map[string]float64{}, shown: map[string]bool{},
	}
	ctx, cancel := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() {
		for last := time.Now(); ctx.Err() == nil; time.Sleep(200 * time.Millisecond) {
			now := time.Now()
			m.measure(now.Sub(last).Seconds())
			last = now
		}
	})
	t.Cleanup(func() { cancel(); done.Wait() })
	return m
}

func (m *meter) setLoad(name string, load float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.load[name] = load
}

// measure shows what is to be seen after so many seconds more.
func (m *meter) measure(seconds float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := map[string]bool{}
	for name, id := range m.services {
		count := m.server.Scale(id)
		for i := range count {
			container := fmt.Sprintf(`id="/docker/%s-%d",cpu="total"`, name, i)
			const label = "container_label_io_rancher_stack_service_name"
			// A sidekick, which uses more than the service does.
			m.add(now, fmt.Sprintf(`{%s,%s="shop/%s"}`, container, label, name), m.load[name]/float64(count)*seconds)
			m.add(now, fmt.Sprintf(`{id="/docker/%s-%d-log",cpu="total",%s="shop/%[1]s/log"}`, name, i, label), 2*seconds)
		}
	}
	m.add(now, `{id="/",cpu="total"}`, m.load["hosts"]*cores*seconds)
	m.exporter.Set("machine_cpu_cores", cores)
	for series := range m.shown {
		if !now[series] {
			m.exporter.Delete(series)
		}
	}
	m.shown = now
}

func (m *meter) add(now map[string]bool, labels string, seconds float64) {
	series := "container_cpu_usage_seconds_total" + labels
	m.used[series] += seconds
	m.exporter.Set(series, m.used[series])
	now[series] = true
}
