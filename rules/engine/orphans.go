package engine

import (
	"slices"

	"alertscale/rules"
)

// What a sender said is known by the sender, so that no other one says anything of it. Where the file does not have that
// sender any more, nobody is left to end it: it becomes nobody's, known by its bare fingerprint, and belongs to
// the first sender who speaks of it. So senders can be named, renamed and taken out while alerts fire.

// orphan makes the alerts of senders that the file does not have nobody's, and reports whether there were any.
func (s *RefState) orphan(set *rules.Set) bool {
	var gone []string
	for fp := range s.allAlerts() {
		if sender, _ := rules.CutSender(fp); sender != "" && !set.Speaks(sender) {
			gone = append(gone, fp)
		}
	}
	slices.Sort(gone)
	for _, fp := range gone {
		_, bare := rules.CutSender(fp)
		s.rename(fp, bare)
	}
	return len(gone) > 0
}

// rename lets an alert be known by another fingerprint, and of no group. Where one is known by that already, what is
// left is the one that says more: a firing one, or, of two alike, one with the rules of both.
func (s *RefState) rename(from, to string) {
	h, _ := s.alert(from)
	if h.Phase == Firing {
		h.At = s.heardAt(&h)
	}
	h.Groups, h.DisputedBy = nil, nil
	if other := s.lookUp(to); other != nil {
		if other.Phase == h.Phase {
			other.Rules = slices.Compact(slices.Sorted(slices.Values(slices.Concat(h.Rules, other.Rules))))
		}
		if other.Phase.rank() >= h.Phase.rank() {
			h = *other
		}
	}
	s.putAlert(to, h)
	s.dropAlert(from)
}

// adopt gives the sender of a notification the alerts that are nobody's, where it speaks of them and may touch all rules
// that they are in.
func (r *recorder) adopt() {
	if r.e.Event.Sender == "" || r.set.Speaks("") {
		return
	}
	for _, m := range r.e.Alerts {
		_, bare := rules.CutSender(m.Alert.Fingerprint)
		h, known := r.state.alert(bare)
		if !known || !isAmong(h.Rules, m.Rules) {
			continue
		}
		r.state.rename(bare, m.Alert.Fingerprint)
		r.changed = true
	}
}

// isAmong reports whether all rules of some names are among others.
func isAmong(names []string, all []*rules.Rule) bool {
	return !slices.ContainsFunc(names, func(name string) bool {
		return !slices.ContainsFunc(all, func(r *rules.Rule) bool { return r.Name == name })
	})
}
