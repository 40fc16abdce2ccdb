package controller

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"alertscale/rules"
	"alertscale/rules/engine"

	"github.com/go-kit/log/level"
)

// conflicts is how often a conflict is answered by reading and deciding anew before it is a failure.
const conflicts = 3

// serve works on a ref until nothing is left to do for it now. It is the one goroutine that does.
func (a *Adapter) serve(en *entry) {
	en.mu.Lock()
	defer en.mu.Unlock()
	defer a.survive(en)
	for {
		r := round{a: a, en: en, file: a.file.Load(), waiters: en.waiters}
		en.waiters = nil
		again := r.run()
		if !again && len(en.waiters) == 0 && r.file == a.file.Load() {
			break
		}
	}
	en.running = false
}

// survive keeps a panic over one ref from ending the process, and with it the scaling of all others.
func (a *Adapter) survive(en *entry) {
	if v := recover(); v != nil {
		_ = level.Error(a.Logger).Log("msg", "panic; this ref is tried again later, please report it", "ref", en.name, "panic", v,
			"stack", debug.Stack())
		en.running = false
		a.wakes.set(en, a.Now().Add(lastRetry))
	}
}

// round is one look at a ref: read, decide, change. The entry is held but for the calls to the driver.
type round struct {
	a       *Adapter
	en      *entry
	file    *File
	target  *rules.Target
	waiters []*waiter
	tries   int
}

// run tells whether there is more to do at once.
func (r *round) run() (again bool) {
	en, now := r.en, r.a.Now()
	if err := en.load(r.a.work, r.a.Store); err != nil {
		r.fail(err, 0)
		return false
	}
	en.unsaved = en.unsaved || !en.heardAt.IsZero() && now.Sub(en.heardAt) >= heardLate
	conn, connected := r.file.Drivers[en.ref.Driver]
	r.target = r.file.Rules.Owner(en.ref, en.mem.Target)
	if r.target == nil || !connected {
		r.retire(now)
		return false
	}
	var changed bool
	en.mem, changed = rules.Advance(r.target, en.mem, now)
	en.unsaved = en.unsaved || changed
	switch {
	case !en.needsWork():
		r.upkeep(now)
		return false
	case now.Before(en.notTill):
		asked := fmt.Errorf("driver %q asked not to be called before %s", en.ref.Driver, en.notTill.Format(time.RFC3339))
		r.fail(errors.Join(asked, en.save(r.a.work, r.a.Store)), 0)
		return false
	}
	for r.tries = 1; ; r.tries++ {
		if done, again := r.attempt(conn); done {
			return again
		}
	}
}

// upkeep stores what time brought, where no count is needed for it.
func (r *round) upkeep(now time.Time) {
	en := r.en
	r.a.index(en)
	if err := en.save(r.a.work, r.a.Store); err != nil {
		r.fail(err, 0)
		return
	}
	en.fails = 0
	r.a.schedule(en, r.target, now)
	r.deliver(nil)
	if en.mem.Empty() && len(en.waiters) == 0 {
		r.a.drop(en)
	}
}

// retire keeps what is remembered of a ref that the file does not cover, for as long as it matters.
func (r *round) retire(now time.Time) {
	en := r.en
	if in := en.mem.Intent; in != nil {
		_ = level.Warn(r.a.Logger).Log("msg", "a change of unknown outcome, of a ref that the file does not cover any more",
			"ref", en.name, "from", in.From, "to", in.To, "at", in.At.Format(time.RFC3339))
	}
	next, wake := rules.Retire(r.file.Rules, en.mem, now)
	en.mem, en.unsaved = next, true
	r.a.index(en)
	if err := en.save(r.a.work, r.a.Store); err != nil {
		r.fail(err, 0)
		return
	}
	r.a.wakeAt(en, wake, now)
	r.deliver(nil)
	if en.mem.Empty() && len(en.waiters) == 0 {
		r.a.drop(en)
	}
}

// attempt reads, decides and changes once. done is false where somebody else's change came in between
// and it is to be tried again.
func (r *round) attempt(conn Conn) (done, again bool) {
	en := r.en
	if c, ok := en.mem.Carry(); ok {
		return r.carryOn(conn, c)
	}
	seen, err := r.observe(conn)
	if err != nil {
		if unsaved := en.save(r.a.work, r.a.Store); unsaved != nil {
			r.fail(errors.Join(err, unsaved), comeback(err))
			return true, false
		}
		r.refuse(err)
		return true, false
	}
	en.ready = &seen.Ready
	now := r.a.Now()
	out := rules.Decide(r.target, en.mem, seen, now)
	en.mem, en.unsaved = out.Next, en.unsaved || out.Changed
	r.a.index(en)
	if err := r.prepare(conn, &out); err != nil {
		if out.Change != nil {
			en.mem = rules.NotApplied(en.mem) // nothing was stored of it, and nothing is asked of the driver
		}
		r.refuse(err)
		return true, false
	}
	if out.Settled != nil {
		out.Settled.Ref = en.name
		r.a.report(*out.Settled)
	}
	r.name(out.Decisions, seen)
	if out.Change == nil {
		r.finish(out.Decisions, out.Wake, now)
		if unscalable(seen) {
			en.refused = true
			r.a.schedule(en, r.target, now)
		}
		return true, false
	}
	return r.change(conn, *out.Change, out.Decisions)
}

// name completes decisions that came of a read.
func (r *round) name(all []engine.Decision, seen engine.Observed) {
	for i := range all {
		all[i].Ref = r.en.name
		all[i].Refused = unscalable(seen) && all[i].Verdict == engine.Rejected
	}
}

func (r *round) observe(conn Conn) (seen engine.Observed, err error) {
	err = r.call(conn, "observe", func(ctx context.Context) (err error) {
		seen, err = conn.Driver.Observe(ctx, r.en.ref)
		return err
	})
	return seen, err
}

func (r *round) scale(conn Conn, c engine.Change) error {
	return r.call(conn, "scale", func(ctx context.Context) error { return conn.Driver.Scale(ctx, r.en.ref, c) })
}

// call makes a call to the driver, with the entry let go meanwhile.
func (r *round) call(conn Conn, operation string, do func(context.Context) error) error {
	r.en.mu.Unlock()
	defer r.en.mu.Lock()
	ctx, cancel := context.WithTimeout(r.a.work, conn.Timeout)
	defer cancel()
	start := time.Now()
	err := do(ctx)
	r.a.Metrics.requested(r.en.ref.Driver, operation, err, time.Since(start))
	return err
}

// change asks the driver for a change whose intent is stored.
func (r *round) change(conn Conn, c engine.Change, decisions []engine.Decision) (done, again bool) {
	en := r.en
	err := r.scale(conn, c)
	now := r.a.Now()
	switch {
	case err == nil:
		en.mem, en.unsaved = rules.Applied(r.target, en.mem, now), true
		if err := en.save(r.a.work, r.a.Store); err != nil {
			r.a.logStore(en, err) // the stored intent tells it too
		}
		again = en.mem.Pending(r.target, now)
		r.finish(decisions, en.mem.NextWake(r.target, now), now)
		return true, again
	case unchanged(err):
		en.mem, en.unsaved = rules.NotApplied(en.mem), true
		if errors.Is(err, ErrConflict) && r.tries < conflicts {
			return false, false
		}
		if err := en.save(r.a.work, r.a.Store); err != nil {
			r.a.logStore(en, err)
		}
	case errors.Is(err, ErrPartial):
		r.giveUp(now)
	}
	r.refuse(err)
	return true, false
}

// conclude reports decisions about a ref whose count is as last read.
func (r *round) conclude(all []engine.Decision) {
	for i := range all {
		all[i].Ref = r.en.name
		all[i].From, all[i].To = r.en.mem.Count, r.en.mem.Count
	}
	r.deliver(all)
}

// finish ends a round that came to decisions.
func (r *round) finish(all []engine.Decision, wake, now time.Time) {
	en := r.en
	en.fails, en.notTill, en.refused = 0, time.Time{}, false
	r.deliver(all)
	r.a.wakeAt(en, wake, now)
}

// deliver reports the decisions and hands them to those who wait. Where there is none, each is told what
// its notification came to.
func (r *round) deliver(all []engine.Decision) {
	en := r.en
	if len(all) == 0 {
		for _, w := range r.waiters {
			d := en.unmoved(en.mem.Target, w.news)
			r.a.report(d)
			w.done <- []engine.Decision{d}
		}
		return
	}
	if differs := en.toldNew(all[0]); differs || len(r.waiters) > 0 {
		r.a.report(all...)
	}
	deliver(r.waiters, all)
}

// toldNew tells whether a decision of the loop differs from the one before.
func (en *entry) toldNew(d engine.Decision) bool {
	t := report{verdict: d.Verdict, rule: d.Rule}
	if d.From != nil && d.To != nil {
		t.from, t.to = *d.From, *d.To
	}
	same := t == en.told && d.Verdict != engine.Scaled && d.Verdict != engine.DryRun
	en.told = t
	return !same
}

func unscalable(o engine.Observed) bool {
	return slices.ContainsFunc(o.Conditions, func(c engine.Condition) bool { return c.Type == engine.ConditionUnscalable })
}
