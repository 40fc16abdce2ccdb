package controller

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"alertscale/rules"
	"alertscale/rules/engine"

	"github.com/go-kit/log"
)

// Options are what an Adapter works with.
type Options struct {
	Store   Store
	Logger  log.Logger
	Metrics *Metrics
	Now     func() time.Time // nil: time.Now
	// MaxSleep is how long the loop sleeps at most before it looks at Now; 0: 30 s. A clock that runs
	// faster than real time needs it short.
	MaxSleep time.Duration
}

// Adapter carries decisions out. It is safe for concurrent use.
type Adapter struct {
	Options
	file    atomic.Pointer[File]
	history decisionLog
	wakes   *wakes

	// work is what calls to drivers and the store live by; it ends when the time to shut down is over.
	work context.Context
	stop context.CancelFunc

	mu     sync.RWMutex // guards what follows
	refs   map[rules.Ref]*entry
	groups map[rules.GroupID]map[*entry]struct{} // the refs that a group told of
	pools  map[string]*pool                      // by driver
}

// New returns an adapter for what a store holds, under a file. Call Run for it to come back to what
// could not be done at once.
func New(ctx context.Context, o Options, f *File) (*Adapter, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.MaxSleep == 0 {
		o.MaxSleep = maxSleep
	}
	a := &Adapter{
		Options: o, wakes: newWakes(),
		refs: map[rules.Ref]*entry{}, groups: map[rules.GroupID]map[*entry]struct{}{}, pools: map[string]*pool{},
	}
	a.work, a.stop = context.WithCancel(context.WithoutCancel(ctx))
	a.file.Store(f)
	o.Metrics.prepare(f.Rules)
	if err := a.restore(ctx); err != nil {
		return nil, err
	}
	o.Metrics.refs.adapter.Store(a)
	return a, nil
}

// restore takes over what the store holds.
func (a *Adapter) restore(ctx context.Context) error {
	refs, err := a.Store.Refs(ctx)
	if err != nil {
		return err
	}
	for _, ref := range refs {
		en := a.entry(ref)
		if err := en.load(ctx, a.Store); err != nil {
			return err
		}
		a.index(en)
		a.wakes.set(en, a.Now())
	}
	return nil
}

// Handle enters a notification and returns what was done to each ref that it touches. What is not done
// when ctx ends is failed, and goes on by itself.
func (a *Adapter) Handle(ctx context.Context, e *rules.Event) []engine.Decision {
	f := a.file.Load()
	m := f.Rules.Match(e)
	a.Metrics.heard(e, m.Unmatched)
	h := handling{a: a, file: f, event: e, group: e.Group(), now: a.Now()}
	h.results, h.repeats = make([]result, 0, len(m.Touches)), make([]engine.Decision, 0, len(m.Touches))
	h.touched = make([]*entry, 0, len(m.Touches))
	for _, t := range m.Touches {
		h.hear(t)
	}
	h.hearAbsent()
	all := h.collect(ctx)
	for _, d := range m.Broken {
		a.report(d)
		all = append(all, d)
	}
	return all
}

// handling is one notification on its way through the refs that it touches.
type handling struct {
	a     *Adapter
	file  *File
	event *rules.Event
	group rules.GroupID
	now   time.Time

	touched []*entry
	results []result
	repeats []engine.Decision // of quiet touches; results point into it
}

// result is what became of a ref, or a promise of it.
type result struct {
	done   []engine.Decision
	waiter *waiter
	en     *entry
	target string
	rule   string
}

// hear enters what the notification says of one ref.
func (h *handling) hear(t *rules.Touch) {
	en := h.a.entry(t.Ref)
	en.mu.Lock()
	for en.gone {
		en.mu.Unlock()
		en = h.a.entry(t.Ref)
		en.mu.Lock()
	}
	defer en.mu.Unlock()
	h.touched = append(h.touched, en)
	r := result{en: en, target: t.Target.Name, rule: t.Hits[0].Rules[0].Name}
	if err := en.load(h.a.work, h.a.Store); err != nil {
		r.done = h.failed(&r, err.Error())
	} else if others := h.file.Rules.Disowned(t, en.mem.Target); others != nil {
		r.done = others
		h.a.report(others...)
	} else {
		h.record(en, t, &r)
	}
	h.results = append(h.results, r)
}

// record enters a touch into the memory of its ref, and decides where there is nothing to read for it.
func (h *handling) record(en *entry, t *rules.Touch, r *result) {
	news, quiet := rules.News{Verdict: engine.Duplicate}, h.quiet(en, t)
	if quiet {
		en.mem.Hear(t, h.now)
		h.a.heard(en, h.now)
	} else {
		en.mem, news = rules.Record(t.Target, en.mem, t, h.event, h.now)
		en.unsaved = en.unsaved || news.Changed
		h.a.index(en)
	}
	switch {
	case en.mem.Open():
		if en.running {
			// A change is under way: what was said is stored without waiting for it.
			if err := en.save(h.a.work, h.a.Store); err != nil {
				r.done = h.failed(r, err.Error())
				return
			}
		}
		r.waiter = &waiter{news, make(chan []engine.Decision, 1)}
		en.waiters = append(en.waiters, r.waiter)
		h.a.start(en)
	case quiet:
		n := len(h.repeats)
		h.repeats = append(h.repeats, en.mem.Repeat(t, en.name))
		h.a.Metrics.decided(&h.repeats[n])
		r.done = h.repeats[n : n+1 : n+1]
	default:
		if err := en.save(h.a.work, h.a.Store); err != nil {
			h.a.schedule(en, t.Target, h.now)
			r.done = h.failed(r, err.Error())
			return
		}
		h.a.schedule(en, t.Target, h.now)
		r.done = []engine.Decision{en.unmoved(t.Target.Name, news)}
		h.a.report(r.done...)
	}
}

// quiet tells whether a touch brings nothing new and no time has come for anything either.
func (h *handling) quiet(en *entry, t *rules.Touch) bool {
	h.a.wakes.mu.Lock()
	due := en.heapIndex >= 0 && !en.wakeAt.After(h.now)
	h.a.wakes.mu.Unlock()
	return !due && !en.unsaved && en.mem.Target == t.Target.Name && en.mem.Quiet(t, h.event, h.group)
}

// unmoved is the decision for news that leave nothing to decide.
func (en *entry) unmoved(target string, n rules.News) engine.Decision {
	return engine.Decision{
		Ref: en.name, Target: target, Rule: n.Rule, Verdict: n.Verdict,
		From: en.mem.Count, To: en.mem.Count, Why: n.Why,
	}
}

// hearAbsent enters that the notification leaves out what its group had told of other refs.
func (h *handling) hearAbsent() {
	if h.group == 0 || h.event.Truncated > 0 {
		return
	}
	for _, en := range h.a.toldBy(h.group, h.touched) {
		en.mu.Lock()
		if !en.gone && en.loaded {
			h.recordAbsent(en)
		}
		en.mu.Unlock()
	}
}

func (h *handling) recordAbsent(en *entry) {
	t := h.file.Rules.Owner(en.ref, en.mem.Target)
	if t == nil {
		return
	}
	var news rules.News
	en.mem, news = rules.Record(t, en.mem, &rules.Touch{Ref: en.ref, Target: t}, h.event, h.now)
	en.unsaved = en.unsaved || news.Changed
	h.a.index(en)
	if err := en.save(h.a.work, h.a.Store); err != nil {
		h.results = append(h.results, result{en: en, done: h.failed(&result{en: en, target: t.Name}, err.Error())})
	}
	switch {
	case en.running:
	case en.mem.Pending(t, h.now): // what held a call may have left
		h.a.start(en)
	default:
		h.a.schedule(en, t, h.now)
	}
}

// collect waits for the promises until ctx ends.
func (h *handling) collect(ctx context.Context) []engine.Decision {
	all := make([]engine.Decision, 0, len(h.results))
	for i := range h.results {
		r := &h.results[i]
		if r.waiter != nil {
			select {
			case r.done = <-r.waiter.done:
			default:
				select {
				case r.done = <-r.waiter.done:
				case <-ctx.Done():
					r.done = h.failed(r, h.late(r.en))
				}
			}
		}
		all = append(all, r.done...)
	}
	return all
}

// late stores what was said of a ref that was not done in time, and says why it was not.
func (h *handling) late(en *entry) string {
	en.mu.Lock()
	defer en.mu.Unlock()
	if err := en.save(h.a.work, h.a.Store); err != nil {
		return err.Error()
	}
	return "not done in the time of this request; it goes on by itself"
}

func (h *handling) failed(r *result, why string) []engine.Decision {
	d := engine.Decision{Ref: r.en.name, Target: r.target, Rule: r.rule, Verdict: engine.Failed, Why: []string{why}}
	h.a.report(d)
	return []engine.Decision{d}
}
