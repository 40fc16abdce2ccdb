package web

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics count the answers to notifications: those of the webhook, of /api/v2/alerts and of the hooks, and the 404 or
// 410 of what is posted elsewhere.
type Metrics struct {
	known    map[int]prometheus.Counter
	any      *prometheus.CounterVec
	duration prometheus.Histogram
}

// codes are those that a notification can be answered with, 429 by the web configuration alone.
var codes = []int{
	http.StatusOK, http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound,
	http.StatusMethodNotAllowed, http.StatusGone, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType,
	http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusServiceUnavailable,
}

// NewMetrics registers the metrics, with a series for each code that is known.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	notifications := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "alertscale_notifications_total",
		Help: "Notifications that were answered, by HTTP status code.",
	}, []string{"code"})
	m := &Metrics{
		known: map[int]prometheus.Counter{},
		any:   notifications,
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "alertscale_webhook_duration_seconds",
			Help:    "How long it took to answer a notification.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 8, 10},
		}),
	}
	for _, code := range codes {
		m.known[code] = notifications.WithLabelValues(strconv.Itoa(code))
	}
	reg.MustRegister(notifications, m.duration)
	return m
}

func (m *Metrics) answered(code int, took time.Duration) {
	if counter, ok := m.known[code]; ok {
		counter.Inc()
	} else {
		m.any.WithLabelValues(strconv.Itoa(code)).Inc()
	}
	m.duration.Observe(took.Seconds())
}
