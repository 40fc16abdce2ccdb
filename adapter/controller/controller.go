// Package controller carries out what package engine decides, for every ref: it takes notifications, stores what they
// say, reads counts, asks drivers for changes, and comes back for what could not be done at once.
package controller

import (
	"context"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"alertscale/rules"
	"alertscale/rules/engine"
	"alertscale/rules/upgrade"

	"github.com/go-kit/log"
	"golang.org/x/sync/errgroup"
)

// Options are what a Controller works with.
type Options struct {
	Store   Store
	Sinks   []Sink
	Logger  log.Logger
	Metrics *Metrics
	Now     func() time.Time // nil: time.Now
	// MaxSleep is how long the loop sleeps at most before it looks at Now; 0: 30 s. A clock that runs
	// faster than real time needs it short.
	MaxSleep time.Duration
	// Debug says that alerts which no rule matches are to be logged, with the nearest rule.
	Debug  bool
	Limits Limits
	// Counted is told of each count that is read for something, and of each that is another one than was known, by the ref
	// as it is written; nil: nobody is. It must not block.
	Counted func(ref string, count int)
	// ReadFixed has the workload of each fixed target read once after start and after each reload, and the log say where
	// each driver is connected and what was not found.
	ReadFixed bool
	// RefreshInterval is how often the counts of all refs that are known are read again, at the most; 0: they are not.
	RefreshInterval time.Duration
	// Limited counts what a limit stopped, by the limit; nil: it is not counted.
	Limited func(what string)
}

// Limits bound what senders can make the controller hold. Zero is the default.
type Limits struct {
	MaxRefs        int // refs that something is known of
	MaxUnknownRefs int // of these, refs whose workload was never found
}

// The defaults of Limits.
const (
	DefaultMaxRefs        = 100_000
	DefaultMaxUnknownRefs = 10_000
)

// Snapshot is an active configuration file: its rules, and the drivers that they are carried out with.
type Snapshot struct {
	Rules   *rules.Set
	Drivers map[string]Backend // by name
	Text    string             // as it was read, without secrets
	Asker   Asker              // nil: alerts are not looked up

	Upgrades []*upgrade.Upgrade
}

// Asker looks alerts up at Alertmanager.
type Asker interface {
	// Ask returns for each alert, which its labels stand for, what is said of it. It returns within seconds.
	Ask(ctx context.Context, alerts []rules.Labels) []rules.Lookup
}

// Backend is a driver and how long a call to it may take.
type Backend struct {
	Driver  Driver
	Timeout time.Duration
}

// DefaultTimeout is how long a call to a driver may take.
const DefaultTimeout = 30 * time.Second

// MaxCalls is how many calls to one driver are made at a time.
const MaxCalls = 64

// maxPuts is how many requests to the store are made at a time. They share its commits.
const maxPuts = 4096

// Controller carries decisions out. It is safe for concurrent use.
type Controller struct {
	Options
	snapshot atomic.Pointer[Snapshot]
	schedule *schedule
	registry *registry
	cycles   engine.CycleOptions

	// reload is held while a notification is entered, so that all refs are decided on the rules by which it was matched.
	reload sync.RWMutex

	// work is what calls to drivers and the store live by; it ends when the time to shut down is over.
	work context.Context
	stop context.CancelFunc

	unmatched unmatched
	upgrades  upgrades

	store  *lane
	asks   *lane // to Alertmanager
	riders riders
	mu     sync.RWMutex // guards what follows
	lanes  map[string]*lane

	health   health
	readings readings
	reloaded chan struct{} // has one when there is another file than drivers are watched by

	stopping atomic.Bool  // nothing new is begun
	storeBad atomic.Int64 // since when the store fails, in Unix nanoseconds; 0: it does not
}

// New returns a controller for what a store holds, under a file. Call Run for it to come back to what
// could not be done at once.
func New(ctx context.Context, o Options, s *Snapshot) (*Controller, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.MaxSleep == 0 {
		o.MaxSleep = maxSleep
	}
	if o.Limited == nil {
		o.Limited = func(string) {}
	}
	if o.Limits.MaxRefs == 0 {
		o.Limits.MaxRefs = DefaultMaxRefs
	}
	if o.Limits.MaxUnknownRefs == 0 {
		o.Limits.MaxUnknownRefs = DefaultMaxUnknownRefs
	}
	c := &Controller{
		Options: o, schedule: newSchedule(), registry: newRegistry(o.Limits), cycles: engine.CycleOptions{Jitter: rand.Float64},
		store: newLane(maxPuts), asks: newLane(MaxCalls), lanes: map[string]*lane{},
		health: health{down: map[string]time.Time{}}, readings: readings{all: map[string]*reading{}}, reloaded: make(chan struct{}, 1),
	}
	c.upgrades.all = map[string]*upgrading{}
	c.work, c.stop = context.WithCancel(context.WithoutCancel(ctx))
	if err := c.restore(ctx); err != nil {
		return nil, err
	}
	c.use(s)
	c.dropUpgrades(ctx)
	o.Metrics.refs.controller.Store(c)
	return c, nil
}

// restore takes over what the store holds. Reading a record takes much longer than listing it, so that is done side by
// side.
func (c *Controller) restore(ctx context.Context) error {
	workers, ctx := errgroup.WithContext(ctx)
	records := make(chan engine.Record, 64)
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() error {
			for r := range records {
				if err := c.restoreOne(r); err != nil {
					return err
				}
			}
			return nil
		})
	}
	err := c.Store.List(ctx, func(r engine.Record) error {
		select {
		case records <- r:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	close(records)
	if bad := workers.Wait(); bad != nil {
		return bad
	}
	return err
}

func (c *Controller) restoreOne(r engine.Record) error {
	if strings.HasPrefix(r.Ref, upgradeKey) {
		return c.restoreUpgrade(r)
	}
	cycle, err := engine.RestoreCycle(r, c.cycles)
	if err != nil {
		return err
	}
	tr := newTracker(cycle)
	c.registry.add(tr)
	c.registry.index(tr)
	return nil
}

// Snapshot returns the active file.
func (c *Controller) Snapshot() *Snapshot { return c.snapshot.Load() }

// Use makes another file the active one. What is under way ends under it; every ref is looked at again.
func (c *Controller) Use(s *Snapshot) {
	c.use(s)
	select {
	case c.reloaded <- struct{}{}:
	default:
	}
}

func (c *Controller) use(s *Snapshot) {
	all := c.useOnAll(s)
	c.useUpgrades(s)
	now := c.Now()
	for _, tr := range all {
		c.schedule.sooner(tr, now)
	}
}

// useOnAll makes a file the one that all refs are decided on, and returns them.
func (c *Controller) useOnAll(s *Snapshot) []*tracker {
	c.reload.Lock()
	defer c.reload.Unlock()
	c.snapshot.Store(s)
	c.Metrics.use(s)
	c.health.forget(s)
	for _, tr := range c.registry.all() {
		c.useOn(tr, s)
	}
	if c.ReadFixed {
		c.knowFixed(s)
	}
	return c.registry.all()
}

// knowFixed takes the refs of the fixed targets in, whether or not an alert has named them.
func (c *Controller) knowFixed(s *Snapshot) {
	for _, t := range s.Rules.Targets {
		if ref, ok := t.Ref(); ok {
			_, _ = c.registry.ensure(ref, true, c.track) // for which there always is room
		}
	}
}

// useOn makes a file the one that a ref is decided on, under the name that it has there.
func (c *Controller) useOn(tr *tracker, s *Snapshot) {
	tr.mu.Lock()
	defer tr.unlock()
	tr.cycle.Use(s.Rules, s.backend(tr.ref()))
	if tr.cycle.Target() != nil {
		return
	}
	ref, respelled := s.Rules.Respelled(tr.ref(), tr.cycle.State().Connection)
	if !respelled || c.registry.get(ref) != nil {
		return
	}
	next := newTracker(tr.cycle.MoveTo(ref))
	next.cycle.Use(s.Rules, s.backend(ref))
	next.predecessor, tr.heir = tr, next
	c.registry.add(next)
	c.registry.index(next)
	c.registry.index(tr)
}

// backend returns what the file says of the driver of a ref.
func (s *Snapshot) backend(ref rules.Ref) engine.Backend {
	b, ok := s.Drivers[ref.Driver]
	_, plans := b.Driver.(Planner)
	return engine.Backend{Connected: ok, Plans: plans}
}
