package engine

import (
	"fmt"

	"alertscale/rules"
)

// readinessGate stops a step up while the one before is not ready, for as long as the target says.
type readinessGate struct{}

// Check implements Gate.
func (readinessGate) Check(c *Case) *Reason {
	last := c.State.Last
	if c.Target.WaitReady == 0 || c.Want.Direction != rules.Up || c.Observed.Ready || last == nil || last.To <= last.From {
		return nil
	}
	until := last.At.Add(c.Target.WaitReady)
	if !c.Now.Before(until) {
		c.Why = append(c.Why, fmt.Sprintf("the step up of %s is not ready after %s; it is waited for no longer", clock(last.At, c.Now), c.Target.WaitReady))
		return nil
	}
	return &Reason{
		Gate: NotReady, Until: until, Poll: PollSoon,
		Text: fmt.Sprintf("the step up of %s is not ready; it is waited for until %s at the most", clock(last.At, c.Now), clock(until, c.Now)),
	}
}
