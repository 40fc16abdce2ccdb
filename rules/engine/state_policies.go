package engine

import (
	"time"

	"alertscale/rules"
)

// policies returns a copy of what is remembered for policies.
func (s *RefState) policies() Policies {
	if s.Policies == nil {
		return Policies{}
	}
	return *s.Policies
}

// changePolicies replaces what is remembered for policies; where nothing is left, by nothing.
func (s *RefState) changePolicies(change func(*Policies)) {
	next := s.policies()
	change(&next)
	s.Policies = &next
	if len(next.Recommended)+len(next.Steps)+len(next.Pauses)+next.Reverted == 0 && next.Baseline == nil && next.Reverts == nil && next.Own == nil {
		s.Policies = nil
	}
}

// clip counts what lies after now as now: a clock was set back.
func (p *Policies) clip(now time.Time) (changed bool) {
	if p.Baseline != nil && p.Baseline.QuietAt.After(now) {
		p.Baseline, changed = &Baseline{p.Baseline.Count, now}, true
	}
	if p.Reverts != nil && p.Reverts.Last.After(now) {
		r := *p.Reverts
		r.First, r.Last, r.Noted = earlier(r.First, now), now, earlier(r.Noted, now)
		p.Reverts, changed = &r, true
	}
	return p.clipBehavior(now) || changed
}

// Pauses returns the pauses that somebody asked for.
func (s *RefState) Pauses() []Pause { return s.policies().Pauses }

// Reverted returns how many of our changes somebody else set back.
func (s *RefState) Reverted() int { return s.policies().Reverted }

// Own returns what the workload last said of its own bounds; nil: nothing, or its target does not ask for that.
func (s *RefState) Own() *rules.OwnBounds { return s.policies().Own }
