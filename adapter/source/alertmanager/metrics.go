package alertmanager

import (
	"alertscale/rules"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics count what comes of look-ups.
type Metrics struct {
	outcomes [rules.LookupFiring + 1]prometheus.Counter
}

// NewMetrics registers the metrics, with a series for each outcome.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	lookups := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "alertscale_alertmanager_lookups_total",
		Help: "Alerts that were looked up at Alertmanager, by what came of it: firing, gone, or unknown where none answered.",
	}, []string{"outcome"})
	m := &Metrics{}
	for i := range m.outcomes {
		m.outcomes[i] = lookups.WithLabelValues(rules.Lookup(i).String())
	}
	reg.MustRegister(lookups)
	return m
}

func (m *Metrics) count(answers []rules.Lookup) {
	for _, answer := range answers {
		m.outcomes[answer].Inc()
	}
}
