package engine

import (
	"slices"
	"time"

	"alertscale/rules"
)

// syncEvery is how often a HorizontalPodAutoscaler looks. In a gap between looks that is longer, without an open call, the
// present count was recommended.
const syncEvery = 15 * time.Second

// maxRecommended is how many recommendations, and how many steps, are remembered.
const maxRecommended = 256

// fillGap notes that nothing but the present count was asked for until the calls that compete were made.
func (d *decider) fillGap(all []*Case) {
	if d.target.Behavior == nil {
		return
	}
	var since time.Time
	for _, c := range all {
		if c.competes() {
			since = soonest(since, c.Call.At)
		}
	}
	before := d.next.policies().Recommended
	if n := len(before); since.IsZero() || n > 0 && !since.After(before[n-1].At.Add(syncEvery)) {
		return
	}
	d.recommend(d.observed.Count, since)
}

// recommend notes what was asked for.
func (d *decider) recommend(count int, at time.Time) {
	d.changed = d.next.recommend(d.target, Recommendation{at, count}, d.now) || d.changed
}

// recommend notes what was asked for, and reports whether that is to be known.
func (s *RefState) recommend(t *rules.Target, r Recommendation, now time.Time) bool {
	b := t.Behavior
	if b == nil {
		return false
	}
	horizon := now.Add(-max(b.Up.Window, b.Down.Window))
	s.changePolicies(func(p *Policies) { p.Recommended = pruned(append(slices.Clone(p.Recommended), r), horizon) })
	return true
}

// pruned leaves out what no window can be decided by any more: what is older than the horizon, and what is neither higher
// nor lower than all that came after it.
func pruned(all []Recommendation, horizon time.Time) []Recommendation {
	var kept []Recommendation
	for i := len(all) - 1; i >= 0 && len(kept) < maxRecommended; i-- {
		r := all[i]
		lower := slices.ContainsFunc(kept, func(k Recommendation) bool { return k.Count <= r.Count })
		higher := slices.ContainsFunc(kept, func(k Recommendation) bool { return k.Count >= r.Count })
		if r.At.After(horizon) && !(lower && higher) {
			kept = append(kept, r)
		}
	}
	slices.Reverse(kept)
	return kept
}

// step notes by how much a change moved the count.
func (s *RefState) step(t *rules.Target, by int, now time.Time) {
	if t == nil || t.Behavior == nil {
		return
	}
	var longest time.Duration
	for _, p := range slices.Concat(t.Behavior.Up.Policies, t.Behavior.Down.Policies) {
		longest = max(longest, p.Period)
	}
	kept := slices.DeleteFunc(slices.Clone(s.policies().Steps), func(c CountStep) bool { return !c.At.Add(longest).After(now) })
	kept = append(kept, CountStep{now, by})
	s.changePolicies(func(p *Policies) { p.Steps = kept[max(0, len(kept)-maxRecommended):] })
}

// forgetBehavior drops what is remembered for a behavior that the target does not have.
func (s *RefState) forgetBehavior(t *rules.Target) {
	if t == nil || t.Behavior == nil {
		s.changePolicies(func(p *Policies) { p.Recommended, p.Steps = nil, nil })
	}
}

// goal is how far a step of which a part is done goes in all, from the count at which it began, by the file that there is
// now. False: there is no such part, or it was done the other way.
func (c *Call) goal(a rules.Action) (int, bool) {
	d := a.Direction()
	if c.Goal == nil || c.Start == nil || d == rules.Stay || rules.DirectionOf(*c.Start, *c.Goal) != d {
		return 0, false
	}
	return a.Want(rules.Input{Count: *c.Start, Value: c.Value}).Count, true
}

// goalMissed reports whether the count did not get as far as a call wants it in all.
func (c *Call) goalMissed(a rules.Action, count int) bool {
	if goal, begun := c.goal(a); begun {
		return rules.DirectionOf(count, goal) == a.Direction()
	}
	if c.Goal == nil || c.Start == nil || a.Direction() != rules.Stay {
		return false
	}
	return rules.DirectionOf(count, *c.Goal) == rules.DirectionOf(*c.Start, *c.Goal)
}

// clipBehavior counts what lies after now as now: a clock was set back.
func (p *Policies) clipBehavior(now time.Time) (changed bool) {
	if n := len(p.Recommended); n > 0 && p.Recommended[n-1].At.After(now) {
		p.Recommended, changed = slices.Clone(p.Recommended), true
		for i := range p.Recommended {
			p.Recommended[i].At = earlier(p.Recommended[i].At, now)
		}
	}
	if n := len(p.Steps); n > 0 && p.Steps[n-1].At.After(now) {
		p.Steps, changed = slices.Clone(p.Steps), true
		for i := range p.Steps {
			p.Steps[i].At = earlier(p.Steps[i].At, now)
		}
	}
	return changed
}
