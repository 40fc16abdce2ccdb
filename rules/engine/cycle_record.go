package engine

import (
	"time"

	"alertscale/rules"
)

// Result is what a notification came to for a ref, before anything is read for it.
type Result struct {
	Refused  []rules.RenderError // the ref belongs to another target: nothing was recorded
	Repeat   bool                // nothing new, and nothing is open: no command comes of it
	Changed  bool                // it brought something
	Decision Decision            // what it comes to where nothing is to be done
	Sleep    time.Time           // of a repeat: when to come back at the latest; zero: as before
}

// Record enters a notification's part for this ref. Unless it is a repeat, ask Next what to do: where that is to
// sleep, Result.Decision is the answer; else what Done comes to is.
func (c *Cycle) Record(e *rules.RefAlerts, now time.Time) Result {
	now = c.tick(now)
	if len(e.Alerts) == 0 { // it leaves out what its group told of the ref
		if e.Target = c.target; e.Target == nil {
			return Result{Repeat: true}
		}
	} else if refused := c.set.Disowned(e, c.state.Target); refused != nil {
		return Result{Refused: refused}
	} else {
		c.target = e.Target
	}
	if c.isRepeat(e, now) {
		return c.refresh(e, now)
	}
	c.work()
	if !c.calling {
		c.expire(now)
	}
	rec := c.enter(e, now)
	r := Result{Changed: rec.changed, Decision: Decision{
		Ref: c.name, Target: e.Target.Name, Rule: rec.rule, Verdict: rec.verdict, From: c.state.Count, To: c.state.Count, Why: rec.why,
		Cause: rec.cause,
	}}
	switch {
	case len(e.Alerts) > 0:
		c.stirred = true
	case rec.changed:
		c.stirred = c.stirred || c.state.pressing(c.set, c.target, now)
	}
	return r
}

// isRepeat reports whether a notification brings nothing new, and nothing is due or to be stored.
func (c *Cycle) isRepeat(e *rules.RefAlerts, now time.Time) bool {
	due := c.joined || !c.expiry.IsZero() && !now.Before(c.expiry)
	return len(e.Alerts) > 0 && !due && !c.unsaved && (c.effort == nil || len(c.unstored) == 0) && c.state.isRepeat(e)
}

// refresh notes when the alerts of a repeat were heard of.
func (c *Cycle) refresh(e *rules.RefAlerts, now time.Time) Result {
	c.state.refresh(e, c.set.AlertTTL, now)
	r := Result{Decision: c.state.repeated(e, c.name)}
	if c.saveBy.IsZero() {
		c.saveLate(now.Add(heardLate))
		r.Sleep = c.saveBy
	}
	r.Repeat = !c.state.open() || c.staysAlone(now)
	c.stirred = c.stirred || !r.Repeat
	return r
}

// enter records a notification that is no repeat.
func (c *Cycle) enter(e *rules.RefAlerts, now time.Time) recorded {
	next, rec := record(c.set, c.state, e, now)
	c.state = next
	c.expiry = c.state.nextExpiry(c.set, c.target)
	c.saveAt = time.Time{}
	if !rec.changed {
		if len(e.Alerts) > 0 {
			c.saveLate(now.Add(heardLate))
		}
		return rec
	}
	c.unsaved = true
	c.askSooner(now)
	c.keep(e, now)
	return rec
}

// keep remembers a notification until it is known to be stored. One that is too large, or one too many, is not kept: who
// sent it is told that it failed, should the store turn out to hold what somebody else stored.
func (c *Cycle) keep(e *rules.RefAlerts, now time.Time) {
	if len(c.unstored) >= maxUnstored {
		c.unkept = true
		return
	}
	kept, size := e.Detach()
	if size > maxUnstoredBytes {
		c.unkept = true
		return
	}
	c.unstored = append(c.unstored, heard{e: kept, at: now})
}
