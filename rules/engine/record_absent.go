package engine

import (
	"slices"
	"time"

	"alertscale/rules"
)

// absentAfter is for how long a group must have left an alert out for that to be believed: a notification may be late,
// or only a part.
const absentAfter = 10 * time.Minute

// leftOut enters what the notification's group leaves out.
func (r *recorder) leftOut() {
	g := r.e.Group
	present := make(map[string]bool, len(r.e.Alerts))
	var told fingerprints
	for _, m := range r.e.Alerts {
		fp := m.Alert.Fingerprint
		if h, known := r.state.alert(fp); !present[fp] && known && h.toldBy(g) {
			told.add(fp)
		}
		present[fp] = true
	}
	if r.state.group(g).members == told {
		return // which is the rule, and spares a look at all others
	}
	for fp, h := range r.state.allAlerts() {
		switch {
		case !h.toldBy(g) || present[fp]:
		case slices.Contains(h.DisputedBy, g):
			h.DisputedBy = slices.DeleteFunc(slices.Clone(h.DisputedBy), func(o rules.GroupID) bool { return o == g })
			r.put(fp, h)
		default:
			r.leaveOut(fp, h)
		}
	}
}

// toldBy reports whether a group told of the alert, as firing or against its resolve.
func (h *AlertState) toldBy(g rules.GroupID) bool { return h.in(g) || slices.Contains(h.DisputedBy, g) }

// leaveOut notes that the group leaves out an alert that it told of.
func (r *recorder) leaveOut(fp string, h AlertState) {
	i := slices.IndexFunc(h.Groups, func(m Membership) bool { return m.Group == r.e.Group })
	was := h.Groups[i]
	now := was
	if was.LeftOutAt.IsZero() {
		now.LeftOutAt, now.Certain = r.now, r.youngest.After(r.state.heardAt(&h))
	} else {
		now.Certain = true
	}
	if now == was {
		return
	}
	if h.Phase == Firing {
		h.At = r.state.heardAt(&h) // from now on the group does not say so
	}
	h.Groups = slices.Clone(h.Groups)
	h.Groups[i] = now
	h.dropGroups(r.now)
	r.put(fp, h)
}

// dropGroups takes out the groups that are believed to have dropped the alert. When the last one has, the alert is
// suspended.
func (h *AlertState) dropGroups(now time.Time) {
	if h.Phase != Firing || !slices.ContainsFunc(h.Groups, func(m Membership) bool { return m.left(now) }) {
		return
	}
	h.Groups = slices.DeleteFunc(slices.Clone(h.Groups), func(m Membership) bool { return m.left(now) })
	if len(h.Groups) == 0 {
		h.Groups = nil
		h.suspend(now)
	}
}

func (m *Membership) left(now time.Time) bool {
	return m.Certain && !now.Before(m.LeftOutAt.Add(absentAfter))
}

func (h *AlertState) suspend(now time.Time) {
	h.Phase, h.LastAt, h.At, h.DoubtedAt, h.Until = Suspended, h.At, now, time.Time{}, time.Time{}
}
