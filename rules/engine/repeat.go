package engine

import (
	"time"

	"alertscale/rules"
)

// openRepeats opens the calls of rules that repeat and whose time has come, and takes those back whose time has not come by
// the file that there is now.
func (s *RefState) openRepeats(set *rules.Set, t *rules.Target, now time.Time) (changed bool) {
	for name, ep := range s.episodes() {
		rule := set.RuleFor(name, t)
		switch due := s.repeatAt(rule, ep); {
		case !due.IsZero() && !now.Before(due):
			s.setEpisode(name, s.calledAgain(rule, ep, now))
		case ep.isEarly(rule, now) && !s.Intent.isFor(ep.Call):
			next := *ep
			next.Call, next.Served = nil, ep.Call
			s.setEpisode(name, &next)
		default:
			continue
		}
		changed = true
	}
	return changed
}

// calledAgain returns an episode with one more call.
func (s *RefState) calledAgain(rule *rules.Rule, ep *Episode, now time.Time) *Episode {
	next := *ep
	next.Call = s.newCall(now)
	next.Call.Value = ep.Value
	if ep.Served != nil {
		next.Call.Cause = ep.Served.Cause
	}
	if lacksValue(rule, next.Call) {
		next.Call.Broken = "set: the template waits for the next notification"
	}
	next.Served = nil
	return &next
}

// isEarly reports whether the open call is one that repeats, and that the rule would not make yet, or not at all.
func (e *Episode) isEarly(rule *rules.Rule, now time.Time) bool {
	if rule == nil || e.Call == nil || e.Call.AtEnd || e.ServedAt.IsZero() {
		return false
	}
	if _, follows := rule.Action.(*rules.Proportional); follows {
		return false
	}
	return rule.Repeat == 0 || now.Before(e.ServedAt.Add(rule.Repeat))
}

// repeatAt is when a rule calls again; zero: it does not. Where no call of the episode was served, as of a rule that an alert
// came to by another file, it counts from the beginning.
func (s *RefState) repeatAt(rule *rules.Rule, ep *Episode) time.Time {
	if rule == nil || rule.Repeat == 0 || ep.Call != nil || !ep.Ended.IsZero() || s.firing(rule.Name) == 0 {
		return time.Time{}
	}
	if ep.ServedAt.IsZero() {
		return ep.Since.Add(rule.Repeat)
	}
	return ep.ServedAt.Add(rule.Repeat)
}
