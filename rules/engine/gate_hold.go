package engine

import (
	"fmt"
	"slices"

	"alertscale/rules"
)

// holdGate stops a call while a rule is active that blocks its direction, as one that goes up blocks those down.
type holdGate struct{}

// Check implements Gate.
func (holdGate) Check(c *Case) *Reason {
	if c.Want.Direction == rules.Stay {
		return nil
	}
	for _, r := range c.active() {
		if r == c.Rule || r.Resolved || r.DryRun {
			continue
		}
		in := rules.Input{Count: c.Observed.Count}
		if ep := c.State.episode(r.Name); ep != nil {
			in.Value = ep.Value
		}
		if !r.Action.Blocks(c.Want.Direction, in) {
			continue
		}
		reason := &Reason{Gate: Held, Text: fmt.Sprintf("held while %q is active, which goes up", r.Name)}
		if r.Action.Direction() == rules.Stay || c.Rule.Action.Direction() == rules.Stay { // depends on the count, which somebody else may change
			reason.Poll = PollMinute
		}
		return reason
	}
	return nil
}

// active lists the rules of which alerts fire, in the order of the file.
func (s *Situation) active() []*rules.Rule {
	var all []*rules.Rule
	for name, n := range s.Firing {
		if r := s.Set.RuleFor(name, s.Target); r != nil && n > 0 {
			all = append(all, r)
		}
	}
	slices.SortFunc(all, func(a, b *rules.Rule) int { return a.Index - b.Index })
	return all
}
