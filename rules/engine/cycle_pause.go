package engine

import (
	"slices"
	"time"

	"alertscale/rules"
)

// Pause keeps the calls of a direction waiting until a time. It takes the place of one of the same direction. It is worth
// something once it is stored: see Stored.
func (c *Cycle) Pause(p Pause, now time.Time) {
	c.work()
	c.tick(now)
	c.state = c.state.clone()
	c.state.changePolicies(func(s *Policies) { s.Pauses = append(s.unpaused(p.Direction), p) })
	c.expiry = c.state.nextExpiry(c.set, c.target)
	c.unsaved = true
}

// Resume ends the pauses of a direction; rules.Stay: all. False: there was none.
func (c *Cycle) Resume(d rules.Direction, now time.Time) bool {
	kept := c.state.policies().unpaused(d)
	if d == rules.Stay {
		kept = nil
	}
	if len(kept) == len(c.state.policies().Pauses) {
		return false
	}
	c.work()
	c.tick(now)
	c.state = c.state.clone()
	c.state.changePolicies(func(p *Policies) { p.Pauses = kept })
	c.unsaved, c.stirred = true, true
	return true
}

// Stored reports whether the store has all that must be there before anything is scaled.
func (c *Cycle) Stored() bool { return !c.unsaved && !c.saving && !c.reload }

// unpaused returns the pauses but that of a direction.
func (p Policies) unpaused(d rules.Direction) []Pause {
	return slices.DeleteFunc(slices.Clone(p.Pauses), func(p Pause) bool { return p.Direction == d })
}

// endPauses forgets the pauses that are over.
func (s *RefState) endPauses(now time.Time) bool {
	over := func(p Pause) bool { return !now.Before(p.Until) }
	if !slices.ContainsFunc(s.policies().Pauses, over) {
		return false
	}
	s.changePolicies(func(p *Policies) { p.Pauses = slices.DeleteFunc(slices.Clone(p.Pauses), over) })
	return true
}

// nextPauseEnd is when the first pause ends; zero: there is none.
func (s *RefState) nextPauseEnd() (at time.Time) {
	for _, p := range s.policies().Pauses {
		at = soonest(at, p.Until)
	}
	return at
}
