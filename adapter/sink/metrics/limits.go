package metrics

import "github.com/prometheus/client_golang/prometheus"

// limits are the names of the limits, so that each has a series before it stops anything.
var limits = []string{
	"alerts", "connections", "decision_log", "events", "inflight_bytes", "log", "refs", "request_bytes", "reserved_labels", "store_bytes", "unknown_refs",
}

// Limits counts what limits stopped. It is safe for concurrent use.
type Limits struct{ limited *prometheus.CounterVec }

// NewLimits registers the metric.
func NewLimits(reg prometheus.Registerer) *Limits {
	l := &Limits{prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "alertscale_limited_total", Help: "What a limit stopped, by limit.",
	}, []string{"what"})}
	for _, what := range limits {
		l.limited.WithLabelValues(what)
	}
	reg.MustRegister(l.limited)
	return l
}

// Limited counts one that a limit stopped. Names that are new get a series.
func (l *Limits) Limited(what string) { l.limited.WithLabelValues(what).Inc() }
