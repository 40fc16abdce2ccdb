package engine

import (
	"slices"
	"time"

	"alertscale/rules"
)

// isRepeat reports whether a notification brings nothing new for a ref: every alert that fires is known to fire, by this
// group too, every resolve is known, and the group leaves nothing out that it did not leave out before. Most
// notifications are such repeats; they need no record, nothing read and nothing stored.
func (s *RefState) isRepeat(e *rules.RefAlerts) bool {
	if s.Target != e.Target.Name {
		return false
	}
	var told fingerprints
	for i := range e.Alerts {
		m := &e.Alerts[i]
		h, known := s.alert(m.Alert.Fingerprint)
		if !known || len(h.DisputedBy) > 0 || !h.repeats(m, e.Group) {
			return false
		}
		if !m.Alert.Resolved && (s.unrendered(m.Rules) || !h.sameFigures(m, e) || h.lacksLabels(m, e.Target)) {
			return false
		}
		if h.in(e.Group) {
			told.add(m.Alert.Fingerprint)
		}
	}
	return s.followed() && (e.Group == 0 || e.Event.Truncated > 0 || s.group(e.Group).told == told)
}

// repeats reports whether one alert of a notification says nothing new.
func (h *AlertState) repeats(m *rules.MatchedAlert, g rules.GroupID) bool {
	switch {
	case h.Hook != "":
		return h.knows(m.Alert)
	case m.Alert.Resolved:
		return h.knowsResolve(m.Alert) && !h.isLeftOut(g)
	}
	if !h.goesOn(m.Alert) && (m.Alert.IsDirect() || m.Alert.StartsAt.After(h.StartsAt)) {
		return false
	}
	return h.Phase == Firing && h.DoubtedAt.IsZero() && h.in(g) && !h.isLeftOut(g) &&
		slices.EqualFunc(m.Rules, h.Rules, func(r *rules.Rule, name string) bool { return r.Name == name })
}

// isLeftOut reports whether a group that told of the alert has left it out since.
func (h *AlertState) isLeftOut(g rules.GroupID) bool {
	return slices.ContainsFunc(h.Groups, func(m Membership) bool { return m.Group == g && !m.LeftOutAt.IsZero() })
}

// knowsResolve reports whether a resolve says nothing new.
func (h *AlertState) knowsResolve(a *rules.Alert) bool {
	if h.Phase != Resolved {
		return !a.EndsAt.IsZero() && a.EndsAt.Before(h.StartsAt)
	}
	return !a.EndsAt.After(h.EndsAt) && !a.StartsAt.After(h.EndsAt)
}

// unrendered reports whether the template of a rule has given no value so far.
func (s *RefState) unrendered(all []*rules.Rule) bool {
	return slices.ContainsFunc(all, func(r *rules.Rule) bool {
		if _, ok := rules.Templated(r.Action); !ok {
			return false
		}
		ep := s.episode(r.Name)
		return ep == nil || ep.Value == nil
	})
}

// fingerprints stands for some fingerprints, whatever their order: how many they are, and the sum of their hashes,
// so that one that is there twice is not taken for two.
type fingerprints struct {
	n   int
	sum uint64
}

func (f *fingerprints) add(fingerprint string) {
	f.addAll(fingerprints{1, alertKey(fingerprint).hash()})
}

func (f *fingerprints) addAll(o fingerprints) {
	f.n += o.n
	f.sum += o.sum
}

// refresh notes when the alerts of a repeat were heard of. It writes in place.
func (s *RefState) refresh(e *rules.RefAlerts, ttl time.Duration, now time.Time) {
	if s.tellsOfAll(e) {
		s.hearGroup(e.Group, now)
		return
	}
	for i := range e.Alerts {
		if a := e.Alerts[i].Alert; !a.Resolved {
			h, _ := s.alert(a.Fingerprint)
			h.At, h.Until = now, h.until(a, ttl, now)
			s.putAlert(a.Fingerprint, h)
		}
	}
}

// repeated is the decision for a repeat of a ref that nothing is open for.
func (s *RefState) repeated(e *rules.RefAlerts, ref string) Decision {
	first := &e.Alerts[0]
	why := repeatWhy
	if h, _ := s.alert(first.Alert.Fingerprint); h.Hook != "" {
		why = repeatedKeyWhy
	}
	return Decision{
		Ref: ref, Target: e.Target.Name, Rule: first.Rules[0].Name, Verdict: Duplicate, From: s.Count, To: s.Count, Why: why,
	}
}

var (
	repeatWhy      = []string{"nothing new: every alert of this notification was heard of before"}
	repeatedKeyWhy = []string{"nothing new: a POST with this Idempotency-Key came before"}
)
