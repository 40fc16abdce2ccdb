package engine

import (
	"time"

	"alertscale/rules"
)

// enterBounds takes over what a workload says of its own bounds, and returns why it is left alone; empty: it is not.
func (s *RefState) enterBounds(t *rules.Target, said rules.BoundsSaid) (alone string) {
	own, err := t.OwnBoundsOf(said)
	if own != s.Own() {
		s.changePolicies(func(p *Policies) { p.Own = own })
	}
	if err != nil {
		return clip(err.Error())
	}
	return ""
}

// askedTooSoon reports whether a read was begun on a file by which the workload was not to say its own bounds, and it is by now.
func (c *Cycle) askedTooSoon(said rules.BoundsSaid) bool {
	return c.target.WorkloadBounds && !said.Asked
}

// askedForBounds returns what came of a read; where that knows nothing of bounds that are wanted by now, that it is to be made
// again.
func (c *Cycle) askedForBounds(r Reply) Reply {
	if r.Outcome == Succeeded && c.askedTooSoon(r.Observed.Bounds) {
		return Reply{Outcome: Conflicted, Text: c.name + ": it was not asked for its own bounds"}
	}
	return r
}

// enterBounds takes over what a read says that nothing asked for. A workload that was left alone and says its bounds now is
// looked at.
func (c *Cycle) enterBounds(said rules.BoundsSaid, now time.Time) {
	if c.askedTooSoon(said) {
		return
	}
	before := c.alone
	c.alone = c.state.enterBounds(c.target, said) != ""
	if before && !c.alone {
		c.lookSoon(now)
	}
}

// aloneFor is for how long after a read a repeat is no reason to read a workload again that is left alone.
const aloneFor = 10 * time.Minute

// staysAlone reports whether a repeat is no reason for a look: the workload was left alone a short while ago, and what
// is open waits for that to change, which is noticed when the count is read again.
func (c *Cycle) staysAlone(now time.Time) bool {
	return c.alone && c.state.Intent == nil && now.Before(c.state.ReadAt.Add(aloneFor))
}

// Bounds returns the bounds of the ref: the target's, and within them what the workload last said of its own.
func (c *Cycle) Bounds() rules.Bounds {
	if c.target == nil {
		return rules.Bounds{}
	}
	return c.target.BoundsWith(c.state.Own())
}

// LeftAlone reports whether the workload is left alone, as it is to say its own bounds, and did not when it was last read.
func (c *Cycle) LeftAlone() bool { return c.alone && c.target != nil && c.target.WorkloadBounds }
