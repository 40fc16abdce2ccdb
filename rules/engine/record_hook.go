package engine

import (
	"slices"
	"time"

	"alertscale/rules"
)

// knows reports whether a firing alert is one that a hook brought before: a POST of the same idempotency key.
func (h *AlertState) knows(a *rules.Alert) bool {
	return h.Hook != "" && (h.KnownUntil.IsZero() || a.StartsAt.Before(h.KnownUntil))
}

// again enters a POST that is known by its key. It stands for what the first one said: of what it says itself,
// a template that gave no value may be mended, and that is all.
func (r *recorder) again(m rules.MatchedAlert, h AlertState) {
	for _, rule := range m.Rules {
		if h.Phase == Firing && slices.Contains(h.Rules, rule.Name) {
			r.renderLate(rule, m.Alert)
		}
	}
}

// endHooked ends what the hook of the event brought before, so that its new alert begins an episode.
func (r *recorder) endHooked() {
	var fps []string
	for fp, h := range r.state.allAlerts() {
		if h.Hook == r.e.Event.Hook && h.Phase == Firing {
			fps = append(fps, fp)
		}
	}
	slices.Sort(fps)
	for _, fp := range fps {
		h, _ := r.state.alert(fp)
		r.resolved = append(r.resolved, h.Rules...)
		if r.state.forgets(&h, r.now) {
			r.state.dropAlert(fp)
		} else {
			r.put(fp, h.over(r.now))
		}
	}
}

// over returns what is remembered of a hook's alert that has ended.
func (h AlertState) over(now time.Time) AlertState {
	h.Phase, h.EndsAt, h.At, h.Groups = Resolved, now, now, nil
	return h
}

// forgets reports whether nothing is remembered of a hook's alert that ends: it has no key, or nothing came of
// it, so that whoever sends it again by its key wants it done.
func (s *RefState) forgets(h *AlertState, now time.Time) bool {
	if !now.Before(h.KnownUntil) {
		return true
	}
	return len(h.Rules) > 0 && !slices.ContainsFunc(h.Rules, func(name string) bool {
		ep := s.episode(name)
		return ep == nil || ep.Call == nil || s.unresolved(name) > 1 || s.Intent.isFor(ep.Call)
	})
}

// expireHooked ends a hook's alert whose time is over, as a resolve does.
func (s *RefState) expireHooked(set *rules.Set, t *rules.Target, fp string, now time.Time) {
	h, _ := s.alert(fp)
	if s.forgets(&h, now) {
		s.dropAlert(fp)
	} else {
		s.putAlert(fp, h.over(now))
	}
	for _, name := range h.Rules {
		if ep := s.episode(name); ep != nil && ep.Ended.IsZero() && s.firing(name) == 0 {
			s.endEpisode(set.RuleFor(name, t), name, now)
		}
	}
}

// hookDue is when a hook's alert ends, or is forgotten.
func (h *AlertState) hookDue() time.Time {
	if h.Phase == Firing {
		return h.Until
	}
	return h.KnownUntil
}

// clipHook moves the times of a hook's alert back where a clock was set back.
func (h *AlertState) clipHook(now time.Time) {
	ahead := h.StartsAt.Sub(now)
	if h.Hook == "" || ahead <= 0 {
		return
	}
	h.StartsAt, h.Until = now, h.Until.Add(-ahead)
	if !h.KnownUntil.IsZero() {
		h.KnownUntil = h.KnownUntil.Add(-ahead)
	}
}
