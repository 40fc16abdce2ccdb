package main

import (
	"context"
	"crypto/rand"
	"log"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	numberBytes = 32
	reportEvery = time.Second
)

// A worker makes one unit of work after the other while coins are wanted: a random number, and its hash. Every other hash
// is a coin.
type worker struct {
	client *client
	units  *prometheus.CounterVec // by outcome

	next     report    // what has not been reported
	reported time.Time // when something last was
	wanted   float64   // as the store said
}

func newWorker(name string, c *client, reg prometheus.Registerer) *worker {
	w := &worker{client: c, next: report{ID: rand.Text(), Worker: name}, units: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "dockercoins_units_total", Help: "Units of work that were done.",
	}, []string{"outcome"})}
	for _, outcome := range []string{"coin", "none", "failed"} {
		w.units.WithLabelValues(outcome)
	}
	reg.MustRegister(w.units)
	return w
}

// run works until ctx ends. What fails is tried again after a second; what was done and not reported is reported first, so
// that nothing is lost, and no more than a second's work is kept.
func (w *worker) run(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := w.round(ctx); err != nil && ctx.Err() == nil {
			log.Print(err)
			sleep(ctx, time.Second)
		}
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	return w.report(last)
}

// round does one unit of work where coins are wanted, and reports once a second.
func (w *worker) round(ctx context.Context) error {
	if time.Since(w.reported) >= reportEvery {
		if err := w.report(ctx); err != nil {
			return err
		}
	}
	if w.wanted == 0 {
		sleep(ctx, reportEvery)
		return nil
	}
	coin, err := w.unit(ctx)
	if err != nil {
		w.units.WithLabelValues("failed").Inc()
		return err
	}
	outcome := "none"
	if isCoin(coin) {
		outcome = "coin"
		w.next.Coins = append(w.next.Coins, coin)
	}
	w.next.Units++
	w.units.WithLabelValues(outcome).Inc()
	return nil
}

// unit returns a hash.
func (w *worker) unit(ctx context.Context) (string, error) {
	number, name, err := w.client.number(ctx, numberBytes)
	if err != nil {
		return "", err
	}
	w.next.RNG = name
	return w.client.hash(ctx, number)
}

// isCoin reports whether the first bit of a hash is 0.
func isCoin(hash string) bool { return hash != "" && hash[0] < '8' }

// report tells the store what was done, and takes from its answer what is wanted.
func (w *worker) report(ctx context.Context) error {
	now, err := w.client.report(ctx, w.next)
	if err != nil {
		return err
	}
	w.next = report{ID: rand.Text(), Worker: w.next.Worker}
	w.reported, w.wanted = time.Now(), now.Wanted
	return nil
}

func runWorker(ctx context.Context, o options) error {
	name, err := ownName()
	if err != nil {
		return err
	}
	mux, reg := newMux()
	w := newWorker(name, newClient(o), reg)
	served := make(chan error, 1)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { served <- serve(ctx, o.listen, mux); cancel() }()
	err = w.run(ctx)
	cancel()
	if failed := <-served; failed != nil {
		return failed
	}
	return err
}
