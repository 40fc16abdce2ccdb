package engine

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// storedParts are the shards of a state that are stored as parts of its record, each by itself: those of the alerts as
// a0, a1, …, those of the groups as g0, g1, … but for those of which nothing is stored. Where there is but one shard it is in the record's data; nil: both are.
type storedParts struct {
	alerts []*shard[alertKey, alertEntry]
	groups []*shard[groupKey, *groupState]
}

// parts returns the shards that are stored as parts. From now on they are not written to: another list of them tells
// what has changed.
func (s *RefState) parts() *storedParts {
	if s.own != nil {
		s.own.gone = true
	}
	p := storedParts{s.alerts.parts(), s.groups.parts()}
	if p.alerts == nil && p.groups == nil {
		return nil
	}
	return &p
}

func (p *storedParts) ofAlerts() []*shard[alertKey, alertEntry] {
	if p == nil {
		return nil
	}
	return p.alerts
}

func (p *storedParts) ofGroups() []*shard[groupKey, *groupState] {
	if p == nil {
		return nil
	}
	return p.groups
}

func (t *table[K, V]) parts() []*shard[K, V] {
	if len(t.shards) <= 1 {
		return nil
	}
	return t.shards
}

// since returns the parts that are to be stored, or deleted, where those of base are in the store.
func (p *storedParts) since(base *storedParts) ([]Part, error) {
	alerts, err := changedParts("a", p.ofAlerts(), base.ofAlerts(), false, storedAlerts)
	if err != nil {
		return nil, err
	}
	groups, err := changedParts("g", p.ofGroups(), base.ofGroups(), true, storedGroups)
	return append(alerts, groups...), err
}

// changedParts returns the parts of now that differ from those of base. Of a shard of which nothing is stored there is no
// part, where that may be.
func changedParts[K key, V value, SK comparable, SV any](
	prefix string, now, base []*shard[K, V], mayBeNone bool, stored func(*shard[K, V]) map[SK]SV,
) ([]Part, error) {
	var parts []Part
	for i, s := range now {
		if i < len(base) && base[i] == s {
			continue
		}
		part := Part{Name: prefix + strconv.Itoa(i)}
		all := stored(s)
		switch none := mayBeNone && len(all) == 0; {
		case none && (i >= len(base) || len(stored(base[i])) == 0):
			continue
		case !none:
			var err error
			if part.Data, err = json.Marshal(all); err != nil {
				return nil, err
			}
		}
		parts = append(parts, part)
	}
	for i := len(now); i < len(base); i++ {
		parts = append(parts, Part{Name: prefix + strconv.Itoa(i)})
	}
	return parts, nil
}

func storedAlerts(s *shard[alertKey, alertEntry]) map[string]storedAlert {
	all := make(map[string]storedAlert, len(s.entries))
	for _, e := range s.entries {
		h := e.value.alert()
		all[string(e.key)] = h.stored()
	}
	return all
}

func storedGroups(s *shard[groupKey, *groupState]) map[groupKey]time.Time {
	all := make(map[groupKey]time.Time, len(s.entries))
	for _, e := range s.entries {
		if !e.value.heard.IsZero() {
			all[e.key] = e.value.heard
		}
	}
	return all
}

// takeParts takes over the alerts and groups of a record.
func (s *RefState) takeParts(o *storedState, parts []Part) error {
	byName := make(map[string][]byte, len(parts))
	for _, p := range parts {
		byName[p.Name] = p.Data
	}
	if n := len(byName); n < o.AlertParts || n > o.AlertParts+o.GroupParts {
		return fmt.Errorf("it has %d parts, not %d to %d", n, o.AlertParts, o.AlertParts+o.GroupParts)
	}
	s.write()
	s.alerts.grow(s.own, o.AlertParts)
	s.groups.grow(s.own, o.GroupParts)
	err := eachPart("a", o.AlertParts, false, o.Alerts, byName, func(i int, fp string, h storedAlert) error {
		if k := alertKey(fp); o.AlertParts > 0 && place(k.hash(), o.AlertParts) != i {
			return fmt.Errorf("alert %.100q is not of part a%d", fp, i)
		}
		s.putAlert(fp, h.alert())
		return nil
	})
	if err != nil {
		return err
	}
	err = eachPart("g", o.GroupParts, true, o.HeardAt, byName, func(_ int, g groupKey, heard time.Time) error {
		if next := s.groups.get(g); next != nil {
			s.groups.put(s.own, g, &groupState{next.members, next.told, heard})
		}
		return nil
	})
	if err == nil && (o.AlertParts > 0 && len(s.alerts.shards) != o.AlertParts || o.GroupParts > 0 && len(s.groups.shards) != o.GroupParts) {
		err = fmt.Errorf("too much is in its parts")
	}
	return err
}

// grow makes so many shards of an empty table.
func (t *table[K, V]) grow(own *owner, shards int) {
	for len(t.shards) < shards {
		t.shards = append(t.shards, &shard[K, V]{own: own})
	}
}

// eachPart goes through what is in n parts, or, where there are none, in the record itself.
func eachPart[K comparable, V any](prefix string, n int, mayBeNone bool, inline map[K]V, byName map[string][]byte, do func(part int, k K, v V) error) error {
	for i := range max(n, 1) {
		all := inline
		if n > 0 {
			all = nil
			name := prefix + strconv.Itoa(i)
			data, ok := byName[name]
			if !ok && mayBeNone {
				continue
			}
			if !ok {
				return fmt.Errorf("it has no part %s", name)
			}
			if err := json.Unmarshal(data, &all); err != nil {
				return fmt.Errorf("part %s: %w", name, err)
			}
		}
		for k, v := range all {
			if err := do(i, k, v); err != nil {
				return err
			}
		}
	}
	return nil
}
