package rules

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Quiet tells whether a touch brings nothing new: every alert that fires is known to fire, by this
// group too, every resolve is known, and the group leaves nothing out. Most notifications are such
// repeats; they need no Record, nothing read and nothing stored.
func (m *Memory) Quiet(touch *Touch, e *Event, group GroupID) bool {
	if m.Target != touch.Target.Name {
		return false
	}
	var firing set
	for i := range touch.Hits {
		hit := &touch.Hits[i]
		h, heard := m.Alerts[hit.Alert.Fingerprint]
		if !heard || len(h.Claims) > 0 {
			return false
		}
		if h.Hook != "" {
			if h.knows(hit.Alert) && !m.unrendered(hit.Rules) {
				continue
			}
			return false
		}
		if hit.Alert.Resolved {
			if !h.knowsResolve(hit.Alert) {
				return false
			}
			if slices.Contains(h.Groups, group) {
				firing.add(hit.Alert.Fingerprint) // it is too old to count, and the group does not leave the alert out
			}
			continue
		}
		firing.add(hit.Alert.Fingerprint)
		if h.State != Firing || hit.Alert.StartsAt.After(h.StartsAt) || !slices.Contains(h.Groups, group) ||
			!slices.EqualFunc(hit.Rules, h.Rules, func(r *Rule, name string) bool { return r.Name == name }) ||
			m.unrendered(hit.Rules) {
			return false
		}
	}
	return group == 0 || e.Truncated > 0 || m.told(group) == firing
}

// knowsResolve tells whether a resolve says nothing new.
func (h *Heard) knowsResolve(a *Alert) bool {
	if h.State != Resolved {
		return !a.EndsAt.IsZero() && !a.EndsAt.After(h.StartsAt)
	}
	return !a.EndsAt.After(h.EndsAt) && !a.StartsAt.After(h.EndsAt)
}

// unrendered tells whether the template of a rule has given no count so far.
func (m *Memory) unrendered(rs []*Rule) bool {
	return slices.ContainsFunc(rs, func(r *Rule) bool {
		if !r.Action.templated() {
			return false
		}
		ep := m.Episodes[r.Name]
		return ep == nil || ep.Want == nil
	})
}

// set stands for some fingerprints, whatever their order: how many they are, and the sum of their hashes,
// so that one that stands twice is not taken for two.
type set struct {
	n   int
	sum uint64
}

func (s *set) add(fingerprint string) {
	const offset, prime = 14695981039346656037, 1099511628211 // FNV-1a
	hash := uint64(offset)
	for i := range len(fingerprint) {
		hash = (hash ^ uint64(fingerprint[i])) * prime
	}
	s.n++
	s.sum += hash
}

// told returns the alerts that a group told of, as firing or against a resolve.
func (m *Memory) told(group GroupID) set {
	var s set
	for fp, h := range m.Alerts {
		if slices.Contains(h.Groups, group) || slices.Contains(h.Claims, group) {
			s.add(fp)
		}
	}
	return s
}

// Hear notes when the alerts of a quiet touch were heard of. It writes in place.
func (m *Memory) Hear(touch *Touch, now time.Time) {
	for i := range touch.Hits {
		if a := touch.Hits[i].Alert; !a.Resolved {
			h := m.Alerts[a.Fingerprint]
			h.At = now
			m.Alerts[strings.Clone(a.Fingerprint)] = h // the map takes the key over, too
		}
	}
}

// Repeat is the decision for a quiet touch of a ref that nothing is open for.
func (m *Memory) Repeat(touch *Touch, ref string) Decision {
	first := &touch.Hits[0]
	why := repeatWhy
	if m.Alerts[first.Alert.Fingerprint].Hook != "" {
		why = repeatedKeyWhy
	}
	return Decision{
		Ref: ref, Target: touch.Target.Name, Rule: first.Rules[0].Name, Verdict: Duplicate, From: m.Count, To: m.Count, Why: why,
	}
}

var (
	repeatWhy      = []string{"nothing new: every alert of this notification was heard of before"}
	repeatedKeyWhy = []string{"nothing new: a POST with this Idempotency-Key came before"}
)

// Groups lists the groups that tell of an alert of the ref, in a fixed order.
func (m *Memory) Groups() []GroupID {
	all := map[GroupID]struct{}{}
	for _, h := range m.Alerts {
		for _, groups := range [...][]GroupID{h.Groups, h.Claims} {
			for _, g := range groups {
				all[g] = struct{}{}
			}
		}
	}
	delete(all, 0)
	return slices.Sorted(maps.Keys(all))
}
