// Dockercoins is an application to be scaled: it makes coins that are worth nothing, out of random numbers and hashes.
// It is one program with a role for each of its services. The roles find each other by name, and each shows its metrics
// at /metrics.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// options are what the command line says.
type options struct {
	listen             string
	rng, hasher, store string        // where the others are
	work               time.Duration // how long a number or a hash takes
	wanted             float64       // coins a second
	interval           time.Duration // of what is watched
}

func main() {
	app := kingpin.New("dockercoins", "Makes coins that are worth nothing, and is scaled for it.").UsageWriter(os.Stdout)
	app.HelpFlag.Short('h')
	o := flags(app)
	run := map[string]func(context.Context, options) error{}
	for _, role := range []struct {
		name, help string
		run        func(context.Context, options) error
	}{
		{"worker", "Make coins, one after the other, while some are wanted.", runWorker},
		{"rng", "Give random numbers, one at a time.", runRNG},
		{"hasher", "Give hashes.", runHasher},
		{"store", "Keep the coins, in memory, and how many are wanted.", runStore},
		{"webui", "Show the coins to people.", runWebUI},
		{"watch", "Print the coins a second, and who makes them, until stopped.", runWatch},
	} {
		app.Command(role.name, role.help)
		run[role.name] = role.run
	}
	load := app.Command("load", "Want so many coins a second: 0 takes the load away.")
	load.Arg("coins", "How many.").Required().Float64Var(&o.wanted)
	run[load.FullCommand()] = runLoad

	chosen := kingpin.MustParse(app.Parse(os.Args[1:]))
	if err := untilStopped(*o, run[chosen]); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "dockercoins:", err)
		os.Exit(1)
	}
}

// untilStopped runs a role until it ends, or is asked to end.
func untilStopped(o options, run func(context.Context, options) error) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return run(ctx, o)
}

func flags(app *kingpin.Application) *options {
	o := &options{}
	app.Flag("listen", "Where to listen.").Default(":8080").StringVar(&o.listen)
	app.Flag("rng", "Where the random numbers are.").Default("http://rng:8080").StringVar(&o.rng)
	app.Flag("hasher", "Where the hashes are.").Default("http://hasher:8080").StringVar(&o.hasher)
	app.Flag("store", "Where the coins are.").Default("http://store:8080").StringVar(&o.store)
	app.Flag("work", "How long one random number takes, or one hash.").Default("100ms").DurationVar(&o.work)
	app.Flag("interval", "How long to watch before a line is printed.").Default("5s").DurationVar(&o.interval)
	return o
}

// newMux returns what all roles serve, and where their metrics are registered.
func newMux() (*http.ServeMux, *prometheus.Registry) {
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(reg, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /-/healthy", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "Healthy.") })
	return mux, reg
}

// serve answers requests until ctx ends, and then those that are under way.
func serve(ctx context.Context, address string, handler http.Handler) error {
	server := &http.Server{Addr: address, Handler: handler, ReadTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	ended := make(chan error, 1)
	go func() { ended <- server.ListenAndServe() }()
	select {
	case err := <-ended:
		return fmt.Errorf("listen on %s: %w", address, err)
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return server.Shutdown(last)
}

// ownName is what this process is known by to the others.
func ownName() (string, error) {
	host, err := os.Hostname()
	return fmt.Sprintf("%s-%d", host, os.Getpid()), err
}

// sleep waits, and reports whether ctx has not ended.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
