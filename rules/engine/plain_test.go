package engine

import (
	"encoding/json"
	"maps"
	"strings"
	"time"

	"alertscale/rules"

	"github.com/stretchr/testify/require"
)

// plain is a state as a value that can be compared and written down.
type plain struct {
	RefState
	Alerts   map[string]AlertState
	Episodes map[string]*Episode
	HeardAt  map[rules.GroupID]time.Time
}

func (s *RefState) plain() plain {
	p := plain{RefState: *s, Alerts: map[string]AlertState{}, Episodes: maps.Collect(s.episodes()), HeardAt: map[rules.GroupID]time.Time{}}
	p.alerts, p.groups, p.byRule, p.own = table[alertKey, alertEntry]{}, table[groupKey, *groupState]{}, nil, nil
	for fp, h := range s.allAlerts() {
		p.Alerts[fp] = h
	}
	for g, h := range s.groups.all() {
		if !h.heard.IsZero() {
			p.HeardAt[rules.GroupID(g)] = h.heard
		}
	}
	return p
}

// heard is plain with the times at which the alerts were heard of, and none of groups.
func (s *RefState) heard() plain {
	p := s.plain()
	p.HeardAt = nil
	for fp, h := range p.Alerts {
		if h.Phase == Firing {
			h.At = s.heardAt(&h)
			p.Alerts[fp] = h
		}
	}
	return p
}

// with returns a state that knows of alerts.
func (s RefState) with(all map[string]AlertState) RefState {
	s = s.clone()
	for fp, h := range all {
		s.putAlert(fp, h)
	}
	return s
}

// during returns a state with episodes.
func (s RefState) during(all map[string]*Episode) RefState {
	s = s.clone()
	for rule, ep := range all {
		s.setEpisode(rule, ep)
	}
	return s
}

// known returns what is known of an alert.
func (s *RefState) known(fp string) AlertState {
	h, _ := s.alert(fp)
	return h
}

// counted checks what is counted as alerts come and go against a count of them all.
func (s *RefState) counted(t tester) {
	again := RefState{}.with(s.plain().Alerts).during(s.plain().Episodes)
	require.Equal(t, again.alerts.n, s.alerts.n)
	require.Equal(t, append([]ruleState{}, again.byRule...), append([]ruleState{}, s.byRule...))
	require.Equal(t, again.groupIDs(), s.groupIDs())
	for g, want := range again.groups.all() {
		got := s.group(rules.GroupID(g))
		require.Equal(t, []fingerprints{want.members, want.told}, []fingerprints{got.members, got.told})
	}
}

// encoded is all of a state as it is stored.
func encoded(t tester, ref rules.Ref, s *RefState) Record {
	r, _, err := encodeState(ref, s, nil)
	require.NoError(t, err)
	return r
}

// stored is the state of a cycle after it was written and read.
func stored(t tester, c *Cycle) RefState {
	r := encoded(t, c.ref, &c.state)
	if len(r.Data) == 0 {
		return c.state
	}
	_, s, _, err := decodeState(r)
	require.NoError(t, err)
	return s
}

func dump(t tester, s RefState) string {
	p := s.plain()
	text, err := json.Marshal(struct {
		State    RefState
		Alerts   map[string]AlertState
		Episodes map[string]*Episode
		HeardAt  map[rules.GroupID]time.Time
	}{p.RefState, p.Alerts, p.Episodes, p.HeardAt})
	require.NoError(t, err)
	return strings.ReplaceAll(string(text), ":[]", ":null")
}
