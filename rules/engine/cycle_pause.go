package engine

import (
	"slices"
	"time"

	"alertscale/rules"
)

// Pause keeps the calls of a direction waiting until a time. It takes the place of one of the same direction. It is worth
// something once it is stored: see Stored.
func (c *Cycle) Pause(p Pause, now time.Time) {
	c.change(func(s *Policies) { s.Pauses = append(s.unpaused(p.Direction), p) }, now)
}

// Resume ends the pauses of a direction; rules.Stay: all. False: there was none.
func (c *Cycle) Resume(d rules.Direction, now time.Time) bool {
	end := func(p *Policies) { p.Pauses = p.unpaused(d) }
	if d == rules.Stay {
		end = func(p *Policies) { p.Pauses = nil }
	}
	next := c.state.policies()
	if end(&next); len(next.Pauses) == len(c.state.policies().Pauses) {
		return false
	}
	c.change(end, now)
	c.stirred = true
	return true
}

// change makes a change of the state that somebody asked for. It is made again where the store turns out to hold what
// somebody else stored.
func (c *Cycle) change(do func(*Policies), now time.Time) {
	c.work()
	c.tick(now)
	c.state = c.state.clone()
	c.state.changePolicies(do)
	c.expiry = c.state.nextExpiry(c.set, c.target)
	c.unsaved = true
	if len(c.unstored) >= maxUnstored {
		c.unkept = true
		return
	}
	c.unstored = append(c.unstored, heard{do: do, at: now})
}

// Stored reports whether the store has all that must be there before anything is scaled.
func (c *Cycle) Stored() bool { return !c.unsaved && !c.saving && !c.reload }

// unpaused returns the pauses but that of a direction.
func (p Policies) unpaused(d rules.Direction) []Pause {
	return slices.DeleteFunc(slices.Clone(p.Pauses), func(p Pause) bool { return p.Direction == d })
}

// stops reports whether a call of a direction waits.
func (p *Pause) stops(d rules.Direction, now time.Time) bool {
	return d != rules.Stay && (p.Direction == rules.Stay || p.Direction == d) && now.Before(p.Until)
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
