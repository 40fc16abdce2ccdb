package swarm

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A meter shows what cAdvisor would of the containers of services. Each service has a load, which its running
// containers share: so what a step does to the metrics is seen as well.
type meter struct {
	docker *docker
	path   string

	mu   sync.Mutex
	load map[string]float64 // of a service: how many cores it uses

	used map[string]float64 // CPU seconds of a container so far
}

// startMeter measures into a file until the test ends.
func startMeter(t *testing.T, d *docker, path string, load map[string]float64) *meter {
	t.Helper()
	m := &meter{docker: d, path: path, load: load, used: map[string]float64{}}
	require.NoError(t, os.WriteFile(path, nil, 0o644))
	ctx, cancel := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() {
		for last := time.Now(); ctx.Err() == nil; time.Sleep(200 * time.Millisecond) {
			now := time.Now()
			m.measure(t, now.Sub(last).Seconds())
			last = now
		}
	})
	t.Cleanup(func() { cancel(); done.Wait() })
	return m
}

func (m *meter) setLoad(service string, cores float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.load[service] = cores
}

// measure shows what is to be seen after so many seconds more.
func (m *meter) measure(t *testing.T, seconds float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var b strings.Builder
	fmt.Fprintln(&b, `container_cpu_usage_seconds_total{id="/",cpu="total"} 1000`)
	for service, cores := range m.load {
		running, err := m.docker.running(t, service)
		if err != nil {
			return // what is shown stays
		}
		for _, id := range running {
			m.used[id] += cores / float64(len(running)) * seconds
			fmt.Fprintf(&b, "container_cpu_usage_seconds_total{id=%q,cpu=\"total\",image=%q,container_label_com_docker_swarm_service_name=%q} %g\n",
				"/docker/"+id, image, service, m.used[id])
		}
	}
	next := m.path + ".next"
	if os.WriteFile(next, []byte(b.String()), 0o644) == nil {
		_ = os.Rename(next, m.path)
	}
}

// running returns the containers of a service that run.
func (d *docker) running(t *testing.T, service string) (ids []string, err error) {
	var found []struct{ ID string }
	filter := url.QueryEscape(fmt.Sprintf(`{"status":["running"],"label":["com.docker.swarm.service.name=%s"]}`, service))
	if err := d.call(t, http.MethodGet, "/containers/json?filters="+filter, nil, &found); err != nil {
		return nil, err
	}
	for _, c := range found {
		ids = append(ids, c.ID)
	}
	return ids, nil
}
