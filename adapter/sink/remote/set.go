// Package remote tells others what was decided: as events of CloudEvents, or as annotations of Grafana. Nobody waits for
// them: each has a queue of its own, and what is too much for it is dropped and counted.
package remote

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"

	"alertscale/adapter/controller"
	"alertscale/rules"
	"alertscale/rules/engine"
)

// lastWords is how long what is queued has at shutdown.
const lastWords = 5 * time.Second

// Options say what sinks have in common. All are required.
type Options struct {
	Source  string // the address of this alertscale
	Version string // of alertscale
	Logger  log.Logger
	Metrics *Metrics
}

// Set is the sinks of the active file. It is a sink itself, and safe for concurrent use.
type Set struct {
	o      Options
	client *http.Client
	active atomic.Pointer[active]

	mu     sync.Mutex // one Use or Close at a time
	closed bool
}

// active is what is told to whom.
type active struct {
	receivers []*receiver
	dry       map[string]bool // the rules and targets that are dry runs, by rule/NAME and target/NAME
}

// New returns a set without sinks.
func New(o Options) *Set {
	transport := http.DefaultTransport.(*http.Transport).Clone() // which takes proxies from the environment
	s := &Set{o: o, client: &http.Client{
		Transport: transport, Timeout: answerTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // the token goes nowhere else
	}}
	s.active.Store(&active{})
	return s
}

// Use takes the sinks of another file, and its rules. A sink that the file before had too goes on with what waits for it; one
// that is gone is told nothing more. A nil Set has nobody to tell.
func (s *Set) Use(all []Destination, set *rules.Set) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	left := map[string]*receiver{}
	for _, r := range s.active.Load().receivers {
		left[r.key] = r
	}
	next := &active{dry: dryRuns(set)}
	for i := range all {
		d := &all[i]
		s.o.Metrics.prepare(d.Name)
		r := left[d.key()]
		if r == nil {
			r = newReceiver(s, d)
		} else {
			r.use(d)
		}
		delete(left, d.key())
		next.receivers = append(next.receivers, r)
	}
	s.active.Store(next)
	for _, r := range left {
		if n := r.end(); n > 0 {
			_ = level.Warn(s.o.Logger).Log("msg", "a sink is gone from the file, and was not told all", "sink", r.to.Load().Name, "dropped", n)
		}
	}
}

// dryRuns lists the rules and targets that change nothing.
func dryRuns(set *rules.Set) map[string]bool {
	dry := map[string]bool{}
	for _, t := range set.Targets {
		if t.DryRun {
			dry["target/"+t.Name] = true
		}
	}
	for _, r := range set.Rules {
		if r.DryRun {
			dry["rule/"+r.Name] = true
		}
	}
	return dry
}

// Record implements controller.Sink.
func (s *Set) Record(d controller.DecisionRecord) {
	now := s.active.Load()
	if len(now.receivers) == 0 || d.Verdict == engine.Duplicate {
		return
	}
	dry := now.dry["rule/"+d.Rule] || now.dry["target/"+d.Target]
	owned := false
	for _, r := range now.receivers {
		if !r.wants(d.Verdict, dry) {
			continue
		}
		if !owned {
			d, owned = d.Own(), true // it may wait for hours, and is not to keep a whole notification
		}
		r.queue.Record(d)
	}
}

// Close tries once more to tell what is queued, and returns soon: at the latest when ctx ends, or after some seconds. What was
// not told is logged and counted.
func (s *Set) Close(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	ctx, cancel := context.WithTimeout(ctx, lastWords)
	defer cancel()
	var wg sync.WaitGroup
	for _, r := range s.active.Load().receivers {
		wg.Go(func() {
			if n := r.finish(ctx); n > 0 {
				_ = level.Warn(s.o.Logger).Log("msg", "a sink was not told all before the end", "sink", r.to.Load().Name, "dropped", n)
			}
		})
	}
	wg.Wait()
}
