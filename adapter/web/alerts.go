package web

import (
	"net/http"
	"time"

	"alertscale/rules"
)

// alertsPath is where Prometheus posts to an Alertmanager, and to alertscale in the place of one.
const alertsPath = "/api/v2/alerts"

// alerts is POST /api/v2/alerts. Prometheus wants no more of an Alertmanager, and there is no more of one here.
type alerts struct{ posts *notifications }

// ServeHTTP answers one POST of alerts.
func (a *alerts) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if sender, ok := a.posts.admit(w, r); ok {
		a.posts.take(w, r, intake{quiet: true, decode: func(body []byte) (*rules.Event, error) {
			return a.posts.DecodeAlerts(body, sender, a.posts.Now())
		}})
	}
}

// goneAlerts answers senders of the time before 2019 and those that are set to its API.
func (rt *routes) goneAlerts(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	rt.refusals.refuse(w, r, http.StatusGone, notFoundType,
		"Alertmanager's API v1 is no more: post to "+alertsPath+"; in prometheus.yml that is api_version: v2, which is the default")
	if r.Method == http.MethodPost {
		rt.Metrics.answered(http.StatusGone, time.Since(start))
	}
}
