package engine

import (
	"slices"
	"time"

	"alertscale/rules"
)

// suspendedFor is for how long at the least a suspended alert is remembered: Alertmanager repeats for five days.
const suspendedFor = 6 * 24 * time.Hour

// unknownFor is for how long a workload that was never found is remembered.
const unknownFor = time.Hour

// expire lets time pass, and the file be what it is now. t is nil where no target of the file covers the ref: its
// episodes end then, not by a resolve; what was heard is kept for as long as it would be otherwise, so that a target
// that comes back does not act on what it knew. It reports whether anything came of it.
func (s *RefState) expire(set *rules.Set, t *rules.Target, now time.Time) bool {
	return s.expireAll(set, t, now).changed
}

// passed is what came of time that passed.
type passed struct {
	changed   bool
	forgotten []string // rules whose episode ended not by a resolve
	ended     []string // rules whose episode had been kept after a resolve
	doubted   bool     // an alert fires again, by a late word alone
}

// expireAll is expire, and returns what came of it.
func (s *RefState) expireAll(set *rules.Set, t *rules.Target, now time.Time) passed {
	changed := s.clip(set.AlertTTL, now)
	if t != nil && s.Target != t.Name {
		s.Target, changed = t.Name, true
	}
	changed = s.dropRules(set, t) || changed
	doubted := false
	for range 3 { // what resumes may be suspended at once
		for _, fp := range s.dueAlerts(set.AlertTTL, now) {
			doubted = s.expireAlert(set, t, fp, now) || doubted
			changed = true
		}
	}
	var ended []string
	if t != nil {
		s.noteQuiet(set, t, now)
		ended = s.endKept(set, t, now)
		changed = s.openRepeats(set, t, now) || changed || len(ended) > 0
	}
	changed = s.restores(set, t, now) || changed
	changed = s.endPauses(now) || changed
	dropped, forgotten := s.dropEpisodes()
	if s.Last != nil && !now.Before(s.lastForgotten(set)) {
		s.Last, changed = nil, true
	}
	if !s.MissingAt.IsZero() && s.ReadAt.IsZero() && !now.Before(s.MissingAt.Add(unknownFor)) {
		*s = RefState{Target: s.Target, Connection: s.Connection, Calls: s.Calls}
		changed = true
	}
	return passed{changed || dropped, forgotten, ended, doubted}
}

// clip counts every stored time of receipt that lies after now as now: a clock was set back.
func (s *RefState) clip(ttl time.Duration, now time.Time) bool {
	changed := false
	for fp, h := range copies(s.alerts.after(ttl, now)) {
		if h.clip(now) {
			s.putAlert(fp, h)
			changed = true
		}
	}
	for g := range s.groups.after(ttl, now) {
		s.hearGroup(rules.GroupID(g), now)
		changed = true
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
	for name, ep := range s.episodes() {
		if ep.latest().After(now) {
			s.setEpisode(name, ep.clip(now))
			changed = true
		}
	}
	if s.Policies != nil {
		s.changePolicies(func(p *Policies) { changed = p.clip(now) || changed })
	}
	if s.ReadAt.After(now) || s.MissingAt.After(now) {
		s.ReadAt, s.MissingAt = earlier(s.ReadAt, now), earlier(s.MissingAt, now)
	}
	return changed
}

// latest is the latest time that clip looks at.
func (h *AlertState) latest() time.Time {
	at := later(h.At, h.LastAt)
	if h.Hook != "" {
		at = later(at, h.StartsAt)
	}
	if !h.DoubtedAt.IsZero() {
		at = later(at, h.DoubtedAt.Add(-doubtFor))
	}
	for _, m := range h.Groups {
		at = later(at, m.LeftOutAt)
	}
	return at
}

func (h *AlertState) clip(now time.Time) bool {
	h.clipDirect(now)
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
	for name, ep := range s.episodes() {
		switch {
		case gone(name):
			s.dropEpisode(name)
			changed = true
		case ep.Call != nil && ep.Call.AtEnd != set.RuleFor(name, t).Resolved:
			next := *ep
			next.Call = nil
			s.setEpisode(name, &next)
			changed = true
		}
	}
	if !changed {
		return false
	}
	for fp, h := range s.allAlerts() {
		if slices.ContainsFunc(h.Rules, gone) {
			h.Rules = slices.DeleteFunc(slices.Clone(h.Rules), gone)
			s.putAlert(fp, h)
		}
	}
	return true
}

// dueAlerts lists the alerts that something is due for, in a fixed order.
func (s *RefState) dueAlerts(ttl time.Duration, now time.Time) []string {
	var fps []string
	for fp, h := range copies(s.alerts.dueBy(ttl, now)) {
		if at := s.heardAt(&h); h.Phase == Firing && at.After(h.At) { // as its group says: it is not due by its own time
			h.At = at
			s.putAlert(fp, h)
		}
		if !now.Before(h.due(ttl)) {
			fps = append(fps, fp)
		}
	}
	slices.Sort(fps)
	return fps
}

// expireAlert suspends, resumes or forgets one alert that is due, and reports whether it fires again by a late word alone.
func (s *RefState) expireAlert(set *rules.Set, t *rules.Target, fp string, now time.Time) (doubted bool) {
	h, _ := s.alert(fp)
	switch {
	case h.Phase == Firing && h.Hook != "":
		s.expireHooked(set, t, fp, now)
	case h.Phase == Firing:
		h.dropGroups(now)
		h.lapse(now)
		if h.Phase == Firing && (!now.Before(h.At.Add(set.AlertTTL)) || h.doubted(now)) {
			h.suspend(now)
		}
		s.putAlert(fp, h)
	case h.silenced():
		h.lapse(now)
		s.putAlert(fp, h)
	case h.Phase == Resolved && len(h.DisputedBy) > 0 && t == nil:
		h.DisputedBy = nil
		s.putAlert(fp, h)
	case h.Phase == Resolved && len(h.DisputedBy) > 0:
		s.resume(set, t, fp, h, h.LastAt, now)
		h, _ = s.alert(fp)
		h.DoubtedAt = now.Add(doubtFor)
		s.putAlert(fp, h)
		return true
	default:
		s.dropAlert(fp)
	}
	return false
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
		if !h.Until.IsZero() {
			due = earlier(due, h.Until)
		}
		for _, m := range h.Groups {
			if m.Certain {
				due = earlier(due, m.LeftOutAt.Add(absentAfter))
			}
		}
		return due
	case len(h.DisputedBy) > 0:
		return h.At.Add(resumeAfter)
	case h.silenced():
		return h.Until
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
