package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// A hasher gives the hash of what is posted to it. It takes its time, too, and has enough of it for all.
type hasher struct {
	work     time.Duration
	duration prometheus.Histogram
}

func newHasher(work time.Duration, reg prometheus.Registerer) *hasher {
	h := &hasher{work: work, duration: prometheus.NewHistogram(prometheus.HistogramOpts{
		Name:    "dockercoins_hasher_duration_seconds",
		Help:    "How long who asks for a hash waits for it.",
		Buckets: []float64{.05, .1, .15, .2, .25, .3, .4, .5, .75, 1, 2, 5},
	})}
	reg.MustRegister(h.duration)
	return h
}

func (h *hasher) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 4096))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if !sleep(r.Context(), h.work) {
		return
	}
	h.duration.Observe(time.Since(start).Seconds())
	fmt.Fprintf(w, "%x", sha256.Sum256(text))
}

func runHasher(ctx context.Context, o options) error {
	mux, reg := newMux()
	mux.Handle("POST /{$}", newHasher(o.work, reg))
	return serve(ctx, o.listen, mux)
}
