package controller

import (
	"errors"
	"sync/atomic"
	"time"

	"alertscale/rules"
	"alertscale/rules/engine"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics are the counters of what the adapter does.
type Metrics struct {
	alerts     *prometheus.CounterVec
	firing     prometheus.Counter
	resolved   prometheus.Counter
	unmatched  prometheus.Counter
	decisions  *prometheus.CounterVec
	requests   *prometheus.HistogramVec
	reloadOK   prometheus.Gauge
	reloadTime prometheus.Gauge
	refs       *refCollector
}

// NewMetrics registers the adapter's metrics. Of the refs, whose names come from alerts, at most
// maxRefs are shown.
func NewMetrics(reg prometheus.Registerer, maxRefs int) *Metrics {
	m := &Metrics{
		alerts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "alertscale_alerts_total", Help: "Alerts received, by status.",
		}, []string{"status"}),
		unmatched: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "alertscale_alerts_unmatched_total", Help: "Alerts received that no rule matches.",
		}),
		decisions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "alertscale_decisions_total", Help: "Decisions, by rule and verdict.",
		}, []string{"rule", "verdict"}),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "alertscale_driver_request_duration_seconds", Help: "How long requests to a driver took.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"driver", "operation", "outcome"}),
		reloadOK: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "alertscale_config_last_reload_successful", Help: "Whether the last load of the file was successful.",
		}),
		reloadTime: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "alertscale_config_last_reload_success_timestamp_seconds", Help: "When the file was last loaded with success.",
		}),
		refs: &refCollector{max: maxRefs},
	}
	m.firing, m.resolved = m.alerts.WithLabelValues("firing"), m.alerts.WithLabelValues("resolved")
	reg.MustRegister(m.alerts, m.unmatched, m.decisions, m.requests, m.reloadOK, m.reloadTime, m.refs)
	return m
}

// Reloaded notes how a load of the file went.
func (m *Metrics) Reloaded(ok bool, at time.Time) {
	if !ok {
		m.reloadOK.Set(0)
		return
	}
	m.reloadOK.Set(1)
	m.reloadTime.Set(float64(at.UnixMilli()) / 1000)
}

func (m *Metrics) heard(e *rules.Event, unmatched int) {
	resolved := 0
	for i := range e.Alerts {
		if e.Alerts[i].Resolved {
			resolved++
		}
	}
	m.firing.Add(float64(len(e.Alerts) - resolved))
	m.resolved.Add(float64(resolved))
	m.unmatched.Add(float64(unmatched))
}

// prepared is for how many rules series are made before there is anything to count.
const prepared = 1000

// prepare makes the series that one is to be alerted on, so that increase() sees the first count, too.
func (m *Metrics) prepare(set *rules.Set) {
	for _, r := range set.Rules[:min(len(set.Rules), prepared)] {
		m.decisions.WithLabelValues(r.Name, string(engine.Failed))
		m.decisions.WithLabelValues(r.Name, string(engine.Rejected))
	}
}

func (m *Metrics) decided(d *engine.Decision) {
	m.decisions.WithLabelValues(d.Rule, string(d.Verdict)).Inc()
}

func (m *Metrics) requested(driver, operation string, err error, took time.Duration) {
	m.requests.WithLabelValues(driver, operation, outcome(err)).Observe(took.Seconds())
}

// outcome names a driver's error for a label.
func outcome(err error) string {
	var busy *ThrottledError
	switch {
	case err == nil:
		return "success"
	case errors.Is(err, ErrConflict):
		return "conflict"
	case errors.Is(err, ErrNotFound):
		return "not_found"
	case errors.Is(err, ErrForbidden):
		return "forbidden"
	case errors.Is(err, ErrInvalid):
		return "invalid"
	case errors.As(err, &busy):
		return "busy"
	default:
		return "error"
	}
}

// refCollector shows the refs as they are when it is asked.
type refCollector struct {
	max     int
	adapter atomic.Pointer[Adapter]
}

var (
	countDesc = prometheus.NewDesc("alertscale_target_count", "Count of a ref, as last read.", []string{"ref"}, nil)
	lastDesc  = prometheus.NewDesc("alertscale_target_last_change_timestamp_seconds",
		"When alertscale last changed the count of a ref.", []string{"ref"}, nil)
	deferredDesc = prometheus.NewDesc("alertscale_deferred_calls", "Open calls that wait to be served.", nil, nil)
)

// Describe implements prometheus.Collector.
func (c *refCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- countDesc
	ch <- lastDesc
	ch <- deferredDesc
}

// Collect implements prometheus.Collector.
func (c *refCollector) Collect(ch chan<- prometheus.Metric) {
	a := c.adapter.Load()
	deferred, shown := 0, 0
	if a != nil {
		for _, en := range a.entries() {
			en.mu.Lock()
			count, last := en.mem.Count, en.mem.Last
			deferred += en.mem.OpenCalls()
			en.mu.Unlock()
			if shown++; shown > c.max {
				continue
			}
			if count != nil {
				ch <- prometheus.MustNewConstMetric(countDesc, prometheus.GaugeValue, float64(*count), en.name)
			}
			if last != nil {
				ch <- prometheus.MustNewConstMetric(lastDesc, prometheus.GaugeValue, float64(last.At.UnixMilli())/1000, en.name)
			}
		}
	}
	ch <- prometheus.MustNewConstMetric(deferredDesc, prometheus.GaugeValue, float64(deferred))
}
