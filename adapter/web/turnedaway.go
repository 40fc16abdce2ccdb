package web

import (
	"net/http"
	"path"
	"strings"
	"time"
)

// doorman is between the toolkit, which asks for a password, and our handler. It logs and counts what the toolkit
// turns away by itself: with a wrong password, a notification would otherwise get lost and nobody would see it.
type doorman struct {
	refusals *refusals
	metrics  *Metrics // may be nil
	prefix   string   // of all paths
}

// outside is put before the toolkit's handler.
func (d *doorman) outside(toolkit http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		visit := &visit{ResponseWriter: w}
		toolkit.ServeHTTP(visit, r)
		if visit.inside || visit.code < http.StatusBadRequest {
			return
		}
		d.refusals.log(r, visit.code, d.reason(r, visit.code))
		if d.metrics != nil && isNotification(strings.TrimPrefix(path.Clean(r.URL.Path), d.prefix)) {
			d.metrics.answered(visit.code, time.Since(start))
		}
	})
}

// inside is put before our handler, which writes to the connection as if there were no doorman.
func (d *doorman) inside(ours http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if visit, ok := w.(*visit); ok {
			visit.inside = true
			w = visit.ResponseWriter
		}
		ours.ServeHTTP(w, r)
	})
}

func (*doorman) reason(r *http.Request, code int) string {
	_, _, basic := r.BasicAuth()
	switch {
	case code != http.StatusUnauthorized:
		return "refused by the rules of --web.config.file"
	case basic:
		return "this user or password is not in --web.config.file"
	case r.Header.Get("Authorization") != "":
		return "the Authorization is none of user and password, which --web.config.file asks for: set basic_auth at the sender"
	default:
		return "no user and password, which --web.config.file asks for: set basic_auth at the sender"
	}
}

// visit is one request on its way through the toolkit.
type visit struct {
	http.ResponseWriter
	code   int
	inside bool // it got through
}

// WriteHeader implements http.ResponseWriter.
func (v *visit) WriteHeader(code int) {
	v.code = code
	v.ResponseWriter.WriteHeader(code)
}
