package stack

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
)

// An Exporter shows the gauges that a test sets, at /metrics.
type Exporter struct {
	Address string // host:port, for Prometheus's targets.

	mu     sync.Mutex
	gauges map[string]float64
}

// StartExporter starts an exporter without gauges.
func StartExporter(t T) *Exporter {
	t.Helper()
	e := &Exporter{gauges: map[string]float64{}}
	server := httptest.NewServer(http.HandlerFunc(e.serve))
	t.Cleanup(server.Close)
	e.Address = server.Listener.Addr().String()
	return e
}

// Set sets a gauge, written as in PromQL: queue_length{queue="mail"}.
func (e *Exporter) Set(series string, value float64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.gauges[series] = value
}

// Delete takes a gauge away.
func (e *Exporter) Delete(series string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.gauges, series)
}

func (e *Exporter) serve(w http.ResponseWriter, _ *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	var b strings.Builder
	for _, series := range slices.Sorted(maps.Keys(e.gauges)) {
		fmt.Fprintf(&b, "%s %g\n", series, e.gauges[series])
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	fmt.Fprint(w, b.String())
}
