package engine

import (
	"fmt"
	"slices"
	"time"

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
		if r == c.Rule || r.Resolved || r.DryRun || !r.Action.Blocks(c.Want.Direction, c.State.input(r.Name, c.Target, c.Observed.Count)) {
			continue
		}
		if until, mute := c.holdsUntil(r); !mute {
			return c.heldBy(r, until)
		}
	}
	return nil
}

// holdsUntil is when the clock ends what an active rule holds; zero: it does not. A rule whose action is to hold does not
// where it is mute.
func (c *Case) holdsUntil(r *rules.Rule) (until time.Time, mute bool) {
	if c.Firing[r.Name] == 0 {
		until = c.State.episode(r.Name).quietUntil(r)
	}
	if !rules.Holds(r.Action) {
		return until, false
	}
	why, changes := r.Muted(c.Now)
	return soonest(until, changes), why != ""
}

// heldBy is why a call waits for a rule.
func (c *Case) heldBy(r *rules.Rule, until time.Time) *Reason {
	reason := &Reason{Gate: Held, Until: until, Text: fmt.Sprintf("held while %q is active, which goes up", r.Name)}
	switch {
	case rules.Holds(r.Action):
		reason.Text = fmt.Sprintf("held by %q", r.Name)
	case r.Action.Direction() == rules.Stay || c.Rule.Action.Direction() == rules.Stay: // depends on the count, which somebody else may change
		reason.Poll = PollMinute
	}
	return reason
}

// active lists the rules of which alerts fire, or whose episode is kept though none does, in the order of the file.
func (s *Situation) active() []*rules.Rule {
	var all []*rules.Rule
	for name, ep := range s.State.episodes() {
		if r := s.Set.RuleFor(name, s.Target); r != nil && (s.Firing[name] > 0 || s.Now.Before(ep.quietUntil(r))) {
			all = append(all, r)
		}
	}
	slices.SortFunc(all, func(a, b *rules.Rule) int { return a.Index - b.Index })
	return all
}
