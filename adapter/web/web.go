// Package web is alertscale's HTTP side: it owns the paths, the statuses and the envelope of the
// answers, and knows what stands behind them through small interfaces.
package web

import (
	"context"
	"iter"
	stdlog "log"
	"net/http"
	"time"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"alertscale/adapter/controller"
	"alertscale/adapter/sink/history"
	"alertscale/rules"
	"alertscale/rules/engine"
	"alertscale/rules/upgrade"
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
	// Allows reports whether a sender who shows this token may post.
	Allows(token string) bool
	// Event returns what a POST stands for. It must not keep body. An error is the sender's.
	Event(body []byte, contentType, idempotencyKey string, now time.Time) (*rules.Event, error)
}

// Upgrades give workloads the images that are posted to hooks.
type Upgrades interface {
	// TakesPushes reports whether what is posted to a hook are pushes of images. Then it brings no alert.
	TakesPushes(hook string) bool
	// Push carries out what pushes ask for, and returns as Handle does.
	Push(ctx context.Context, hook string, pushes []upgrade.Push) []engine.Decision
	// Upgrades lists the upgrades of the file.
	Upgrades() []controller.UpgradeStatus
}

// View tells what is known.
type View interface {
	Targets() []controller.TargetStatus
	Rules() []controller.RuleStatus
	Unmatched() []controller.UnmatchedAlert
	// DriversDown lists the drivers whose API does not answer, or does not take the credentials.
	DriversDown() []controller.DriverDown
}

// Pauser keeps refs from being scaled for a while.
type Pauser interface {
	// Pause keeps the calls of a ref in a direction, rules.Stay for both, waiting for a while. An error that is not
	// controller.ErrUnknownRef says that it could not be stored.
	Pause(ctx context.Context, ref string, d rules.Direction, length time.Duration) error
	// Resume ends the pauses of a direction; rules.Stay: all.
	Resume(ctx context.Context, ref string, d rules.Direction) error
}

// File is the file of rules and targets.
type File interface {
	// Config returns the active text, and those of its rule files by their names, without secrets.
	Config() (text string, ruleFiles map[string]string)
	// Reload reads the file again. Where it returns an error, which tells all faults, nothing has
	// changed.
	Reload() error
}

// Decisions tell of what was decided.
type Decisions interface {
	// Find yields the decisions that q selects, newest first. It may be slow to be read, and blocks nobody.
	Find(q history.Query) iter.Seq[controller.DecisionRecord]
}

// Options say what stands behind the paths. All without a default are required.
type Options struct {
	Handler   Handler
	View      View
	Pauser    Pauser    // default: nothing can be paused
	States    States    // default: nothing is told
	Decisions Decisions // default none
	File      File
	// Decode makes a notification of what a sender posts to the webhook, DecodeAlerts of what one posts as to an
	// Alertmanager. They must not keep body.
	Decode       func(body []byte, sender string) (*rules.Event, error)
	DecodeAlerts func(body []byte, sender string, now time.Time) (*rules.Event, error)
	Hook         func(name string) (Hook, bool) // those of the active file; default none
	Upgrades     Upgrades                       // default none
	// Sender returns whose token it is by the active file, empty: nobody's; not asked: the file asks for none. Default: that.
	Sender   func(token string) (name string, asked bool)
	Now      func() time.Time // default time.Now
	Metrics  *Metrics
	Limited  Limited             // default: they are not counted
	Gatherer prometheus.Gatherer // for /metrics
	Logger   log.Logger

	Place       Place // where all of it is served; default: without a prefix
	EnablePprof bool  // serve profiles of the process under /debug/pprof

	MaxRequestBytes int64         // of one body, unpacked; default DefaultMaxRequestBytes
	InflightBytes   int64         // of the bodies of all requests together; default DefaultInflightBytes
	Deadline        time.Duration // default DefaultDeadline
}

// New returns the handler of all paths. It is safe for concurrent use.
func New(o Options) http.Handler {
	o.setDefaults()
	rt := &routes{Options: o, refusals: newRefusals(o.Logger, o.Now)}
	mux := http.NewServeMux()
	posts := &notifications{routes: rt, inflight: budget{limit: o.InflightBytes}}
	mux.Handle("/webhook", posts)
	mux.Handle(alertsPath, &alerts{posts})
	mux.HandleFunc("/api/v1/alerts", rt.goneAlerts)
	mux.Handle("/hook/{name}", &hooks{posts})
	mux.Handle("/metrics", rt.get(metricsHandler(o).ServeHTTP))
	mux.Handle("/-/healthy", rt.get(healthy))
	mux.Handle("/-/ready", rt.get(ready(o.Handler, o.View)))
	mux.Handle("/-/reload", rt.only(reload(o.File), http.MethodPost, http.MethodPut))
	mux.Handle("/api/v1/targets", rt.data(func() any { return o.View.Targets() }))
	mux.Handle("/api/v1/targets/state", rt.get(rt.state))
	mux.Handle("/api/v1/targets/pause", rt.only(rt.pause, http.MethodPost))
	mux.Handle("/api/v1/targets/resume", rt.only(rt.resume, http.MethodPost))
	mux.Handle("/api/v1/rules", rt.data(func() any { return o.View.Rules() }))
	mux.Handle("/api/v1/upgrades", rt.data(func() any { return o.Upgrades.Upgrades() }))
	mux.Handle("/api/v1/unmatched", rt.data(func() any { return o.View.Unmatched() }))
	mux.Handle("/api/v1/decisions", rt.get(decisions(o.Decisions, o.Now)))
	mux.Handle("/api/v1/status/config", rt.data(func() any {
		text, ruleFiles := o.File.Config()
		return configFile{text, ruleFiles}
	}))
	mux.Handle("/api/v1/status/buildinfo", rt.data(buildInfo))
	rt.profiles(mux)
	mux.HandleFunc("/", rt.notFound)
	mux.HandleFunc("/{$}", rt.home)
	return guard(tidied(rt.prefixed(rt.sameSite(mux))), o.Logger)
}

func (o *Options) setDefaults() {
	if o.MaxRequestBytes <= 0 {
		o.MaxRequestBytes = DefaultMaxRequestBytes
	}
	if o.InflightBytes <= 0 {
		o.InflightBytes = DefaultInflightBytes
	}
	if o.Deadline <= 0 {
		o.Deadline = DefaultDeadline
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Limited == nil {
		o.Limited = uncounted{}
	}
	if o.States == nil {
		o.States = unknownStates{}
	}
	if o.Upgrades == nil {
		o.Upgrades = noUpgrades{}
	}
	if o.Decisions == nil {
		o.Decisions = history.New(history.Options{})
	}
	if o.Sender == nil {
		o.Sender = func(string) (string, bool) { return "", false }
	}
	if o.Hook == nil {
		o.Hook = func(string) (Hook, bool) { return nil, false }
	}
}

func metricsHandler(o Options) http.Handler {
	return promhttp.HandlerFor(o.Gatherer, promhttp.HandlerOpts{
		ErrorLog: stdlog.New(log.NewStdlibAdapter(level.Error(o.Logger)), "", 0),
	})
}
