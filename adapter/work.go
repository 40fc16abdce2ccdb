package adapter

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"alertscale/rules"

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
	seen, err := r.observe(conn)
	if err != nil {
		if saved := en.save(r.a.work, r.a.Store); saved != nil {
			err = errors.Join(err, saved)
		}
		r.refuse(err)
		return true, false
	}
	en.ready = &seen.Ready
	before, now := en.mem, r.a.Now()
	out := rules.Decide(r.target, en.mem, seen, now)
	en.mem, en.unsaved = out.Next, en.unsaved || out.Changed
	r.a.index(en)
	if err := en.save(r.a.work, r.a.Store); err != nil {
		if out.Change != nil {
			en.mem = before // nothing was stored of the intent, and nothing is asked of the driver
		}
		r.fail(err, 0)
		return true, false
	}
	if out.Settled != nil {
		out.Settled.Ref = en.name
		r.a.report(*out.Settled)
	}
	for i := range out.Decisions {
		out.Decisions[i].Ref = en.name
	}
	if out.Change == nil {
		r.finish(out.Decisions, out.Wake, now)
		return true, false
	}
	return r.change(conn, out)
}

// observe reads the count, with the entry let go meanwhile.
func (r *round) observe(conn Conn) (seen rules.Observed, err error) {
	r.en.mu.Unlock()
	defer r.en.mu.Lock()
	ctx, cancel := context.WithTimeout(r.a.work, conn.Timeout)
	defer cancel()
	start := time.Now()
	seen, err = conn.Driver.Observe(ctx, r.en.ref)
	r.a.Metrics.requested(r.en.ref.Driver, "observe", err, time.Since(start))
	return seen, err
}

func (r *round) scale(conn Conn, c rules.Change) error {
	r.en.mu.Unlock()
	defer r.en.mu.Lock()
	ctx, cancel := context.WithTimeout(r.a.work, conn.Timeout)
	defer cancel()
	start := time.Now()
	err := conn.Driver.Scale(ctx, r.en.ref, c)
	r.a.Metrics.requested(r.en.ref.Driver, "scale", err, time.Since(start))
	return err
}

// change asks the driver for the change that was decided and whose intent is stored.
func (r *round) change(conn Conn, out rules.Outcome) (done, again bool) {
	en := r.en
	err := r.scale(conn, *out.Change)
	now := r.a.Now()
	switch {
	case err == nil:
		en.mem, en.unsaved = rules.Applied(r.target, en.mem, now), true
		if err := en.save(r.a.work, r.a.Store); err != nil {
			r.a.logStore(en, err) // the stored intent tells it too
		}
		again = en.mem.Pending(r.target, now)
		r.finish(out.Decisions, en.mem.NextWake(r.target, now), now)
		return true, again
	case unchanged(err):
		en.mem, en.unsaved = rules.NotApplied(en.mem), true
		if errors.Is(err, ErrConflict) && r.tries < conflicts {
			return false, false
		}
		if err := en.save(r.a.work, r.a.Store); err != nil {
			r.a.logStore(en, err)
		}
	}
	r.refuse(err)
	return true, false
}

// unchanged tells whether an error says that nothing was changed.
func unchanged(err error) bool {
	var busy *BusyError
	return errors.Is(err, ErrConflict) || permanent(err) || errors.As(err, &busy)
}

func permanent(err error) bool {
	return errors.Is(err, ErrNotFound) || errors.Is(err, ErrForbidden) || errors.Is(err, ErrInvalid)
}

// comeback is how long an error asks not to be tried again for.
func comeback(err error) time.Duration {
	var busy *BusyError
	var later *LaterError
	switch {
	case errors.As(err, &busy):
		return busy.After
	case errors.As(err, &later):
		return later.After
	}
	return 0
}

// refuse ends a round on a driver's error.
func (r *round) refuse(err error) {
	en := r.en
	if !permanent(err) {
		r.fail(err, comeback(err))
		return
	}
	now := r.a.Now()
	en.refused, en.fails = true, 0
	d := rules.Unread(r.target, en.mem, rules.Rejected, err.Error())
	d.Refused = true
	r.conclude([]rules.Decision{d})
	r.a.schedule(en, r.target, now)
}

// fail ends a round on what will be tried again, not before after.
func (r *round) fail(err error, after time.Duration) {
	en, now := r.en, r.a.Now()
	en.fails++
	delay := max(retryDelay(en.fails), after)
	if after > 0 {
		en.notTill = now.Add(after)
	}
	d := rules.Decision{Verdict: rules.Failed, Why: []string{err.Error()}}
	if r.target != nil {
		d = rules.Unread(r.target, en.mem, rules.Failed, err.Error())
	}
	r.conclude([]rules.Decision{d})
	at := now.Add(delay)
	if now.Before(en.notTill) && en.notTill.After(at) {
		at = en.notTill
	}
	r.a.wakes.set(en, at)
}

// The bounds of the delay before a failed ref is tried again: it doubles each time.
const (
	firstRetry = time.Second
	lastRetry  = 30 * time.Second
)

// retryDelay is exponential, with jitter down to half of it, so that what failed together does not come
// back together.
func retryDelay(fails int) time.Duration {
	d := firstRetry << min(max(fails-1, 0), 10)
	d = min(d, lastRetry)
	return d/2 + rand.N(d/2+1)
}

// conclude reports decisions about a ref whose count is as last read.
func (r *round) conclude(all []rules.Decision) {
	for i := range all {
		all[i].Ref = r.en.name
		all[i].From, all[i].To = r.en.mem.Count, r.en.mem.Count
	}
	r.deliver(all)
}

// finish ends a round that came to decisions.
func (r *round) finish(all []rules.Decision, wake, now time.Time) {
	en := r.en
	en.fails, en.notTill, en.refused = 0, time.Time{}, false
	r.deliver(all)
	r.a.wakeAt(en, wake, now)
}

// deliver reports the decisions and hands them to those who wait. Where there is none, each is told what
// its notification came to.
func (r *round) deliver(all []rules.Decision) {
	en := r.en
	if len(all) == 0 {
		for _, w := range r.waiters {
			d := en.unmoved(en.mem.Target, w.news)
			r.a.report(d)
			w.done <- []rules.Decision{d}
		}
		return
	}
	if differs := en.toldNew(all[0]); differs || len(r.waiters) > 0 {
		r.a.report(all...)
	}
	deliver(r.waiters, all)
}

// toldNew tells whether a decision of the loop differs from the one before.
func (en *entry) toldNew(d rules.Decision) bool {
	t := report{verdict: d.Verdict, rule: d.Rule}
	if d.From != nil && d.To != nil {
		t.from, t.to = *d.From, *d.To
	}
	same := t == en.told && d.Verdict != rules.Scaled && d.Verdict != rules.DryRun
	en.told = t
	return !same
}
