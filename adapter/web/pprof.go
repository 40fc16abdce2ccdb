package web

import (
	"context"
	"net/http"
	"net/http/pprof"
	"strings"
)

// stoppingKey is that of the channel, in the context of a server's requests, that is closed when it stops.
type stoppingKey struct{}

// profiles puts net/http/pprof on the mux, where it is asked for. Its own registration is on a mux that nobody serves.
func (rt *routes) profiles(mux *http.ServeMux) {
	if !rt.EnablePprof {
		return
	}
	mux.Handle("/debug/pprof", rt.get(pprofIndex))
	mux.Handle("/debug/pprof/", rt.get(untilStopped(pprof.Index)))
	mux.Handle("/debug/pprof/cmdline", rt.get(pprof.Cmdline))
	mux.Handle("/debug/pprof/profile", rt.get(untilStopped(pprof.Profile)))
	mux.Handle("/debug/pprof/symbol", rt.only(pprof.Symbol, http.MethodGet, http.MethodHead, http.MethodPost))
	mux.Handle("/debug/pprof/trace", rt.get(untilStopped(pprof.Trace)))
}

// pprofIndex lists the profiles by relative links, which need the slash that tidied takes off.
func pprofIndex(w http.ResponseWriter, r *http.Request) {
	if sent, _, _ := strings.Cut(r.RequestURI, "?"); !strings.HasSuffix(sent, "/") {
		w.Header().Set("Location", "pprof/") // wherever a proxy puts it
		w.WriteHeader(http.StatusMovedPermanently)
		return
	}
	pprof.Index(w, r)
}

// untilStopped ends a profile with the server, so that one of minutes does not use up the time of the shutdown. pprof
// itself moves the server's time limit for an answer by as long as a profile takes.
func untilStopped(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		stopping, _ := ctx.Value(stoppingKey{}).(<-chan struct{})
		go func() {
			select {
			case <-stopping:
				cancel()
			case <-ctx.Done():
			}
		}()
		next(w, r.WithContext(ctx))
	}
}
