package engine

import (
	"time"

	"alertscale/rules"
)

// MoveTo returns the cycle of a ref that is this one in another spelling, with all that is known; this one forgets it.
func (c *Cycle) MoveTo(ref rules.Ref) *Cycle {
	next := NewCycle(ref, c.o)
	c.work()
	next.work()
	next.state, next.ready, next.unsaved = c.state, c.ready, true
	next.unkept = c.unkept || c.unkeptIn || len(c.unstored) > 0 // should the store turn out to hold the ref already
	c.state, c.ready, c.unsaved = RefState{}.clone(), readyUnknown, true
	c.pending, c.unstored = nil, nil
	return next
}

// Recover makes a cycle usable again after a panic while it was at work: no command is out, and what the store holds
// is what counts.
func (c *Cycle) Recover() {
	c.work()
	c.saving, c.calling, c.pending, c.held, c.holdSave = false, false, nil, nil, time.Time{}
	c.reload, c.joined = true, true
	c.again = againNot
}

// Groups lists the groups that tell of an alert of the ref, in a fixed order. The list is not to be changed.
func (c *Cycle) Groups() []rules.GroupID {
	if g := &c.state.groups; len(c.groups) != g.n || c.listed != g.keys {
		c.groups, c.listed = c.state.groupIDs(), g.keys
	}
	return c.groups
}
