package engine

import (
	"fmt"

	"alertscale/rules"
)

// boundsGate limits what is asked for. Inside the bounds a call is clamped. Outside them it must go towards
// them, and then it gets what it asked for and not more, clamped at the far bound.
type boundsGate struct{}

// Check implements Gate.
func (boundsGate) Check(c *Case) *Reason {
	low, high, count := c.Bounds.Min, c.Bounds.Max, c.Observed.Count
	up, down := c.Want.Direction == rules.Up, c.Want.Direction == rules.Down
	switch {
	case up && count > high:
		c.To, c.Why = count, append(c.Why, fmt.Sprintf("above %s already", c.Target.MaxText(c.State.Own())))
	case down && count < low:
		c.To, c.Why = count, append(c.Why, fmt.Sprintf("below %s already", c.Target.MinText(c.State.Own())))
	case up && c.To > high:
		c.Why = append(c.Why, fmt.Sprintf("%s: %d → %d", c.Target.MaxText(c.State.Own()), c.To, high))
		c.To = high
	case down && c.To < low:
		c.Why = append(c.Why, fmt.Sprintf("%s: %d → %d", c.Target.MinText(c.State.Own()), c.To, low))
		c.To = low
	}
	if (up || down) && c.To == count {
		return &Reason{Gate: AtBound} // which is served by that
	}
	return nil
}

// ownBoundsGate stops a call on a workload that is to say its own bounds, and does not, or not so that they can be read.
type ownBoundsGate struct{}

// Check implements Gate.
func (ownBoundsGate) Check(c *Case) *Reason {
	if c.Alone == "" {
		return nil
	}
	return &Reason{Gate: Rejected, Text: c.Alone, Once: true}
}
