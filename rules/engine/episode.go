package engine

import (
	"slices"
	"time"

	"alertscale/rules"
)

func (s *RefState) newCall(now time.Time) *Call {
	s.Calls++
	return &Call{ID: s.Calls, At: now}
}

// endEpisode ends an episode by a resolve: its call is dropped, and one for the end of it opened.
func (s *RefState) endEpisode(rule *rules.Rule, name string, now time.Time) {
	ep := *s.episode(name)
	before := ep.Cancelled
	ep.Ended, ep.Cancelled, ep.Call = now, ep.Call, nil
	if rule != nil && rule.Resolved && !ep.EndServed {
		if before != nil && before.AtEnd {
			ep.Call = &Call{ID: before.ID, At: now}
		} else {
			ep.Call = s.newCall(now)
		}
		ep.Call.AtEnd, ep.Call.Value = true, ep.Value
		if _, ok := rules.Templated(rule.Action); ok && ep.Value == nil {
			ep.Call.Broken = "set: the template gave no count while the alerts fired"
		}
	}
	s.setEpisode(name, &ep)
}

// resumed returns an episode that a resolve ended, as it was before: with the call that the resolve dropped.
func (e Episode) resumed() *Episode {
	e.Ended, e.Call, e.Cancelled = time.Time{}, e.Cancelled, e.Call
	e.QuietAt, e.Ending = time.Time{}, false
	return &e
}

// resume takes the resolve of an alert back: its episodes go on where they were, with the call that
// the resolve dropped. Where there is none to go on, the alert is new. heard is when somebody last said
// that it fires.
func (s *RefState) resume(set *rules.Set, t *rules.Target, fp string, h AlertState, heard, now time.Time) {
	h.Rules = slices.DeleteFunc(slices.Clone(h.Rules), func(name string) bool { return set.RuleFor(name, t) == nil })
	fresh := len(h.Rules) > 0 && !slices.ContainsFunc(h.Rules, func(name string) bool { return s.episode(name) != nil })
	for _, name := range h.Rules {
		ep := s.episode(name)
		switch {
		case fresh && s.firing(name) == 0:
			s.setEpisode(name, s.lateEpisode(set.RuleFor(name, t), now))
		case ep == nil:
			s.setEpisode(name, &Episode{Since: now})
		case !ep.Ended.IsZero():
			s.setEpisode(name, ep.resumed())
		}
	}
	next := AlertState{Phase: Firing, StartsAt: h.StartsAt, At: heard, Rules: h.Rules, Figures: h.Figures, Labels: h.Labels, Until: h.Until}
	for _, g := range h.DisputedBy {
		next.Groups = append(next.Groups, Membership{Group: g})
	}
	s.putAlert(fp, next)
}

// lateEpisode begins an episode apart from a notification, so that a template has nothing to be
// rendered from.
func (s *RefState) lateEpisode(rule *rules.Rule, now time.Time) *Episode {
	ep := &Episode{Since: now}
	if rule.CallsAtStart() {
		ep.Call = s.newCall(now)
		if _, ok := rules.Templated(rule.Action); ok {
			ep.Call.Broken = "set: the template waits for the next notification"
		}
	}
	return ep
}

// dropEpisodes forgets episodes that have no alert left, and returns the rules whose episode was under way: those that
// ended by a resolve may resume as long as one of their alerts is remembered. A call whose template gave no count
// cannot be mended then.
func (s *RefState) dropEpisodes() (changed bool, expired []string) {
	for name, ep := range s.episodes() {
		switch {
		case !ep.Ended.IsZero():
			if ep.Call != nil && ep.Call.Broken == "" || s.counts(name).known > 0 {
				continue
			}
		case s.unresolved(name) > 0 || ep.Ending || isRestore(name):
			continue
		default:
			expired = append(expired, name)
		}
		s.dropEpisode(name)
		changed = true
	}
	return changed, expired
}

// serve closes the call of a rule; nil: the file does not have it any more.
func (s *RefState) serve(name string, rule *rules.Rule, now time.Time) {
	ep := *s.episode(name)
	atEnd := ep.Call != nil && ep.Call.AtEnd
	ep.EndServed = ep.EndServed || atEnd
	if isRestore(name) || !atEnd {
		ep.ServedAt = now // also where the rule does not repeat: another file may have it repeat
	}
	if rule != nil && rule.Repeat > 0 {
		ep.Served = ep.Call
	}
	ep.Call = nil
	s.setEpisode(name, &ep)
}

func (s *RefState) setCall(name string, c *Call) {
	ep := *s.episode(name)
	ep.Call = c
	s.setEpisode(name, &ep)
}

// latest is the latest time that clip looks at.
func (e *Episode) latest() time.Time {
	at := later(e.Since, later(e.QuietAt, e.ServedAt))
	for _, c := range [...]*Call{e.Call, e.Cancelled} {
		if c != nil {
			at = later(at, c.At)
		}
	}
	return at
}

// clip returns an episode in which what lies after now counts as now.
func (e Episode) clip(now time.Time) *Episode {
	e.Since, e.QuietAt, e.ServedAt = earlier(e.Since, now), earlier(e.QuietAt, now), earlier(e.ServedAt, now)
	e.Call, e.Cancelled = e.Call.clip(now), e.Cancelled.clip(now)
	return &e
}

func (c *Call) clip(now time.Time) *Call {
	if c == nil || !c.At.After(now) {
		return c
	}
	next := *c
	next.At = now
	return &next
}
