package rules

import (
	"maps"
	"slices"
)

// resolve enters a resolve. It counts only if it ended after what is known began.
func (r *recorder) resolve(hit Hit) {
	a := hit.Alert
	h, heard := r.mem.Alerts[a.Fingerprint]
	ends := a.EndsAt
	switch {
	case ends.IsZero() && h.State == Resolved:
		ends = h.EndsAt
	case ends.IsZero():
		ends = r.now
	}
	next := Heard{State: Resolved, StartsAt: a.StartsAt, EndsAt: ends, At: r.now, Rules: h.Rules}
	switch {
	case !heard:
		next.Unheard = true
		r.set(a.Fingerprint, next)
	case h.State == Resolved:
		r.resolveAgain(a.Fingerprint, h, next)
	case ends.After(h.StartsAt):
		r.resolved = append(r.resolved, h.Rules...)
		r.set(a.Fingerprint, next)
	}
}

// resolveAgain enters a further resolve: it denies what was claimed, and may be of a later firing
// that nobody told of.
func (r *recorder) resolveAgain(fingerprint string, h, next Heard) {
	switch {
	case next.StartsAt.After(h.EndsAt):
		next.Unheard = h.Unheard
		r.set(fingerprint, next)
	case len(h.Claims) > 0 || next.EndsAt.After(h.EndsAt):
		h.Claims = nil
		if next.EndsAt.After(h.EndsAt) {
			h.EndsAt = next.EndsAt
		}
		r.set(fingerprint, h)
	}
}

// absent enters what the event's group leaves out.
func (r *recorder) absent(hits []Hit) {
	var present map[string]bool
	for fp, h := range r.mem.Alerts {
		if !slices.Contains(h.Groups, r.group) && !slices.Contains(h.Claims, r.group) {
			continue
		}
		if present == nil {
			present = make(map[string]bool, len(hits))
			for _, hit := range hits {
				present[hit.Alert.Fingerprint] = true
			}
		}
		if present[fp] {
			continue
		}
		h.Groups, h.Claims = without(h.Groups, r.group), without(h.Claims, r.group)
		if h.State == Firing && len(h.Groups) == 0 {
			h.State, h.LastAt, h.At = Suspended, h.At, r.now
		}
		r.set(fp, h)
	}
}

// end ends the episodes that have no alert left.
func (r *recorder) end() {
	for _, name := range slices.Sorted(maps.Keys(r.mem.Episodes)) {
		ep := r.mem.Episodes[name]
		if r.held[name] > 0 || !ep.Ended.IsZero() {
			continue
		}
		r.changed = true
		if !slices.Contains(r.resolved, name) {
			delete(r.mem.Episodes, name)
			continue
		}
		r.mem.endEpisode(r.target.set.rule(name, r.target), name, r.now)
		r.ended = append(r.ended, name)
	}
}
