package engine

import (
	"fmt"
	"time"

	"alertscale/rules"
)

// cooldownGate stops a call that comes too soon after the last change.
type cooldownGate struct{}

// Check implements Gate.
func (cooldownGate) Check(c *Case) *Reason {
	if c.State.Last == nil || c.Want.Direction == rules.Stay {
		return nil
	}
	until := c.State.Last.At.Add(c.Rule.CooldownOn(c.Target, c.Want.Direction))
	if !c.Now.Before(until) {
		return nil
	}
	return &Reason{Gate: Cooling, Until: until, Text: fmt.Sprintf("cooldown %s until %s", c.Want.Direction, clock(until, c.Now))}
}

// clock writes a time for a line of why; with the date where it is not near.
func clock(t, now time.Time) string {
	t = t.In(now.Location())
	if t.Sub(now) > 12*time.Hour {
		return t.Format("2006-01-02 15:04:05")
	}
	return t.Format("15:04:05")
}
