package engine

import (
	"encoding/json"
	"time"

	"alertscale/rules"
)

// memoryV1 is version 1 of the stored schema.
type memoryV1 struct {
	Target   string                `json:"target"`
	Alerts   map[string]alertV1    `json:"alerts"`
	Episodes map[string]*episodeV1 `json:"episodes"`
	Last     *storedChange         `json:"last"`
	Intent   *intentV1             `json:"intent"`
	Count    *int                  `json:"count"`
	Calls    uint64                `json:"calls"`
}

type alertV1 struct {
	State      AlertPhase      `json:"state"`
	StartsAt   time.Time       `json:"startsAt"`
	EndsAt     time.Time       `json:"endsAt"`
	At         time.Time       `json:"at"`
	LastAt     time.Time       `json:"lastAt"`
	Groups     []rules.GroupID `json:"groups"`
	Rules      []string        `json:"rules"`
	DisputedBy []rules.GroupID `json:"claims"`
	NeverFired bool            `json:"unheard"`
	Hook       string          `json:"hook"`
	Until      time.Time       `json:"until"`
	KnownUntil time.Time       `json:"knownUntil"`
}

type episodeV1 struct {
	Since     time.Time `json:"since"`
	Ended     time.Time `json:"ended"`
	Call      *callV1   `json:"call"`
	Cancelled *callV1   `json:"dropped"`
	Want      *int      `json:"want"`
	EndServed bool      `json:"calmed"`
}

type callV1 struct {
	ID       uint64    `json:"id"`
	At       time.Time `json:"at"`
	Resolved bool      `json:"resolved"`
	Want     *int      `json:"want"`
	Broken   string    `json:"broken"`
	Seen     *int      `json:"seen"`
	Lost     bool      `json:"lost"`
}

type intentV1 struct {
	At     time.Time       `json:"at"`
	From   int             `json:"from"`
	To     int             `json:"to"`
	Rule   string          `json:"rule"`
	Calls  []uint64        `json:"calls"`
	Before []uint64        `json:"before"`
	Plan   json.RawMessage `json:"plan"`
}

// state returns what version 1 says, in the words of this one.
func (m *memoryV1) state() *storedState {
	s := &storedState{
		Target: m.Target, Last: m.Last, Count: m.Count, Calls: m.Calls,
		Alerts: map[string]storedAlert{}, Episodes: map[string]storedEpisode{},
	}
	for fp, h := range m.Alerts {
		s.Alerts[fp] = storedAlert{
			Phase: h.State, StartsAt: h.StartsAt, EndsAt: h.EndsAt, At: h.At, LastAt: h.LastAt, Rules: h.Rules,
			Groups:     convert(h.Groups, func(g rules.GroupID) storedMember { return storedMember{Group: g} }),
			DisputedBy: h.DisputedBy, NeverFired: h.NeverFired, Hook: h.Hook, Until: h.Until, KnownUntil: h.KnownUntil,
		}
	}
	for name, ep := range m.Episodes {
		s.Episodes[name] = storedEpisode{
			Since: ep.Since, Ended: ep.Ended, Call: ep.Call.call(), Cancelled: ep.Cancelled.call(), Value: ep.Want, EndServed: ep.EndServed,
		}
	}
	if in := m.Intent; in != nil {
		s.Intent = &storedIntent{At: in.At, From: in.From, Plan: in.Plan}
		if len(in.Before) > 0 { // of earlier attempts, of which the counts were not kept
			s.Intent.Attempts = append(s.Intent.Attempts, storedAttempt{in.To, in.Rule, in.Before})
		}
		s.Intent.Attempts = append(s.Intent.Attempts, storedAttempt{in.To, in.Rule, in.Calls})
	}
	return s
}

func (c *callV1) call() *storedCall {
	if c == nil {
		return nil
	}
	return &storedCall{ID: c.ID, At: c.At, AtEnd: c.Resolved, Value: c.Want, Broken: c.Broken, Start: c.Seen, Preempted: c.Lost}
}
