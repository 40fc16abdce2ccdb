package engine

import (
	"slices"

	"alertscale/rules"
)

// believes reports whether a word that a resolved alert fires, though it did not start after its resolve, is taken at
// once: it comes late enough, or with a notification that knows of a later time than the resolve.
func (r *recorder) believes(h *AlertState) bool {
	return r.now.Sub(h.At) > staleAfter || r.youngest.After(h.EndsAt)
}

// beginsEpisode reports whether a resolved alert that fires all the same has no episode to resume. One that is
// known from other rules of the ref than those that it has now is not new to these.
func (s *RefState) beginsEpisode(h *AlertState, all []*rules.Rule) bool {
	return h.NeverFired || !slices.ContainsFunc(all, func(r *rules.Rule) bool {
		return s.episode(r.Name) != nil || !slices.Contains(h.Rules, r.Name)
	})
}

// dispute enters a firing alert that did not start after its resolve.
func (r *recorder) dispute(m rules.MatchedAlert, h AlertState) {
	fp := m.Alert.Fingerprint
	r.stale = true
	believed := r.believes(&h)
	if h.NeverFired && !believed {
		return // an early word of an alert that was never heard of as firing resumes nothing
	}
	if !h.NeverFired {
		r.takeOver(&h, m.Rules)
	}
	before := h.Figures
	h.Until = h.until(m.Alert, r.set.AlertTTL, r.now)
	h.Rules, h.LastAt, h.Figures, h.Labels = namesOf(m.Rules, h.Rules), r.now, r.figuresOf(m), r.labelsOf(m)
	disputed := slices.Contains(h.DisputedBy, r.e.Group) && slices.Equal(before, h.Figures)
	if !slices.Contains(h.DisputedBy, r.e.Group) {
		h.DisputedBy = append(slices.Clone(h.DisputedBy), r.e.Group)
	}
	switch {
	case believed:
		r.state.resume(r.set, r.target, fp, h, r.now, r.now)
		r.changed = true
		for _, rule := range m.Rules {
			r.renderLate(rule, m.Alert)
		}
	case disputed:
		r.state.putAlert(fp, h)
	default:
		r.put(fp, h)
	}
}

// takeOver gives the rules that did not know a resolved alert, and now would, an episode to resume: one
// without a call.
func (r *recorder) takeOver(h *AlertState, all []*rules.Rule) {
	for _, rule := range all {
		if r.state.episode(rule.Name) == nil && !slices.Contains(h.Rules, rule.Name) {
			r.state.setEpisode(rule.Name, &Episode{Since: r.now, Ended: r.now})
			r.changed = true
		}
	}
}
