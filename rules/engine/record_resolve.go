package engine

import (
	"time"

	"alertscale/rules"
)

// resolve enters a resolve. It counts only if it did not end before what is known began.
func (r *recorder) resolve(m rules.MatchedAlert) {
	a := m.Alert
	h, remembered := r.state.alert(a.Fingerprint)
	ends := a.EndsAt
	switch {
	case ends.IsZero() && h.Phase == Resolved:
		ends = h.EndsAt
	case ends.IsZero():
		ends = r.now
	}
	next := AlertState{Phase: Resolved, StartsAt: a.StartsAt, EndsAt: ends, At: r.now, Rules: h.Rules}
	switch {
	case !remembered:
		next.NeverFired = true
		r.put(a.Fingerprint, next)
	case h.Phase == Resolved:
		r.resolveAgain(a.Fingerprint, h, next)
	case !ends.Before(h.StartsAt):
		r.resolved = append(r.resolved, h.Rules...)
		r.put(a.Fingerprint, next)
	case h.in(r.e.Group): // of an earlier firing, late: the group does not leave the alert out
		if groups := joined(h.Groups, r.e.Group); &groups[0] != &h.Groups[0] {
			h.Groups = groups
			r.put(a.Fingerprint, h)
		}
	}
}

// resolveAgain enters a further resolve: it denies what disputed the first, and may be of a later firing
// that nobody told of.
func (r *recorder) resolveAgain(fingerprint string, h, next AlertState) {
	switch {
	case next.StartsAt.After(h.EndsAt):
		next.NeverFired = h.NeverFired
		r.put(fingerprint, next)
	case len(h.DisputedBy) > 0 || next.EndsAt.After(h.EndsAt):
		h.DisputedBy, h.Until = nil, time.Time{}
		if next.EndsAt.After(h.EndsAt) {
			h.EndsAt = next.EndsAt
		}
		r.put(fingerprint, h)
	}
}
