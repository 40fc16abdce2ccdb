package engine

import (
	"slices"
	"time"

	"alertscale/rules"
)

// nextExpiry is when an alert is to be suspended, resumed or forgotten, or something else forgotten. Zero: never.
func (s *RefState) nextExpiry(set *rules.Set, t *rules.Target) time.Time {
	at := soonest(s.alerts.nextDue(set.AlertTTL), soonest(s.nextOfEpisodes(set, t), soonest(soonest(s.restoreAt(t), s.quietAt(set, t)), s.nextPauseEnd())))
	if s.Last != nil {
		at = soonest(at, s.lastForgotten(set))
	}
	at = soonest(at, s.intentForgotten(set, t))
	if !s.MissingAt.IsZero() && s.ReadAt.IsZero() {
		at = soonest(at, s.MissingAt.Add(unknownFor))
	}
	return at
}

// soonest returns the earlier of two times; zero is none.
func soonest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// nextLook is when the count is to be read for the open calls, which a look has not been taken at since something
// changed: at the end of their cooldown, else now. Zero: there is none.
func (s *RefState) nextLook(set *rules.Set, t *rules.Target, now time.Time) time.Time {
	var at time.Time
	s.eachOpen(set, t, func(r *rules.Rule, c *Call) {
		if lacksValue(r, c) {
			return // nothing but a notification mends it
		}
		due := s.cooled(t, r)
		if why, until := r.Muted(now); why != "" {
			due = later(due, until)
		}
		if due.Before(now) {
			due = now
		}
		at = soonest(at, due)
	})
	return at
}

// lacksValue reports whether the template of a rule gave no value for a call.
func lacksValue(r *rules.Rule, c *Call) bool {
	if _, ok := r.Action.(*rules.Proportional); ok {
		return c.Figure == nil
	}
	_, ok := rules.Templated(r.Action)
	return ok && c.Value == nil
}

func (s *RefState) eachOpen(set *rules.Set, t *rules.Target, do func(*rules.Rule, *Call)) {
	if !s.open() {
		return
	}
	for name, ep := range s.episodes() {
		if r := set.RuleFor(name, t); r != nil && ep.waits(s.firing(name)) {
			do(r, ep.Call)
		}
	}
}

// openForReal reports whether a call waits to be served that is no dry run's.
func (s *RefState) openForReal(set *rules.Set, t *rules.Target) (open bool) {
	s.eachOpen(set, t, func(r *rules.Rule, _ *Call) { open = open || !r.DryRun })
	return open
}

// cooled is when the cooldown of a rule's calls ends; of those which may go either way, the sooner.
func (s *RefState) cooled(t *rules.Target, r *rules.Rule) time.Time {
	if s.Last == nil {
		return time.Time{}
	}
	return s.Last.At.Add(r.CooldownOn(t, r.Action.Direction()))
}

// undecided is the decision where the count could not be read or the change not be made: of the first
// open call of the file. False: there is none.
func (s *RefState) undecided(set *rules.Set, t *rules.Target, v Verdict, why ...string) (Decision, bool) {
	var open []*rules.Rule
	s.eachOpen(set, t, func(r *rules.Rule, _ *Call) { open = append(open, r) })
	d := Decision{Target: t.Name, Verdict: v, From: s.Count, To: s.Count, Why: why}
	if len(open) == 0 {
		return d, false
	}
	first := slices.MinFunc(open, func(a, b *rules.Rule) int { return a.Index - b.Index })
	d.Rule = first.Name
	if c := s.episode(first.Name).Call; c != nil {
		d.Cause = c.Cause
	}
	return d, true
}

// pressing reports whether an open call is past its cooldown, so that it is worth a look now.
func (s *RefState) pressing(set *rules.Set, t *rules.Target, now time.Time) bool {
	at := s.nextLook(set, t, now)
	return !at.IsZero() && !at.After(now)
}
