package engine

import "fmt"

// pauseGate stops a call while somebody paused its target, or its ref.
type pauseGate struct{}

// Check implements Gate.
func (pauseGate) Check(c *Case) *Reason {
	if c.Target.Paused {
		return &Reason{Gate: Paused, Text: "paused: true stands in the file"}
	}
	for _, p := range c.State.policies().Pauses {
		if p.stops(c.Want.Direction, c.Now) {
			return &Reason{Gate: Paused, Until: p.Until, Text: fmt.Sprintf("paused over the API until %s", clock(p.Until, c.Now))}
		}
	}
	return nil
}
