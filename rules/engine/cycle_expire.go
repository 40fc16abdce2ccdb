package engine

import (
	"fmt"
	"time"
)

// expire lets time pass, where something is due by itself, and the file be what it is now.
func (c *Cycle) expire(now time.Time) {
	joined := c.joined
	switch {
	case joined:
		c.join(now)
	case c.expiry.IsZero() || now.Before(c.expiry):
		return
	}
	next := c.state.clone()
	orphaned := joined && next.orphan(c.set)
	gone := next.expireAll(c.set, c.target, now)
	changed := gone.changed || orphaned
	if at := next.intentForgotten(c.set, c.target); !at.IsZero() && !now.Before(at) {
		in := next.Intent
		c.settledNow = append(c.settledNow, c.reported(in.last().Rule, Failed, fmt.Sprintf(
			"a change %d → %d of unknown outcome, asked for at %s, is forgotten", in.From, in.last().To, in.At.Format(time.RFC3339))))
		next.Intent, changed = nil, true
	}
	for _, rule := range gone.ended {
		c.settledNow = append(c.settledNow, c.reported(rule, Ended, "the last alert is resolved, and none has fired since for as long as the rule is kept active"))
	}
	for _, rule := range gone.forgotten {
		c.settledNow = append(c.settledNow, c.reported(rule, Ended, "the episode ends, not by a resolve: none of its alerts is known any more"))
	}
	c.state = next
	if gone.doubted {
		c.doubtful(now)
	}
	if changed {
		c.saveLate(now.Add(heardLate))
		c.lookSoon(now)
	}
	c.expiry = c.state.nextExpiry(c.set, c.target)
}

// endWayBack forgets where to go back to, as of a workload that is gone.
func (c *Cycle) endWayBack(now time.Time) {
	if c.state.policies().Baseline == nil {
		return
	}
	c.state = c.state.clone()
	c.state.changePolicies(func(p *Policies) { p.Baseline = nil })
	c.state.endRestore()
	c.expiry = c.state.nextExpiry(c.set, c.target)
	c.saveLate(now.Add(outcomeLate))
}

// lookSoon lets the open calls be looked at when their time comes.
func (c *Cycle) lookSoon(now time.Time) {
	if c.target == nil {
		return
	}
	if at := c.state.nextLook(c.set, c.target, now); at.After(now) {
		c.lookAt = soonest(c.lookAt, at)
	} else if !at.IsZero() {
		c.stirred = true
	}
}

// join brings the state up to a file that is another one than before.
func (c *Cycle) join(now time.Time) {
	c.joined = false
	if c.pending != nil { // it was decided on another file, and is not asked for so far
		c.withdraw()
		c.saveLate(now.Add(outcomeLate))
	}
	c.lookAt, c.fails, c.settleAt = time.Time{}, 0, time.Time{}
	if c.target != nil && c.set.LookupAfter > 0 && (c.state.doubts() || c.state.silenced()) {
		c.doubtful(now)
	}
	if c.target == nil {
		if in := c.state.Intent; in != nil {
			c.settledNow = append(c.settledNow, c.reported(in.last().Rule, Failed, fmt.Sprintf(
				"a change %d → %d of unknown outcome, asked for at %s, of a ref that the file does not have any more",
				in.From, in.last().To, in.At.Format(time.RFC3339))))
		}
		return
	}
	if connection := c.set.Connection(c.ref.Driver); connection != c.state.Connection {
		c.state.Connection = connection
		c.saveLate(now.Add(heardLate))
	}
	c.lookAt = c.state.nextLook(c.set, c.target, now)
	if c.state.Intent != nil {
		c.settleAt = now
	}
}

// reported is a decision that nobody waits for.
func (c *Cycle) reported(rule string, v Verdict, why string) Decision {
	return Decision{Ref: c.name, Target: c.state.Target, Rule: rule, Verdict: v, From: c.state.Count, To: c.state.Count, Why: []string{why}}
}

// Reports returns the decisions that nobody waits for and that were not returned before: changes of unknown outcome
// that were settled, episodes that ended because they were forgotten.
func (c *Cycle) Reports() []Decision {
	if c.effort == nil {
		return nil
	}
	all := c.settledNow
	c.settledNow = nil
	return all
}
