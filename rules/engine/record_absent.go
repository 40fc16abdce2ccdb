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
	var present map[string]bool
	g := r.e.Group
	for fp, h := range r.state.Alerts {
		disputes := slices.Contains(h.DisputedBy, g)
		if !disputes && !h.in(g) {
			continue
		}
		if present == nil {
			present = make(map[string]bool, len(r.e.Alerts))
			for _, m := range r.e.Alerts {
				present[m.Alert.Fingerprint] = true
			}
		}
		switch {
		case present[fp]:
		case disputes:
			h.DisputedBy = slices.DeleteFunc(slices.Clone(h.DisputedBy), func(o rules.GroupID) bool { return o == g })
			r.put(fp, h)
		default:
			r.leaveOut(fp, h)
		}
	}
}

// leaveOut notes that the group leaves out an alert that it told of.
func (r *recorder) leaveOut(fp string, h AlertState) {
	i := slices.IndexFunc(h.Groups, func(m Membership) bool { return m.Group == r.e.Group })
	was := h.Groups[i]
	now := was
	if was.LeftOutAt.IsZero() {
		now.LeftOutAt, now.Certain = r.now, r.youngest.After(h.lastHeard())
	} else {
		now.Certain = true
	}
	if now == was {
		return
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
	h.Phase, h.LastAt, h.At, h.DoubtedAt = Suspended, h.At, now, time.Time{}
}
