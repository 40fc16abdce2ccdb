package controller

import (
	"slices"
	"sync/atomic"
	"time"

	"alertscale/rules"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics are the counters of what the controller does.
type Metrics struct {
	alerts     *prometheus.CounterVec
	firing     prometheus.Counter
	resolved   prometheus.Counter
	unmatched  prometheus.Counter
	senders    *prometheus.CounterVec
	scopes     []string // of the active file, under the lock of reloads
	pushes     prometheus.Counter
	unmeant    prometheus.Counter
	requests   *prometheus.HistogramVec
	store      *prometheus.HistogramVec
	up         *prometheus.GaugeVec
	reloadOK   prometheus.Gauge
	reloadTime prometheus.Gauge
	refs       *refCollector
}

var requestBuckets = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}

// NewMetrics registers the controller's metrics. Of the refs, whose names come from alerts, at most
// maxRefs are shown.
func NewMetrics(reg prometheus.Registerer, maxRefs int) *Metrics {
	m := &Metrics{
		alerts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "alertscale_alerts_total", Help: "Alerts received, by status.",
		}, []string{"status"}),
		unmatched: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "alertscale_alerts_unmatched_total", Help: "Alerts received that no rule matches.",
		}),
		senders: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "alertscale_sender_alerts_total",
			Help: "Alerts received, by the sender and what became of them: matched by rules that it may touch, ignored by one at least that it may not, unmatched by any, or refused since they could not be taken.",
		}, []string{"sender", "outcome"}),
		pushes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "alertscale_pushes_total", Help: "Pushes of images received for upgrades.",
		}),
		unmeant: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "alertscale_pushes_unmatched_total", Help: "Pushes of images received that no upgrade is for.",
		}),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "alertscale_driver_request_duration_seconds", Help: "How long requests to a driver took.", Buckets: requestBuckets,
		}, []string{"driver", "operation", "outcome"}),
		store: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "alertscale_store_request_duration_seconds", Help: "How long requests to the store took.", Buckets: requestBuckets,
		}, []string{"operation", "outcome"}),
		up: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "alertscale_driver_up", Help: "Whether the API of a driver answered, and took the credentials, when it was last called.",
		}, []string{"driver"}),
		reloadOK: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "alertscale_config_last_reload_successful", Help: "Whether the last load of the file was successful.",
		}),
		reloadTime: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "alertscale_config_last_reload_success_timestamp_seconds", Help: "When the file was last loaded with success.",
		}),
		refs: &refCollector{max: maxRefs},
	}
	m.firing, m.resolved = m.alerts.WithLabelValues("firing"), m.alerts.WithLabelValues("resolved")
	reg.MustRegister(m.alerts, m.unmatched, m.pushes, m.unmeant, m.senders, m.requests, m.store, m.up, m.reloadOK, m.reloadTime, m.refs)
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

func (m *Metrics) heard(e *rules.Event, match *rules.Match, sender string) {
	resolved := 0
	for i := range e.Alerts {
		if e.Alerts[i].Resolved {
			resolved++
		}
	}
	m.firing.Add(float64(len(e.Alerts) - resolved))
	m.resolved.Add(float64(resolved))
	m.unmatched.Add(float64(len(match.Unmatched)))
	if sender == "" {
		return
	}
	outcomes := [...]int{len(e.Alerts) - len(match.Unmatched) - len(match.Ignored), match.Outside, len(match.Unmatched), len(e.Refused) + e.RefusedRest}
	for i, outcome := range senderOutcomes {
		m.senders.WithLabelValues(sender, outcome).Add(float64(outcomes[i]))
	}
}

// pushed counts what was posted to a hook of upgrades, and whether one is for it.
func (m *Metrics) pushed(meant bool) {
	m.pushes.Inc()
	if !meant {
		m.unmeant.Inc()
	}
}

// senderOutcomes are what becomes of the alerts of a sender.
var senderOutcomes = [...]string{"matched", "ignored", "unmatched", "refused"}

// use forgets the drivers and senders that a file does not have, and makes the series of those senders that it has.
func (m *Metrics) use(s *Snapshot) {
	names := s.Rules.ScopeNames()
	for _, name := range m.scopes {
		if !slices.Contains(names, name) {
			m.senders.DeletePartialMatch(prometheus.Labels{"sender": name})
		}
	}
	m.scopes = names
	for _, name := range names {
		for _, outcome := range senderOutcomes {
			m.senders.WithLabelValues(name, outcome)
		}
	}
	if c := m.refs.controller.Load(); c != nil {
		for _, name := range c.driverNames() {
			if _, ok := s.Drivers[name]; !ok {
				m.up.DeleteLabelValues(name)
			}
		}
	}
}

func (c *Controller) driverNames() []string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	names := make([]string, 0, len(c.lanes))
	for name := range c.lanes {
		names = append(names, name)
	}
	return names
}

func (m *Metrics) requested(driver, operation string, err error, took time.Duration) {
	what := outcome(err)
	m.requests.WithLabelValues(driver, operation, what).Observe(took.Seconds())
	up := 1.0
	if isDown(err) {
		up = 0
	}
	m.up.WithLabelValues(driver).Set(up)
}

func (m *Metrics) storeRequested(operation string, err error, took time.Duration) {
	m.store.WithLabelValues(operation, outcome(err)).Observe(took.Seconds())
}

// refCollector shows the refs as they are when it is asked.
type refCollector struct {
	max        int
	controller atomic.Pointer[Controller]
}

var (
	countDesc = prometheus.NewDesc("alertscale_target_replicas", "Count of a ref, as last read.", []string{"ref"}, nil)
	minDesc   = prometheus.NewDesc("alertscale_target_min_replicas", "Lower bound of a ref.", []string{"ref"}, nil)
	maxDesc   = prometheus.NewDesc("alertscale_target_max_replicas", "Upper bound of a ref.", []string{"ref"}, nil)
	lastDesc  = prometheus.NewDesc("alertscale_target_last_change_timestamp_seconds",
		"When alertscale last changed the count of a ref.", []string{"ref"}, nil)
	revertedDesc = prometheus.NewDesc("alertscale_reverted_total",
		"How often somebody else set the count of a ref back after a change of alertscale.", []string{"ref"}, nil)
	deferredDesc = prometheus.NewDesc("alertscale_deferred_calls", "Open calls that wait to be served.", nil, nil)
)

// Describe implements prometheus.Collector.
func (r *refCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{countDesc, minDesc, maxDesc, lastDesc, revertedDesc, deferredDesc} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (r *refCollector) Collect(ch chan<- prometheus.Metric) {
	deferred, shown := 0, 0
	if c := r.controller.Load(); c != nil {
		for _, tr := range c.registry.list() {
			deferred += tr.collect(ch, shown < r.max)
			shown++
		}
	}
	ch <- prometheus.MustNewConstMetric(deferredDesc, prometheus.GaugeValue, float64(deferred))
}

// collect shows one ref, and returns how many of its calls wait.
func (tr *tracker) collect(ch chan<- prometheus.Metric, show bool) int {
	tr.mu.Lock()
	state, t, bounds := *tr.cycle.State(), tr.cycle.Target(), tr.cycle.Bounds()
	waiting := state.OpenCalls()
	tr.unlock()
	if !show {
		return waiting
	}
	gauge := func(d *prometheus.Desc, v float64) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, tr.name())
	}
	if state.Count != nil {
		gauge(countDesc, float64(*state.Count))
	}
	if t != nil {
		gauge(minDesc, float64(bounds.Min))
		gauge(maxDesc, float64(bounds.Max))
	}
	if state.Reverted() > 0 {
		ch <- prometheus.MustNewConstMetric(revertedDesc, prometheus.CounterValue, float64(state.Reverted()), tr.name())
	}
	if state.Last != nil {
		gauge(lastDesc, float64(state.Last.At.UnixMilli())/1000)
	}
	return waiting
}
