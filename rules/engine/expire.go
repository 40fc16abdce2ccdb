package engine

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"alertscale/rules"
)

// maxAlerts is how many alerts are remembered for a ref.
const maxAlerts = 10_000

// suspendedFor is for how long at the least a suspended alert is remembered: Alertmanager repeats for five days.
const suspendedFor = 6 * 24 * time.Hour

// unknownFor is for how long a workload that was never found is remembered.
const unknownFor = time.Hour

// expire lets time pass, and the file be what it is now. t is nil where no target of the file covers the ref: its
// episodes end then, not by a resolve; what was heard is kept for as long as it would be otherwise, so that a target
// that comes back does not act on what it knew. It reports whether anything came of it.
func (s *RefState) expire(set *rules.Set, t *rules.Target, now time.Time) bool {
	changed, _ := s.expireAll(set, t, now)
	return changed
}

// expireAll is expire, and returns the rules whose episodes ended by it, not by a resolve.
func (s *RefState) expireAll(set *rules.Set, t *rules.Target, now time.Time) (changed bool, expired []string) {
	changed = s.clip(now)
	if t != nil && s.Target != t.Name {
		s.Target, changed = t.Name, true
	}
	changed = s.dropRules(set, t) || changed
	for range 3 { // what resumes may be suspended at once
		for _, fp := range s.dueAlerts(set.AlertTTL, now) {
			s.expireAlert(set, t, fp, now)
			changed = true
		}
	}
	dropped, expired := s.dropEpisodes()
	if s.Last != nil && !now.Before(s.lastForgotten(set)) {
		s.Last, changed = nil, true
	}
	if !s.MissingAt.IsZero() && s.ReadAt.IsZero() && !now.Before(s.MissingAt.Add(unknownFor)) {
		*s = RefState{Target: s.Target, Connection: s.Connection, Alerts: map[string]AlertState{}, Episodes: map[string]*Episode{}, Calls: s.Calls}
		changed = true
	}
	return changed || dropped, expired
}

// clip counts every stored time of receipt that lies after now as now: a clock was set back.
func (s *RefState) clip(now time.Time) bool {
	changed := false
	for fp, h := range s.Alerts {
		if h.clip(now) {
			s.Alerts[fp], changed = h, true
		}
	}
	if s.Last != nil && s.Last.At.After(now) {
		last := *s.Last
		last.At = now
		s.Last, changed = &last, true
	}
	if s.Intent != nil && s.Intent.At.After(now) {
		intent := *s.Intent
		intent.At = now
		s.Intent, changed = &intent, true
	}
	if s.ReadAt.After(now) || s.MissingAt.After(now) {
		s.ReadAt, s.MissingAt = earlier(s.ReadAt, now), earlier(s.MissingAt, now)
	}
	return changed
}

func (h *AlertState) clip(now time.Time) bool {
	late := h.At.After(now) || h.LastAt.After(now) || h.Hook != "" && h.StartsAt.After(now)
	if late {
		h.At, h.LastAt = earlier(h.At, now), earlier(h.LastAt, now)
		h.clipHook(now)
	}
	if h.DoubtedAt.After(now.Add(doubtFor)) {
		h.DoubtedAt, late = now.Add(doubtFor), true
	}
	if slices.ContainsFunc(h.Groups, func(m Membership) bool { return m.LeftOutAt.After(now) }) {
		h.Groups, late = slices.Clone(h.Groups), true
		for i := range h.Groups {
			h.Groups[i].LeftOutAt = earlier(h.Groups[i].LeftOutAt, now)
		}
	}
	return late
}

func earlier(a, b time.Time) time.Time {
	if a.After(b) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// dropRules ends the episodes of rules that no longer act on this ref, and drops the calls of those that
// now act at the other end of an episode.
func (s *RefState) dropRules(set *rules.Set, t *rules.Target) bool {
	gone := func(name string) bool { return t == nil || set.RuleFor(name, t) == nil }
	changed := false
	for name, ep := range s.Episodes {
		switch {
		case gone(name):
			delete(s.Episodes, name)
			changed = true
		case ep.Call != nil && ep.Call.AtEnd != set.RuleFor(name, t).Resolved:
			next := *ep
			next.Call = nil
			s.Episodes[name], changed = &next, true
		}
	}
	if !changed {
		return false
	}
	for fp, h := range s.Alerts {
		kept := slices.DeleteFunc(slices.Clone(h.Rules), gone)
		if len(kept) < len(h.Rules) {
			h.Rules = kept
			s.Alerts[fp] = h
		}
	}
	return true
}

// dueAlerts lists the alerts that something is due for, in a fixed order.
func (s *RefState) dueAlerts(ttl time.Duration, now time.Time) []string {
	var fps []string
	for fp, h := range s.Alerts {
		if !now.Before(h.due(ttl)) {
			fps = append(fps, fp)
		}
	}
	slices.Sort(fps)
	return fps
}

// expireAlert suspends, resumes or forgets one alert that is due.
func (s *RefState) expireAlert(set *rules.Set, t *rules.Target, fp string, now time.Time) {
	h := s.Alerts[fp]
	switch {
	case h.Phase == Firing && h.Hook != "":
		s.expireHooked(set, t, fp, now)
	case h.Phase == Firing:
		h.dropGroups(now)
		if h.Phase == Firing && (!now.Before(h.At.Add(set.AlertTTL)) || h.doubted(now)) {
			h.suspend(now)
		}
		s.Alerts[fp] = h
	case h.Phase == Resolved && len(h.DisputedBy) > 0 && t == nil:
		h.DisputedBy = nil
		s.Alerts[fp] = h
	case h.Phase == Resolved && len(h.DisputedBy) > 0:
		s.resume(set, t, fp, h, h.LastAt, now)
		h = s.Alerts[fp]
		h.DoubtedAt = now.Add(doubtFor)
		s.Alerts[fp] = h
	default:
		delete(s.Alerts, fp)
	}
}

func (h *AlertState) doubted(now time.Time) bool {
	return !h.DoubtedAt.IsZero() && !now.Before(h.DoubtedAt)
}

// due is when the next thing happens to an alert that nobody speaks of.
func (h *AlertState) due(ttl time.Duration) time.Time {
	switch {
	case h.Hook != "":
		return h.hookDue()
	case h.Phase == Firing:
		due := h.At.Add(ttl)
		if !h.DoubtedAt.IsZero() {
			due = earlier(due, h.DoubtedAt)
		}
		for _, m := range h.Groups {
			if m.Certain {
				due = earlier(due, m.LeftOutAt.Add(absentAfter))
			}
		}
		return due
	case len(h.DisputedBy) > 0:
		return h.At.Add(resumeAfter)
	case h.Phase == Suspended:
		return h.At.Add(max(2*ttl, suspendedFor))
	default:
		return h.At.Add(2 * ttl)
	}
}

// lastForgotten is when the last change does not matter any more.
func (s *RefState) lastForgotten(set *rules.Set) time.Time {
	return s.Last.At.Add(max(2*set.AlertTTL, set.LongestCooldown))
}

// trim drops what is over maxAlerts: the oldest resolves first, then what was suspended, then what was
// heard of the longest ago. The last alert of a rule's episode goes after all others, since the rule would
// take it for new when it is heard of again.
func (s *RefState) trim() {
	over := len(s.Alerts) - maxAlerts
	if over <= 0 {
		return
	}
	rank := map[AlertPhase]int{Resolved: 0, Suspended: 1, Firing: 2}
	all := slices.SortedFunc(maps.Keys(s.Alerts), func(a, b string) int {
		x, y := s.Alerts[a], s.Alerts[b]
		return cmp.Or(cmp.Compare(rank[x.Phase], rank[y.Phase]), x.At.Compare(y.At), cmp.Compare(a, b))
	})
	left := s.unresolved()
	for _, fp := range all {
		h := s.Alerts[fp]
		if over == 0 || h.Phase != Resolved && slices.ContainsFunc(h.Rules, func(r string) bool { return left[r] == 1 }) {
			continue
		}
		if h.Phase != Resolved {
			for _, name := range h.Rules {
				left[name]--
			}
		}
		delete(s.Alerts, fp)
		over--
	}
	for _, fp := range all {
		if _, kept := s.Alerts[fp]; kept && over > 0 {
			delete(s.Alerts, fp)
			over--
		}
	}
}
