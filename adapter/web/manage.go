package web

import (
	"fmt"
	"io"
	"net/http"
	"time"
)

const landing = `alertscale turns Alertmanager's notifications into scaling.

POST /webhook                    where Alertmanager posts to
POST /api/v2/alerts              where Prometheus posts to, as to an Alertmanager
POST /hook/NAME                  where other senders post to, with the token of the hook
GET  /-/healthy                  200 while the process lives
GET  /-/ready                    200 while it takes notifications; names the drivers that are down
POST /-/reload                   reads the file of rules again
GET  /metrics                    for Prometheus
GET  /api/v1/targets             counts, cooldowns and active rules
GET  /api/v1/targets/state       ?ref=: all that is remembered of it, as it is stored; for alertscale explain --url
POST /api/v1/targets/pause       {"ref", "direction": "up|down|both", "for": "2h"}: no changes meanwhile
POST /api/v1/targets/resume      {"ref"}: ends that
GET  /api/v1/rules               the active rules
GET  /api/v1/decisions           what was done and why; ?ref= &rule= &verdict= &since=5m &limit=
GET  /api/v1/unmatched           the last alerts that no rule matched, and which rule came nearest
GET  /api/v1/upgrades            the upgrades of the file, and what was last applied to which workload
GET  /api/v1/status/config       the active files, without secrets and comments
GET  /api/v1/status/buildinfo    the version
`

func landingPage(w http.ResponseWriter, prefix string) {
	if prefix == "" {
		text(w, landing)
		return
	}
	text(w, landing+"\nAll of these paths are under "+prefix+".\n")
}

func healthy(w http.ResponseWriter, _ *http.Request) { text(w, "alertscale is healthy.\n") }

// ready answers whether notifications are taken. They are while an API is down, too, which is only said.
func ready(h Handler, v View) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if err := h.Ready(); err != nil {
			http.Error(w, "alertscale is not ready: "+err.Error(), http.StatusServiceUnavailable)
			return
		}
		body := "alertscale is ready.\n"
		for _, d := range v.DriversDown() {
			body += fmt.Sprintf("Driver %s is down since %s: what is asked of it is tried again; see the log.\n", d.Driver, d.Since.UTC().Format(time.RFC3339))
		}
		text(w, body)
	}
}

func reload(file File) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if err := file.Reload(); err != nil {
			http.Error(w, err.Error()+"\nThe rules that were active stay active.", http.StatusInternalServerError)
			return
		}
		text(w, "The rules were read again.\n")
	}
}

func text(w http.ResponseWriter, s string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, s)
}
