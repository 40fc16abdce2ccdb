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
	low, high, count := c.Target.Min, c.Target.Max, c.Observed.Count
	up, down := c.Want.Direction == rules.Up, c.Want.Direction == rules.Down
	switch {
	case up && count > high:
		c.To, c.Why = count, append(c.Why, fmt.Sprintf("above max %d already", high))
	case down && count < low:
		c.To, c.Why = count, append(c.Why, fmt.Sprintf("below min %d already", low))
	case up && c.To > high:
		c.Why = append(c.Why, fmt.Sprintf("max %d: %d → %d", high, c.To, high))
		c.To = high
	case down && c.To < low:
		c.Why = append(c.Why, fmt.Sprintf("min %d: %d → %d", low, c.To, low))
		c.To = low
	}
	if (up || down) && c.To == count {
		return &Reason{Gate: AtBound} // which is served by that
	}
	return nil
}
