package main

import (
	"context"
	_ "embed" // for the page
	"net/http"
)

//go:embed page.html
var page []byte

// A webui shows the store's state to people, and lets them say how many coins are wanted. It is the one service that is seen
// from outside.
type webui struct{ client *client }

// handler serves it. No page of another site puts load on.
func (u webui) handler() http.Handler {
	mux, _ := newMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(page)
	})
	mux.HandleFunc("GET /api/state", func(w http.ResponseWriter, r *http.Request) {
		now, err := u.client.state(r.Context())
		told(w, now, err)
	})
	mux.HandleFunc("PUT /api/wanted", func(w http.ResponseWriter, r *http.Request) {
		var wanted float64
		if decode(w, r, &wanted) {
			now, err := u.client.want(r.Context(), wanted)
			told(w, now, err)
		}
	})
	return http.NewCrossOriginProtection().Handler(mux)
}

// told answers with what the store said.
func told(w http.ResponseWriter, now state, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	answer(w, now)
}

func runWebUI(ctx context.Context, o options) error {
	return serve(ctx, o.listen, webui{newClient(o)}.handler())
}
