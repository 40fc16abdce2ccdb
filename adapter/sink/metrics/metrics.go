// Package metrics counts decisions, how long they took, and what limits stopped.
package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"alertscale/adapter/controller"
	"alertscale/rules/engine"
)

// maxPrepared bounds for how many rules series are made before there is anything to count.
const maxPrepared = 1000

// Metrics are the metrics. They are safe for concurrent use, and a sink.
type Metrics struct {
	decisions *prometheus.CounterVec
	delay     prometheus.Histogram
}

// New registers the metrics.
func New(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		decisions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "alertscale_decisions_total", Help: "Decisions, by rule and verdict.",
		}, []string{"rule", "verdict"}),
		delay: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "alertscale_step_delay_seconds",
			Help: "How long it took from the start of the first alert of a decision until its change was applied.",
			// Around Alertmanager's group_wait (30s), up to its group_interval (5m) and beyond.
			Buckets: []float64{.1, .25, .5, 1, 2.5, 5, 10, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1800, 3600},
		}),
	}
	reg.MustRegister(m.decisions, m.delay)
	return m
}

// Prepare makes the series that one is to be alerted on, so that increase() sees the first count, too. Of very many
// rules, only the first have them.
func (m *Metrics) Prepare(rules []string) {
	for _, name := range rules[:min(len(rules), maxPrepared)] {
		m.decisions.WithLabelValues(name, string(engine.Failed))
		m.decisions.WithLabelValues(name, string(engine.Rejected))
	}
}

// Record implements controller.Sink.
func (m *Metrics) Record(d controller.DecisionRecord) {
	m.decisions.WithLabelValues(d.Rule, string(d.Verdict)).Inc()
	if d.Verdict == engine.Scaled && !d.Since.IsZero() {
		m.delay.Observe(max(0, d.At.Sub(d.Since).Seconds())) // the sender's clock may be ahead
	}
}
