package engine

import (
	"time"

	"alertscale/rules"
)

// Baseline is where a ref goes back to after steps up.
type Baseline struct {
	Count   int       // before the first step up
	QuietAt time.Time // since when no rule that goes up is active, and no step up was made; zero: one is
}

// armRestore notes where to go back to from a step up of ours.
func (s *RefState) armRestore(t *rules.Target, from, to int, now time.Time) {
	if t == nil || t.Restore == nil || to <= from {
		return
	}
	b := Baseline{Count: from} // also where the file gives one: another file may not
	if armed := s.policies().Baseline; armed != nil {
		b = *armed
	}
	if !b.QuietAt.IsZero() {
		b.QuietAt = now
	}
	s.changePolicies(func(p *Policies) { p.Baseline = &b })
}

// restores brings what is known of the way back up to a time: it is over, it is interrupted, or a step of it is due.
func (s *RefState) restores(set *rules.Set, t *rules.Target, now time.Time) (changed bool) {
	if s.policies().Baseline == nil {
		return s.endRestore()
	}
	if t == nil || t.Restore == nil || t.DryRun || s.Count != nil && *s.Count <= s.wayBackTo(t) {
		s.changePolicies(func(p *Policies) { p.Baseline = nil })
		s.endRestore()
		return true
	}
	b := *s.policies().Baseline
	burns := s.burns(set, t, now)
	switch {
	case burns && !b.QuietAt.IsZero():
		b.QuietAt = time.Time{}
		s.endRestore()
	case !burns && b.QuietAt.IsZero():
		b.QuietAt = now
	default:
		ended := s.isPremature(t, now) && s.endRestore()
		return s.openRestore(t, now) || ended
	}
	s.changePolicies(func(p *Policies) { p.Baseline = &b })
	return true
}

// isPremature reports whether the open step of the way back would not be made now, or not to the same count: by another file.
func (s *RefState) isPremature(t *rules.Target, now time.Time) bool {
	ep := s.episode(rules.RestoreRule)
	if ep == nil || ep.Call == nil || s.Intent.isFor(ep.Call) {
		return false
	}
	return now.Before(s.policies().Baseline.QuietAt.Add(t.Restore.After)) || ep.Call.Value == nil || *ep.Call.Value != s.wayBackTo(t)
}

// goal is the count to go back to: as the file says now, else as it was before the first step up.
func (s *RefState) goal(t *rules.Target) int {
	if t.Restore.Baseline != nil {
		return *t.Restore.Baseline
	}
	return s.policies().Baseline.Count
}

// wayBackTo is the count at which the way back ends.
func (s *RefState) wayBackTo(t *rules.Target) int { return max(s.goal(t), t.BoundsWith(s.Own()).Min) }

// burns reports whether a rule that goes up is active.
func (s *RefState) burns(set *rules.Set, t *rules.Target, now time.Time) bool {
	fires, until := s.burning(set, t)
	return fires || now.Before(until)
}

// burning reports whether an alert fires of a rule that goes up; else until when such a rule is kept active though none does.
func (s *RefState) burning(set *rules.Set, t *rules.Target) (fires bool, until time.Time) {
	count := 0
	if s.Count != nil {
		count = *s.Count
	}
	for name, ep := range s.episodes() {
		r := set.RuleFor(name, t)
		if r == nil || r.DryRun || r.Resolved || rules.Holds(r.Action) || !r.Action.Blocks(rules.Down, s.input(name, t, count)) {
			continue
		}
		if s.firing(name) > 0 {
			return true, time.Time{}
		}
		until = later(until, ep.quietUntil(r))
	}
	return false, until
}

// quietAt is when no rule that goes up is kept active any more, where something waits for that; zero: it is not the clock that
// ends it.
func (s *RefState) quietAt(set *rules.Set, t *rules.Target) time.Time {
	if b := s.policies().Baseline; b == nil || t == nil || t.Restore == nil || !b.QuietAt.IsZero() {
		return time.Time{}
	}
	_, until := s.burning(set, t)
	return until
}

// restoreAt is when the next step of the way back is due; zero: none is.
func (s *RefState) restoreAt(t *rules.Target) time.Time {
	b := s.policies().Baseline
	if b == nil || t == nil || t.Restore == nil || b.QuietAt.IsZero() {
		return time.Time{}
	}
	if ep := s.episode(rules.RestoreRule); ep != nil && ep.Call != nil {
		return time.Time{}
	}
	at := b.QuietAt.Add(t.Restore.After)
	if s.Last != nil {
		at = later(at, s.Last.At.Add(t.Restore.Every))
	}
	if ep := s.episode(rules.RestoreRule); ep != nil {
		at = later(at, ep.ServedAt.Add(t.Restore.Every))
	}
	return at
}

// openRestore makes the call for the next step where it is due. It is an episode of its own, as of a rule.
func (s *RefState) openRestore(t *rules.Target, now time.Time) bool {
	at := s.restoreAt(t)
	if at.IsZero() || now.Before(at) {
		return false
	}
	goal := s.wayBackTo(t)
	call := s.newCall(now)
	call.AtEnd, call.Value = true, &goal
	s.setEpisode(rules.RestoreRule, &Episode{Since: now, Call: call})
	return true
}

// endRestore takes back what is open of the way back.
func (s *RefState) endRestore() bool {
	if s.episode(rules.RestoreRule) == nil {
		return false
	}
	s.dropEpisode(rules.RestoreRule)
	return true
}

// isRestore reports whether an episode is that of the way back, which has no alerts.
func isRestore(name string) bool { return name == rules.RestoreRule }
