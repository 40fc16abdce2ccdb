package web

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics count the answers of the webhook and of the hooks: 401 and 404 are of the latter, since what the web
// config turns away does not get as far.
type Metrics struct {
	notifications map[int]prometheus.Counter
	duration      prometheus.Histogram
}

// NewMetrics registers the metrics, with a series for each code that a notification can be answered
// with.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	notifications := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "alertscale_notifications_total",
		Help: "Notifications that were answered, by HTTP status code.",
	}, []string{"code"})
	m := &Metrics{
		notifications: map[int]prometheus.Counter{},
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "alertscale_webhook_duration_seconds",
			Help:    "How long it took to answer a notification.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 8, 10},
		}),
	}
	for _, code := range []int{
		http.StatusOK, http.StatusBadRequest, http.StatusUnauthorized, http.StatusNotFound, http.StatusMethodNotAllowed,
		http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity, http.StatusInternalServerError, http.StatusServiceUnavailable,
	} {
		m.notifications[code] = notifications.WithLabelValues(strconv.Itoa(code))
	}
	reg.MustRegister(notifications, m.duration)
	return m
}

func (m *Metrics) answered(code int, took time.Duration) {
	m.notifications[code].Inc()
	m.duration.Observe(took.Seconds())
}
