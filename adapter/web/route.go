package web

import (
	"fmt"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"
)

// routes are the handlers of all paths.
type routes struct {
	Options
	refusals *refusals
}

// get lets through what only reads.
func (rt *routes) get(h http.HandlerFunc) http.Handler {
	return rt.only(h, http.MethodGet, http.MethodHead)
}

// only answers 405 to all other methods. The mux could do so itself, but neither in the envelope,
// nor beside a catch-all.
func (rt *routes) only(h http.HandlerFunc, methods ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if slices.Contains(methods, r.Method) {
			h(w, r)
			return
		}
		rt.refusals.refuseMethod(w, r, methods...)
	})
}

func (f *refusals) refuseMethod(w http.ResponseWriter, r *http.Request, methods ...string) {
	allowed := strings.Join(methods, ", ")
	w.Header().Set("Allow", allowed)
	f.refuse(w, r, http.StatusMethodNotAllowed, badData,
		fmt.Sprintf("method %s is not allowed for %s: use %s", clip(r.Method, maxMethod), clip(sentPath(r), maxPath), allowed))
}

// home is the path /. A notification that is posted there has lost its path.
func (rt *routes) home(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		landingPage(w, rt.Place.Prefix)
	case http.MethodPost:
		rt.notFound(w, r)
	default:
		rt.refusals.refuseMethod(w, r, http.MethodGet, http.MethodHead)
	}
}

// notFound answers for all other paths. What is posted to one may be a notification, and counts as one.
func (rt *routes) notFound(w http.ResponseWriter, r *http.Request) {
	text := "there is no " + clip(sentPath(r), maxPath)
	if r.Method != http.MethodPost {
		rt.refusals.refuse(w, r, http.StatusNotFound, notFoundType, text)
		return
	}
	start := time.Now()
	if r.URL.Path == "/" {
		text = "nothing is posted to " + sentPath(r)
	}
	rt.refusals.refuse(w, r, http.StatusNotFound, notFoundType, text+": "+rt.Place.whereToPost())
	rt.Metrics.answered(http.StatusNotFound, time.Since(start))
}

// guard lets the process outlive a handler that panics. No handler begins its answer before it has
// all of it, so that there still is one to give; but for a long list of decisions, whose reader then gets broken JSON.
func guard(next http.Handler, logger log.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			if cause == http.ErrAbortHandler { // net/http's own way to cut a connection
				panic(cause)
			}
			level.Error(logger).Log("msg", "a handler panicked", "method", clip(r.Method, maxMethod), "path", clip(sentPath(r), maxPath),
				"panic", fmt.Sprint(cause), "stack", string(debug.Stack()))
			fail(w, r, http.StatusInternalServerError, internal, "internal error: see the log of alertscale")
		}()
		next.ServeHTTP(w, r)
	})
}
