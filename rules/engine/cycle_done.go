package engine

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"alertscale/rules"
)

// Outcome says how a command went.
type Outcome string

// The outcomes.
const (
	Succeeded   Outcome = "success"
	Conflicted  Outcome = "conflict"  // the count, or what is stored, is another one by now; nothing was changed
	NotFound    Outcome = "not_found" // there is no such workload; nothing was changed
	Refused     Outcome = "refused"   // the API will never take this; nothing was changed
	Throttled   Outcome = "throttled" // not now; nothing was changed
	PartlyDone  Outcome = "partial"   // of a change by a plan a part may be done, and the rest is refused
	Unavailable Outcome = "error"     // nothing is known: it may have been carried out
)

// Reply is what came of a command.
type Reply struct {
	Outcome  Outcome
	Text     string          // of what went wrong: where, what, and what to do
	After    time.Duration   // for how long the server asked not to be called; zero: it did not
	Observed Observed        // of Observe
	Plan     json.RawMessage // of Plan; nil: the change takes one call
	Revision Revision        // of Save
	Record   Record          // of Load
	Lookups  []rules.Lookup  // of Ask: what is said of each
}

// Conclusion is what a reply comes to for those who wait for it.
type Conclusion struct {
	Ended      bool       // a reconciliation ended
	Decisions  []Decision // what it came to; none: each is told what its own notification came to
	Unsaved    string     // what was heard could not be stored: each who waits is told that it failed, and why
	Unreadable string     // the count could not be read, though nothing is open: why
	New        bool       // it differs from what the last one came to
}

// Done enters what came of a command that Next gave out.
func (c *Cycle) Done(cmd Command, r Reply, now time.Time) Conclusion {
	c.work()
	now = c.tick(now)
	r.Text = clip(r.Text)
	switch cmd.Kind {
	case Save:
		return c.saved(r, now)
	case Load:
		return c.read(r, now)
	case Observe:
		c.holdSave = time.Time{}
		if !cmd.Begins {
			return c.readAgainDone(r, now)
		}
		c.calling = false
		return c.keptBack(c.observed(r, now))
	case Ask:
		c.calling, c.holdSave = false, time.Time{}
		return c.answered(cmd, r, now)
	case Plan:
		c.calling, c.holdSave = false, time.Time{}
		return c.keptBack(c.planned(r, now))
	case Scale:
		c.calling = false
		return c.scaled(r, now)
	}
	return Conclusion{}
}

func (c *Cycle) saved(r Reply, now time.Time) Conclusion {
	switch r.Outcome {
	case Succeeded:
		c.stored(r.Revision)
		return c.release()
	case Conflicted:
		c.saving, c.unsaved, c.reload = false, true, true
		c.withdraw()
		if c.clashes++; c.clashes%maxClashes > 0 {
			return Conclusion{}
		}
		c.saveFailed(r.Text, now)
		return Conclusion{Ended: true, Unsaved: r.Text, New: c.savesBad == 1}
	default:
		c.saveFailed(r.Text, now)
		return Conclusion{Ended: true, Unsaved: r.Text, New: c.savesBad == 1}
	}
}

func (c *Cycle) read(r Reply, now time.Time) Conclusion {
	text := r.Text
	if r.Outcome == Succeeded {
		unkept := c.unkept || c.unkeptIn
		err := c.loaded(r.Record, now)
		switch {
		case err == nil && unkept:
			return Conclusion{Ended: true, Unsaved: c.name + ": somebody else wrote to the store; send it again", New: true}
		case err == nil:
			return Conclusion{}
		}
		text = err.Error()
	}
	c.saveFailed(text, now)
	return Conclusion{Ended: true, Unsaved: text, New: c.savesBad == 1}
}

func (c *Cycle) observed(r Reply, now time.Time) Conclusion {
	if c.target == nil {
		return Conclusion{Ended: true}
	}
	r = c.askedForBounds(r)
	if r.Outcome != Succeeded {
		return c.undone(r, now)
	}
	c.ready, c.misses = readinessOf(r.Observed.Ready), 0
	r.Observed.Conditions = slices.Clone(r.Observed.Conditions)
	for i := range r.Observed.Conditions {
		fact := &r.Observed.Conditions[i]
		fact.Text = clip(fact.Text)
		if fact.Type == ConditionOwned && c.target.OverrideOwner {
			fact.Type = ConditionNoted
		}
	}
	out := decide(c.set, c.target, c.state, r.Observed, now)
	c.alone = out.alone != ""
	c.state = out.next
	c.expiry = c.state.nextExpiry(c.set, c.target)
	if out.settled != nil {
		out.settled.Ref = c.name
		c.settledNow = append(c.settledNow, *out.settled)
	}
	for i := range out.decisions {
		out.decisions[i].Ref = c.name
		fact, stopped := r.Observed.Obstacle()
		out.decisions[i].Refused = out.decisions[i].Verdict == Rejected && stopped && fact.Type == ConditionUnscalable
	}
	if out.change == nil {
		if out.changed {
			c.saveLate(now.Add(outcomeLate))
		}
		return c.conclude(out, now)
	}
	c.unsaved = true
	c.pending = &pending{change: *out.change, decisions: out.decisions, planned: !c.plans}
	return Conclusion{}
}

// conclude ends a reconciliation that asks the driver for nothing.
func (c *Cycle) conclude(out decided, now time.Time) Conclusion {
	c.succeeded()
	c.lookAt, c.heldBack = out.until, out.held
	switch out.poll {
	case PollMinute:
		c.lookAt = soonest(c.lookAt, now.Add(lookAgain))
	case PollSoon:
		c.unready++
		c.lookAt = soonest(c.lookAt, now.Add(min(time.Second<<min(c.unready-1, 10), lastRetry)))
	}
	if out.poll != PollSoon {
		c.unready = 0
	}
	if out.again {
		c.lookAt = now
	}
	c.waitToSettle(now)
	return c.concluded(out.decisions)
}

// succeeded forgets what failed before.
func (c *Cycle) succeeded() { c.fails, c.conflicts, c.notBefore = 0, 0, time.Time{} }

// waitToSettle sets when to read what became of an intent: each minute while the attempt may still be on
// its way; then only when something else is read, until it is forgotten.
func (c *Cycle) waitToSettle(now time.Time) {
	c.settleAt = time.Time{}
	if in := c.state.Intent; in != nil && now.Before(in.At.Add(settleFor)) {
		c.settleAt = now.Add(lookAgain)
	}
}

func (c *Cycle) planned(r Reply, now time.Time) Conclusion {
	if r.Outcome == Succeeded {
		c.plan(r.Plan)
		return Conclusion{}
	}
	c.state.notApplied() // nothing is asked of the driver
	c.pending = nil
	return c.undone(r, now)
}

func (c *Cycle) scaled(r Reply, now time.Time) Conclusion {
	p := c.pending
	c.pending = nil
	if p == nil { // the ref has moved on meanwhile: a read settles what came of it
		return Conclusion{Ended: true}
	}
	if r.Outcome == Succeeded {
		return c.applied(p, now)
	}
	switch r.Outcome {
	case Conflicted, NotFound, Refused, Throttled:
		c.notDone(p, r.Outcome)
		c.saveLate(now.Add(outcomeLate))
	case PartlyDone:
		in := c.state.Intent
		if c.state.abandonPlan(now) {
			c.settledNow = append(c.settledNow, c.reported(in.last().Rule, Failed, fmt.Sprintf(
				"the rest of a change %d → %d, begun at %s, is given up: it was refused again and again; what there is counts as done",
				in.From, in.last().To, in.At.Format(time.RFC3339))))
			c.saveLate(now.Add(outcomeLate))
		}
	}
	return c.undone(r, now)
}

// notDone enters that nothing was changed. Of a plan that was begun before a part may be done: it is carried on where
// that may still succeed, else a read settles what came of it.
func (c *Cycle) notDone(p *pending, o Outcome) {
	switch {
	case c.state.Intent == nil:
	case !p.carriesOn:
		c.state.notApplied()
	case o != Throttled:
		c.state.plan(nil)
	}
}

// applied enters that a change was carried out.
func (c *Cycle) applied(p *pending, now time.Time) Conclusion {
	if c.state.Intent != nil {
		c.state = c.state.clone()
		c.state.applied(c.set, c.target, now)
		c.state.restores(c.set, c.target, now) // the way back may count from this very change
	}
	c.expiry = c.state.nextExpiry(c.set, c.target)
	c.saveLate(now.Add(outcomeLate))
	c.succeeded()
	c.unready = 0
	if c.target != nil {
		c.lookAt = c.state.nextLook(c.set, c.target, now)
	}
	for i := range p.decisions {
		p.decisions[i].Ref = c.name
	}
	return c.concluded(p.decisions)
}

// undone ends a reconciliation in which the driver did not do what was asked.
func (c *Cycle) undone(r Reply, now time.Time) Conclusion {
	switch {
	case c.target == nil: // the file does not have the ref any more
		return Conclusion{Ended: true}
	case r.Outcome == Conflicted && c.conflicts < maxConflicts-1:
		c.conflicts++
		c.stirred = true
		return Conclusion{}
	case r.Outcome == NotFound && !c.missed(now):
		return c.notFound(r.Text, now)
	case r.Outcome == Refused:
		return c.forbidden(r.Text, now)
	}
	return c.failed(r, now)
}

// retryBack is after how long a step of the way back is tried again that was forbidden: it may be that nobody ever
// notifies of the ref again.
const retryBack = 10 * time.Minute

// forbidden ends a reconciliation on what the API does not take.
func (c *Cycle) forbidden(why string, now time.Time) Conclusion {
	r := c.refused(why, now)
	if ep := c.state.episode(rules.RestoreRule); ep != nil && ep.Call != nil {
		c.lookAt = now.Add(retryBack)
	}
	return r
}

// refused ends a reconciliation on what will not be tried again before something is heard.
func (c *Cycle) refused(why string, now time.Time) Conclusion {
	c.succeeded()
	c.lookAt = time.Time{}
	c.waitToSettle(now)
	return c.stopped(Rejected, why)
}

// failed ends a reconciliation on what will be tried again.
func (c *Cycle) failed(r Reply, now time.Time) Conclusion {
	c.fails++
	c.conflicts = 0
	delay := c.delay(c.fails)
	if after := min(r.After, longestAfter); after > 0 {
		c.notBefore = now.Add(after)
		delay = max(delay, after)
	}
	c.lookAt = now.Add(delay)
	if c.state.Intent != nil {
		c.settleAt = c.lookAt
	}
	return c.stopped(Failed, r.Text)
}

// stopped is the conclusion where the first of the open calls, and with it the others, got no further.
func (c *Cycle) stopped(v Verdict, why string) Conclusion {
	d, open := c.state.undecided(c.set, c.target, v, why)
	d.Ref, d.Refused = c.name, v == Rejected
	if open {
		return c.concluded([]Decision{d})
	}
	if in := c.state.Intent; in != nil {
		d.Rule = in.last().Rule
		return c.concluded([]Decision{d})
	}
	return Conclusion{Ended: true, Unreadable: why, New: c.isNew(&d)}
}

// concluded ends a reconciliation with what it came to.
func (c *Cycle) concluded(all []Decision) Conclusion {
	r := Conclusion{Ended: true, Decisions: all}
	if len(all) > 0 {
		r.New = c.isNew(&all[0])
	}
	return r
}
