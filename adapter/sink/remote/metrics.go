package remote

import "github.com/prometheus/client_golang/prometheus"

// Metrics count what sinks are told. They are safe for concurrent use.
type Metrics struct{ sent, failed, dropped *prometheus.CounterVec }

// NewMetrics registers the metrics.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	counter := func(name, help string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{"sink"})
		reg.MustRegister(c)
		return c
	}
	return &Metrics{
		sent:    counter("alertscale_sink_sent_total", "Decisions that a sink took."),
		failed:  counter("alertscale_sink_failed_total", "Attempts to tell a sink that came to nothing, most of which are repeated."),
		dropped: counter("alertscale_sink_dropped_total", "Decisions that a sink was not told: its queue was full, it refused them, or was tried for too long."),
	}
}

// prepare makes the series of a sink, so that increase() sees the first count, too.
func (m *Metrics) prepare(sink string) {
	for _, c := range []*prometheus.CounterVec{m.sent, m.failed, m.dropped} {
		c.WithLabelValues(sink)
	}
}
