package main

import (
	"context"
	"crypto/rand"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// nameHeader says which of the containers answered.
const nameHeader = "X-Dockercoins-Name"

// An rng gives random bytes: GET /?bytes=32. It has one source of them, which takes its time: who asks meanwhile waits,
// and that is what its latency shows.
type rng struct {
	name     string
	work     time.Duration
	turn     chan struct{} // holds one
	duration prometheus.Histogram
}

func newRNG(name string, work time.Duration, reg prometheus.Registerer) *rng {
	r := &rng{name: name, work: work, turn: make(chan struct{}, 1), duration: prometheus.NewHistogram(prometheus.HistogramOpts{
		Name:    "dockercoins_rng_duration_seconds",
		Help:    "How long who asks for a random number waits for it.",
		Buckets: []float64{.05, .1, .15, .2, .25, .3, .4, .5, .75, 1, 2, 5},
	})}
	reg.MustRegister(r.duration)
	return r
}

func (r *rng) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	n, err := strconv.Atoi(req.URL.Query().Get("bytes"))
	if err != nil || n < 1 || n > 1024 {
		http.Error(w, "bytes: a number from 1 to 1024 is wanted", http.StatusBadRequest)
		return
	}
	start := time.Now()
	select {
	case r.turn <- struct{}{}:
	case <-req.Context().Done():
		return
	}
	worked := sleep(req.Context(), r.work)
	<-r.turn
	if !worked {
		return
	}
	r.duration.Observe(time.Since(start).Seconds())
	text := make([]byte, n)
	rand.Read(text)
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set(nameHeader, r.name)
	_, _ = w.Write(text)
}

func runRNG(ctx context.Context, o options) error {
	name, err := ownName()
	if err != nil {
		return err
	}
	mux, reg := newMux()
	mux.Handle("GET /{$}", newRNG(name, o.work, reg))
	return serve(ctx, o.listen, mux)
}
