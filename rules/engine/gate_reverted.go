package engine

import (
	"fmt"
	"time"
)

// Reverts is how often in a row somebody else has set the count back after a change of ours.
type Reverts struct {
	Times int
	First time.Time // when that was found out for the first time
	Last  time.Time // and for the last
	Noted time.Time // the change of ours that was set back last
}

// The bounds by which a count counts as one that somebody sets back: three times running within a day. Each time it is
// then left alone for longer, until a change stays.
const (
	revertedTimes  = 3
	revertedWithin = 24 * time.Hour
	firstReverted  = 5 * time.Minute
	longestRevert  = 2 * time.Hour
	staysFor       = time.Hour
)

// noteReverted looks whether a count that is read for a call is that of before our last change.
func (s *RefState) noteReverted(count int, now time.Time) (changed bool) {
	if s.Last == nil || s.Last.From == s.Last.To {
		return false
	}
	r := Reverts{}
	if before := s.policies().Reverts; before != nil {
		r = *before
	}
	switch noted := r.Noted.Equal(s.Last.At); {
	case noted:
		return false
	case count == s.Last.From && now.Sub(s.Last.At) <= revertedWithin:
		if r.Times < revertedTimes && now.Sub(r.First) > revertedWithin {
			r = Reverts{First: now}
		}
		r.Times, r.Last, r.Noted = r.Times+1, now, s.Last.At
		s.changePolicies(func(p *Policies) { p.Reverts, p.Reverted = &r, p.Reverted+1 })
		return true
	case r.Times > 0 && (r.Times < revertedTimes || now.Sub(s.Last.At) >= staysFor):
		s.changePolicies(func(p *Policies) { p.Reverts = nil })
		return true
	}
	return false
}

// until is when a call may go on again.
func (r *Reverts) until() time.Time {
	if r == nil || r.Times < revertedTimes {
		return time.Time{}
	}
	return r.Last.Add(min(firstReverted<<min(r.Times-revertedTimes, 10), longestRevert))
}

// revertedGate stops a call for a while where somebody else sets the count back after each of our changes.
type revertedGate struct{}

// Check implements Gate.
func (revertedGate) Check(c *Case) *Reason {
	until := c.State.policies().Reverts.until()
	if !c.Now.Before(until) {
		return nil
	}
	return &Reason{Gate: Reverted, Until: until, Text: fmt.Sprintf(
		"somebody else set the count back after each of our last %d changes, as a GitOps controller does: left alone until %s",
		c.State.policies().Reverts.Times, clock(until, c.Now))}
}
