package engine

import (
	"iter"
	"slices"
	"strings"
	"time"

	"alertscale/rules"
)

// alertKey is an alert's fingerprint.
type alertKey string

func (k alertKey) hash() uint64 {
	const offset, prime = 14695981039346656037, 1099511628211 // FNV-1a
	hash := uint64(offset)
	for i := range len(k) {
		hash = (hash ^ uint64(k[i])) * prime
	}
	return hash
}

// groupKey is the group of a notification; its number is a hash already.
type groupKey rules.GroupID

func (k groupKey) hash() uint64 { return uint64(k) }

// groupState is what one ref knows of one group that told of an alert of it. It is replaced, never written to.
type groupState struct {
	members fingerprints // that it told of, as firing or against a resolve
	told    fingerprints // of them those that it is not known with certainty to have left out since
	// heard is when the group last told of all members that it did not leave out before; so that a repeat of many
	// alerts is one time, not one for each.
	heard time.Time
}

func (g *groupState) latest() time.Time           { return g.heard }
func (g *groupState) due(time.Duration) time.Time { return never }

// never is after all times that matter.
var never = time.Date(lastYear+1, time.January, 1, 0, 0, 0, 0, time.UTC)

// write makes the tables ones that may be written to.
func (s *RefState) write() {
	if s.own != nil && !s.own.gone {
		return
	}
	s.own = &owner{}
	s.alerts.shards = slices.Clone(s.alerts.shards)
	s.groups.shards = slices.Clone(s.groups.shards)
	s.byRule = slices.Clone(s.byRule)
}

// alert returns a copy of what is known of an alert.
func (s *RefState) alert(fingerprint string) (AlertState, bool) {
	if h := s.alerts.get(alertKey(fingerprint)); h != nil {
		return h.alert(), true
	}
	return AlertState{}, false
}

// lookUp returns a copy of what is known of an alert; nil: nothing is.
func (s *RefState) lookUp(fingerprint string) *AlertState {
	if h, known := s.alert(fingerprint); known {
		return &h
	}
	return nil
}

// putAlert replaces what is known of an alert. The fingerprint of a new one is copied: it may be a part of the body of
// a notification.
func (s *RefState) putAlert(fingerprint string, h AlertState) {
	s.write()
	before := s.lookUp(fingerprint)
	if before == nil {
		fingerprint = strings.Clone(fingerprint)
	}
	s.alerts.put(s.own, alertKey(fingerprint), entryOf(h))
	s.count(before, &h)
	s.tell(alertKey(fingerprint), before, &h)
}

// dropAlert forgets an alert.
func (s *RefState) dropAlert(fingerprint string) {
	before := s.lookUp(fingerprint)
	if before == nil {
		return
	}
	s.write()
	s.alerts.drop(s.own, alertKey(fingerprint))
	s.count(before, nil)
	s.tell(alertKey(fingerprint), before, nil)
}

// allAlerts goes through what is known of all alerts, in no order. Meanwhile one may be put in the place of what is
// known of it; none may come or go.
func (s *RefState) allAlerts() iter.Seq2[string, AlertState] { return copies(s.alerts.all()) }

func copies(all iter.Seq2[alertKey, alertEntry]) iter.Seq2[string, AlertState] {
	return func(yield func(string, AlertState) bool) {
		for k, h := range all {
			if !yield(string(k), h.alert()) {
				return
			}
		}
	}
}

// groupIDs lists the groups that tell of an alert of the ref, in a fixed order.
func (s *RefState) groupIDs() []rules.GroupID {
	if s.groups.n == 0 {
		return nil
	}
	all := make([]rules.GroupID, 0, s.groups.n)
	for k := range s.groups.all() {
		all = append(all, rules.GroupID(k))
	}
	slices.Sort(all)
	return all
}

// group returns what is known of a group.
func (s *RefState) group(g rules.GroupID) groupState {
	if known := s.groups.get(groupKey(g)); known != nil {
		return *known
	}
	return groupState{}
}

// tell enters an alert in the groups that tell of it, in place of what it was before.
func (s *RefState) tell(k alertKey, before, after *AlertState) {
	if before != nil && after != nil && slices.Equal(before.Groups, after.Groups) && slices.Equal(before.DisputedBy, after.DisputedBy) {
		return
	}
	hash := k.hash()
	for g, certain := range after.tellers() { // first, so that a group which still tells of it is not forgotten in between
		s.tellOf(g, certain, fingerprints{1, hash})
	}
	for g, certain := range before.tellers() {
		s.tellOf(g, certain, fingerprints{-1, -hash})
	}
}

// tellers goes through the groups that told of an alert, with whether they are known to have left it out since.
func (h *AlertState) tellers() iter.Seq2[rules.GroupID, bool] {
	return func(yield func(rules.GroupID, bool) bool) {
		if h == nil {
			return
		}
		for _, m := range h.Groups {
			if m.Group != 0 && !yield(m.Group, m.Certain) {
				return
			}
		}
		for _, g := range h.DisputedBy {
			if g != 0 && !yield(g, false) {
				return
			}
		}
	}
}

func (s *RefState) tellOf(g rules.GroupID, certain bool, f fingerprints) {
	next := s.group(g)
	next.members.addAll(f)
	if !certain {
		next.told.addAll(f)
	}
	s.putGroup(g, next)
}

// putGroup replaces what is known of a group; of one that tells of nothing, nothing is.
func (s *RefState) putGroup(g rules.GroupID, next groupState) {
	s.write()
	if next.members.n == 0 {
		s.groups.drop(s.own, groupKey(g))
		return
	}
	s.groups.put(s.own, groupKey(g), &next)
}

// hearGroup notes that a group told of all members that it did not leave out before.
func (s *RefState) hearGroup(g rules.GroupID, now time.Time) {
	if next := s.group(g); next.members.n > 0 && !next.heard.Equal(now) {
		next.heard = now
		s.putGroup(g, next)
	}
}

// heardAt is when somebody last said of an alert that it fires.
func (s *RefState) heardAt(h *AlertState) time.Time {
	if h.Phase == Suspended {
		return h.LastAt
	}
	at := h.At
	if h.Phase == Firing {
		for _, m := range h.Groups {
			if g := s.groups.get(groupKey(m.Group)); g != nil && m.LeftOutAt.IsZero() {
				at = later(at, g.heard)
			}
		}
	}
	return at
}

// tellsOfAll reports whether a notification tells of everything that its group knows: that group alone then says when
// each alert of it was heard of. One that tells an old resolve of an alert which fires leaves that alert in the group,
// and says nothing of its firing.
func (s *RefState) tellsOfAll(e *rules.RefAlerts) bool {
	if e.Group == 0 || e.Event.Truncated > 0 {
		return false
	}
	return !slices.ContainsFunc(e.Alerts, func(m rules.MatchedAlert) bool {
		if !m.Alert.Resolved {
			return false
		}
		h, known := s.alert(m.Alert.Fingerprint)
		return known && h.Phase == Firing && h.knowsResolve(m.Alert) && h.in(e.Group)
	})
}
