package engine

import (
	"slices"
	"time"

	"alertscale/rules"
)

// apply enters that a change of the intent took place, and serves the calls that it was made for.
func (s *RefState) apply(set *rules.Set, t *rules.Target, a Attempt, now time.Time) {
	s.Last = &LastChange{At: now, From: s.Intent.From, To: a.To, Rule: a.Rule}
	count := a.To
	s.Count = &count
	s.step(t, a.To-s.Intent.From, now)
	s.armRestore(t, s.Intent.From, a.To, now)
	s.Intent = nil
	for name, ep := range s.episodes() {
		if ep.Call != nil && slices.Contains(a.Calls, ep.Call.ID) {
			s.serveOrKeep(set, t, name, ep.Call)
		}
		if ep.Cancelled != nil && slices.Contains(a.Calls, ep.Cancelled.ID) {
			next := *s.episode(name)
			next.EndServed = next.EndServed || ep.Cancelled.AtEnd
			next.Cancelled = nil
			s.setEpisode(name, &next)
		}
	}
}

// serveOrKeep serves a call of the last change, but keeps one that another won over where it asks for more than that.
func (s *RefState) serveOrKeep(set *rules.Set, t *rules.Target, name string, c *Call) {
	if t == nil {
		s.serve(name, nil, s.Last.At)
		return
	}
	rule := set.RuleFor(name, t)
	if rule != nil && c.goalMissed(rule.Action, s.Last.To) {
		return // behavior let it go a part of its way
	}
	if rule == nil || rule.Name == s.Last.Rule || c.Start == nil ||
		!rule.Action.Outstanding(*c.Start, rules.Input{Count: s.Last.To, Value: c.Value, Figure: c.Figure, Behavior: t.Behavior}) {
		s.serve(name, rule, s.Last.At)
		return
	}
	kept := *c
	kept.Preempted = true
	s.setCall(name, &kept)
}
