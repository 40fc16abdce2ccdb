// Package web is alertscale's HTTP side: it owns the paths, the statuses and the envelope of the
// answers, and knows what stands behind them through three small interfaces.
package web

import (
	"context"
	stdlog "log"
	"net/http"
	"time"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"alertscale/adapter/controller"
	"alertscale/rules"
	"alertscale/rules/engine"
)

// What holds where Options say nothing.
const (
	// DefaultMaxRequestBytes bounds the body of a notification.
	DefaultMaxRequestBytes = 4 << 20
	// DefaultDeadline is within which a notification is answered. Alertmanager gives up after 10 s,
	// or after the group_interval where that is longer.
	DefaultDeadline = 8 * time.Second
)

// Handler takes notifications.
type Handler interface {
	// Handle carries out what a notification asks for and returns one decision for each ref that it
	// touches, none where no rule matches. It returns by the deadline of ctx: what is not done by
	// then is Failed, and goes on by itself.
	Handle(ctx context.Context, e *rules.Event) []engine.Decision
	// Ready returns nil if notifications can be taken, else what is missing.
	Ready() error
}

// Hook makes notifications of the POSTs of other senders.
type Hook interface {
	// Allows tells whether a sender who shows this token may post.
	Allows(token string) bool
	// Event returns what a POST stands for. It must not keep body. An error is the sender's.
	Event(body []byte, idempotencyKey string, now time.Time) (*rules.Event, error)
}

// View tells what is known and what was done.
type View interface {
	Targets() []controller.TargetStatus
	Rules() []controller.RuleStatus
	// Decisions returns the logged decisions that q selects, newest first.
	Decisions(q controller.Query) []controller.Logged
}

// File is the file of rules and targets.
type File interface {
	// Config returns the text in force, without secrets.
	Config() string
	// Reload reads the file again. Where it returns an error, which tells all faults, nothing has
	// changed.
	Reload() error
}

// Options say what stands behind the paths. All without a default are required.
type Options struct {
	Handler  Handler
	View     View
	File     File
	Decode   func(body []byte) (*rules.Event, error) // must not keep body
	Hook     func(name string) (Hook, bool)          // those of the file in force; default none
	Now      func() time.Time                        // default time.Now
	Metrics  *Metrics
	Gatherer prometheus.Gatherer // for /metrics
	Logger   log.Logger

	MaxRequestBytes int64         // default DefaultMaxRequestBytes
	Deadline        time.Duration // default DefaultDeadline
}

// New returns the handler of all paths. It is safe for concurrent use.
func New(o Options) http.Handler {
	if o.MaxRequestBytes <= 0 {
		o.MaxRequestBytes = DefaultMaxRequestBytes
	}
	if o.Deadline <= 0 {
		o.Deadline = DefaultDeadline
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Hook == nil {
		o.Hook = func(string) (Hook, bool) { return nil, false }
	}
	mux := http.NewServeMux()
	posts := &notifications{Options: o}
	mux.Handle("/webhook", posts)
	mux.Handle("/hook/{name}", &hooks{posts})
	mux.Handle("/metrics", get(metricsHandler(o).ServeHTTP))
	mux.Handle("/-/healthy", get(healthy))
	mux.Handle("/-/ready", get(ready(o.Handler)))
	mux.Handle("/-/reload", only(reload(o.File), http.MethodPost, http.MethodPut))
	mux.Handle("/api/v1/targets", data(func() any { return o.View.Targets() }))
	mux.Handle("/api/v1/rules", data(func() any { return o.View.Rules() }))
	mux.Handle("/api/v1/decisions", get(decisions(o.View)))
	mux.Handle("/api/v1/status/config", data(func() any { return configFile{o.File.Config()} }))
	mux.Handle("/api/v1/status/buildinfo", data(buildInfo))
	mux.HandleFunc("/", notFound)
	mux.Handle("/{$}", get(landingPage))
	return guard(mux, o.Logger)
}

func metricsHandler(o Options) http.Handler {
	return promhttp.HandlerFor(o.Gatherer, promhttp.HandlerOpts{
		ErrorLog: stdlog.New(log.NewStdlibAdapter(level.Error(o.Logger)), "", 0),
	})
}
