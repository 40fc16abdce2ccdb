package rules

import (
	"slices"
	"time"
)

// Quiet tells whether a touch brings nothing new: every alert that fires is known to fire, by this
// group too, every resolve is known, and the group leaves nothing out. Most notifications are such
// repeats; they need no Record, nothing read and nothing stored.
func (m *Memory) Quiet(touch *Touch, e *Event, group GroupID) bool {
	firing := 0
	for i := range touch.Hits {
		hit := &touch.Hits[i]
		h, heard := m.Alerts[hit.Alert.Fingerprint]
		if !heard || len(h.Claims) > 0 {
			return false
		}
		if hit.Alert.Resolved {
			if h.State != Resolved || hit.Alert.EndsAt.After(h.EndsAt) {
				return false
			}
			continue
		}
		firing++
		if h.State != Firing || hit.Alert.StartsAt.After(h.StartsAt) || !slices.Contains(h.Groups, group) ||
			!slices.EqualFunc(hit.Rules, h.Rules, func(r *Rule, name string) bool { return r.Name == name }) {
			return false
		}
	}
	return group == 0 || e.Truncated > 0 || m.told(group) == firing
}

// told counts the alerts that a group told of, as firing or against a resolve.
func (m *Memory) told(group GroupID) int {
	n := 0
	for _, h := range m.Alerts {
		if slices.Contains(h.Groups, group) || slices.Contains(h.Claims, group) {
			n++
		}
	}
	return n
}

// Hear notes when the alerts of a quiet touch were heard of. It writes in place.
func (m *Memory) Hear(touch *Touch, now time.Time) {
	for i := range touch.Hits {
		if a := touch.Hits[i].Alert; !a.Resolved {
			h := m.Alerts[a.Fingerprint]
			h.At = now
			m.Alerts[a.Fingerprint] = h
		}
	}
}

// Repeat is the decision for a quiet touch of a ref that nothing is open for.
func (m *Memory) Repeat(touch *Touch, ref string) Decision {
	return Decision{
		Ref: ref, Target: touch.Target.Name, Rule: touch.Hits[0].Rules[0].Name, Verdict: Duplicate,
		From: m.Count, To: m.Count, Why: repeatWhy,
	}
}

var repeatWhy = []string{"nothing new: every alert of this notification was heard of before"}

// Groups lists the groups that tell of an alert of the ref.
func (m *Memory) Groups() []GroupID {
	var all []GroupID
	add := func(groups []GroupID) {
		for _, g := range groups {
			if g != 0 && !slices.Contains(all, g) {
				all = append(all, g)
			}
		}
	}
	for _, h := range m.Alerts {
		add(h.Groups)
		add(h.Claims)
	}
	return all
}
