package web

import (
	"fmt"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"
)

// get lets through what only reads.
func get(h http.HandlerFunc) http.Handler { return only(h, http.MethodGet, http.MethodHead) }

// only answers 405 to all other methods. The mux could do so itself, but neither in the envelope,
// nor beside a catch-all.
func only(h http.HandlerFunc, methods ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if slices.Contains(methods, r.Method) {
			h(w, r)
			return
		}
		refuseMethod(w, r, methods...)
	})
}

func refuseMethod(w http.ResponseWriter, r *http.Request, methods ...string) {
	allowed := strings.Join(methods, ", ")
	w.Header().Set("Allow", allowed)
	fail(w, r, http.StatusMethodNotAllowed, badData,
		fmt.Sprintf("method %s is not allowed for %s: use %s", r.Method, r.URL.Path, allowed))
}

func notFound(w http.ResponseWriter, r *http.Request) {
	fail(w, r, http.StatusNotFound, notFoundType, "there is no "+r.URL.Path)
}

// guard lets the process outlive a handler that panics. No handler begins its answer before it has
// all of it, so that there still is one to give.
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
			level.Error(logger).Log("msg", "a handler panicked", "method", r.Method, "path", r.URL.Path,
				"panic", fmt.Sprint(cause), "stack", string(debug.Stack()))
			fail(w, r, http.StatusInternalServerError, internal, "internal error: see the log of alertscale")
		}()
		next.ServeHTTP(w, r)
	})
}
