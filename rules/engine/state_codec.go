package engine

import (
	"encoding/json"
	"fmt"
	"time"
	"unique"

	"alertscale/rules"
)

// schemaVersion is the version of what encodeState writes. What is stored is a schema of its own, apart from the
// struct that is worked on; testdata has a file of each version.
const schemaVersion = 3

// storedRecord is what a store holds for a ref.
type storedRecord struct {
	Version int          `json:"version"`
	Ref     rules.Ref    `json:"ref"`
	State   *storedState `json:"state,omitempty"`
	Memory  *memoryV1    `json:"memory,omitempty"` // of version 1
}

type storedState struct {
	Target     string                   `json:"target,omitempty"`
	Connection string                   `json:"connection,omitempty"`
	Alerts     map[string]storedAlert   `json:"alerts,omitempty"`     // where they have no parts
	AlertParts int                      `json:"alertParts,omitempty"` // how many parts they have
	HeardAt    map[groupKey]time.Time   `json:"heardAt,omitempty"`    // of groups, where they have no parts
	GroupParts int                      `json:"groupParts,omitempty"`
	Episodes   map[string]storedEpisode `json:"episodes,omitempty"`
	Last       *storedChange            `json:"last,omitempty"`
	Intent     *storedIntent            `json:"intent,omitempty"`
	Count      *int                     `json:"count,omitempty"`
	ReadAt     time.Time                `json:"readAt,omitzero"`
	MissingAt  time.Time                `json:"missingAt,omitzero"`
	Calls      uint64                   `json:"calls,omitempty"`
	OwnMin     *int                     `json:"ownMin,omitempty"`
	OwnMax     *int                     `json:"ownMax,omitempty"`

	Recommended []storedCount `json:"recommended,omitempty"`
	Steps       []storedStep  `json:"steps,omitempty"`
	Pauses      []storedPause `json:"pauses,omitempty"`
	Baseline    *storedBase   `json:"baseline,omitempty"`
	Reverts     *storedRevert `json:"reverts,omitempty"`
	Reverted    int           `json:"reverted,omitempty"`
}

type storedAlert struct {
	Phase      AlertPhase      `json:"phase"`
	StartsAt   time.Time       `json:"startsAt"`
	EndsAt     time.Time       `json:"endsAt,omitzero"`
	At         time.Time       `json:"at"`
	LastAt     time.Time       `json:"lastAt,omitzero"`
	Groups     []storedMember  `json:"groups,omitempty"`
	Rules      []string        `json:"rules,omitempty"`
	DisputedBy []rules.GroupID `json:"disputedBy,omitempty"`
	NeverFired bool            `json:"neverFired,omitempty"`
	DoubtedAt  time.Time       `json:"doubtedAt,omitzero"`
	Hook       string          `json:"hook,omitempty"`
	Until      time.Time       `json:"until,omitzero"`
	KnownUntil time.Time       `json:"knownUntil,omitzero"`
	Figures    []storedFigure  `json:"figures,omitempty"`
	Labels     []storedLabel   `json:"labels,omitempty"`
}

type storedLabel struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type storedFigure struct {
	Rule  string  `json:"rule"`
	Value float64 `json:"value"`
}

type storedMember struct {
	Group     rules.GroupID `json:"group"`
	LeftOutAt time.Time     `json:"leftOutAt,omitzero"`
	Certain   bool          `json:"certain,omitempty"`
}

type storedEpisode struct {
	Since     time.Time   `json:"since"`
	Ended     time.Time   `json:"ended,omitzero"`
	Call      *storedCall `json:"call,omitempty"`
	Cancelled *storedCall `json:"cancelled,omitempty"`
	Value     *int        `json:"value,omitempty"`
	EndServed bool        `json:"endServed,omitempty"`
	Served    *storedCall `json:"served,omitempty"`
	ServedAt  time.Time   `json:"servedAt,omitzero"`
	QuietAt   time.Time   `json:"quietAt,omitzero"`
	Ending    bool        `json:"ending,omitempty"`
	Figure    *float64    `json:"figure,omitempty"`
	LeftAlone string      `json:"leftAlone,omitempty"`
}

type storedCount struct {
	At    time.Time `json:"at"`
	Count int       `json:"count"`
}

type storedStep struct {
	At time.Time `json:"at"`
	By int       `json:"by"`
}

type storedRevert struct {
	Times int       `json:"times"`
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
	Noted time.Time `json:"noted"`
}

type storedBase struct {
	Count   int       `json:"count"`
	QuietAt time.Time `json:"quietAt,omitzero"`
}

type storedPause struct {
	Direction rules.Direction `json:"direction"` // -1: down, 0: both, 1: up
	Until     time.Time       `json:"until"`
}

type storedChange struct {
	At   time.Time `json:"at"`
	From int       `json:"from"`
	To   int       `json:"to"`
	Rule string    `json:"rule"`
}

type storedIntent struct {
	At       time.Time       `json:"at"`
	From     int             `json:"from"`
	Attempts []storedAttempt `json:"attempts"`
	Plan     json.RawMessage `json:"plan,omitempty"`
}

type storedAttempt struct {
	To    int      `json:"to"`
	Rule  string   `json:"rule"`
	Calls []uint64 `json:"calls,omitempty"`
}

// encodeState returns what is to be stored of a ref whose parts in the store are those of base, and the parts that it
// has then. Of a state that is empty nothing is stored.
func encodeState(ref rules.Ref, s *RefState, base *storedParts) (Record, *storedParts, error) {
	r := Record{Ref: ref.String()}
	if s.empty() {
		return r, nil, nil
	}
	next := s.parts()
	data, err := json.Marshal(storedRecord{Version: schemaVersion, Ref: ref, State: s.stored(next)})
	if err == nil {
		r.Parts, err = next.since(base)
	}
	if err != nil {
		return Record{}, nil, fmt.Errorf("encode what is remembered of %s: %w", ref, err)
	}
	r.Data = data
	return r, next, nil
}

// decodeState reads what is stored of a ref, of whatever version up to this one.
func decodeState(r Record) (rules.Ref, RefState, *storedParts, error) {
	var o storedRecord
	err := json.Unmarshal(r.Data, &o)
	if err != nil { // as what a later version wrote may be
		o = storedRecord{Version: versionOf(r.Data)}
	}
	if o.Version == 0 && o.Memory != nil { // version 1 did not say so
		o.Version = 1
	}
	if o.Version < 1 || o.Version > schemaVersion {
		if err != nil && o.Version == 0 {
			return rules.Ref{}, RefState{}, nil, noState(err)
		}
		return rules.Ref{}, RefState{}, nil, fmt.Errorf("what is stored is of schema version %d; this alertscale reads versions 1 to %d: "+
			"use the one that wrote it, or a newer one", o.Version, schemaVersion)
	}
	if err == nil && o.Version == 1 && o.Memory != nil {
		o.State = o.Memory.state()
	}
	if o.State == nil {
		o.State = &storedState{}
	}
	var s RefState
	if err == nil {
		s, err = o.State.state(r.Parts)
	}
	if err != nil {
		return rules.Ref{}, RefState{}, nil, noState(err)
	}
	return o.Ref, s, o.State.parts(&s), nil
}

// parts returns the parts of a state that was read from this.
func (o *storedState) parts(s *RefState) *storedParts {
	p := s.parts()
	switch {
	case o.AlertParts == 0 && o.GroupParts == 0:
		return nil
	case o.AlertParts == 0:
		p.alerts = nil
	case o.GroupParts == 0:
		p.groups = nil
	}
	return p
}

func noState(err error) error { return fmt.Errorf("what is stored is no state of a ref: %w", err) }

// versionOf returns the version of what cannot be read; 0: it has none.
func versionOf(data []byte) int {
	var head struct {
		Version int `json:"version"`
	}
	_ = json.Unmarshal(data, &head) // it is known not to be readable
	return head.Version
}

func (s *RefState) stored(parts *storedParts) *storedState {
	p := s.policies()
	o := &storedState{
		Target: s.Target, Connection: s.Connection, Count: s.Count, ReadAt: s.ReadAt, MissingAt: s.MissingAt, Calls: s.Calls,
		Last: (*storedChange)(s.Last), AlertParts: len(parts.ofAlerts()), GroupParts: len(parts.ofGroups()),
		Episodes:    make(map[string]storedEpisode, len(s.byRule)),
		Recommended: convert(p.Recommended, func(r Recommendation) storedCount { return storedCount(r) }),
		Steps:       convert(p.Steps, func(s CountStep) storedStep { return storedStep(s) }),
		Pauses:      convert(p.Pauses, func(p Pause) storedPause { return storedPause(p) }),
		Baseline:    (*storedBase)(p.Baseline),
		Reverts:     (*storedRevert)(p.Reverts), Reverted: p.Reverted,
	}
	if p.Own != nil {
		o.OwnMin, o.OwnMax = p.Own.Min, p.Own.Max
	}
	if o.AlertParts == 0 && s.alerts.n > 0 {
		o.Alerts = storedAlerts(s.alerts.shards[0])
	}
	if o.GroupParts == 0 && s.groups.n > 0 {
		o.HeardAt = storedGroups(s.groups.shards[0])
	}
	for name, ep := range s.episodes() {
		o.Episodes[name] = storedEpisode{
			ep.Since, ep.Ended, ep.Call.stored(), ep.Cancelled.stored(), ep.Value, ep.EndServed, ep.Served.stored(), ep.ServedAt, ep.QuietAt, ep.Ending, ep.Figure,
			ep.LeftAlone,
		}
	}
	if in := s.Intent; in != nil {
		o.Intent = &storedIntent{in.At, in.From, convert(in.Attempts, func(a Attempt) storedAttempt { return storedAttempt(a) }), in.Plan}
	}
	return o
}

// The years of which a time can be written as JSON, in whatever zone.
const firstYear, lastYear = 1, 9998

// writable returns a time that somebody sent as one that can be written: what is remembered can be stored, always.
func writable(t time.Time) time.Time {
	t = t.UTC()
	switch {
	case t.IsZero():
		return time.Time{}
	case t.Year() < firstYear:
		return time.Date(firstYear, time.January, 1, 0, 0, 0, 1, time.UTC)
	case t.Year() > lastYear:
		return time.Date(lastYear, time.December, 31, 23, 59, 59, 0, time.UTC)
	}
	return t
}

func (h *AlertState) stored() storedAlert {
	return storedAlert{
		h.Phase, writable(h.StartsAt), writable(h.EndsAt), h.At, h.LastAt, convert(h.Groups, func(m Membership) storedMember { return storedMember(m) }),
		h.Rules, h.DisputedBy, h.NeverFired, h.DoubtedAt, h.Hook, writable(h.Until), writable(h.KnownUntil),
		convert(h.Figures, func(f Figure) storedFigure { return storedFigure(f) }),
		convert(h.Labels, func(l rules.Label) storedLabel { return storedLabel(l) }),
	}
}

func (h storedAlert) alert() AlertState {
	return AlertState{
		h.Phase, h.StartsAt, h.EndsAt, h.At, h.LastAt, convert(h.Groups, func(m storedMember) Membership { return Membership(m) }),
		convert(h.Rules, shared), h.DisputedBy, h.NeverFired, h.DoubtedAt, h.Hook, h.Until, h.KnownUntil,
		convert(h.Figures, func(f storedFigure) Figure { return Figure(f) }),
		convert(h.Labels, func(l storedLabel) rules.Label { return rules.Label(l) }),
	}
}

func (o *storedState) state(parts []Part) (RefState, error) {
	s := RefState{
		Target: shared(o.Target), Connection: shared(o.Connection), Count: o.Count, ReadAt: o.ReadAt, MissingAt: o.MissingAt, Calls: o.Calls,
		Last: (*LastChange)(o.Last),
	}
	if s.Last != nil {
		s.Last.Rule = shared(s.Last.Rule)
	}
	var own *rules.OwnBounds
	if o.OwnMin != nil || o.OwnMax != nil {
		own = &rules.OwnBounds{Min: o.OwnMin, Max: o.OwnMax}
	}
	s.changePolicies(func(p *Policies) {
		*p = Policies{
			convert(o.Recommended, func(r storedCount) Recommendation { return Recommendation(r) }),
			convert(o.Steps, func(s storedStep) CountStep { return CountStep(s) }),
			convert(o.Pauses, func(p storedPause) Pause { return Pause(p) }),
			(*Baseline)(o.Baseline), (*Reverts)(o.Reverts), o.Reverted, own,
		}
	})
	for name, ep := range o.Episodes {
		s.setEpisode(shared(name), &Episode{
			ep.Since, ep.Ended, ep.Call.call(), ep.Cancelled.call(), ep.Value, ep.EndServed, ep.Ending, ep.Served.call(), ep.ServedAt, ep.QuietAt, ep.Figure,
			ep.LeftAlone,
		})
	}
	if in := o.Intent; in != nil && len(in.Attempts) > 0 {
		s.Intent = &Intent{in.At, in.From, convert(in.Attempts, func(a storedAttempt) Attempt { return Attempt(a) }), in.Plan}
	}
	return s, s.takeParts(o, parts)
}

// shared returns a text that many refs have in common, in the memory of one of them.
func shared(text string) string { return unique.Make(text).Value() }

func convert[A, B any](all []A, one func(A) B) []B {
	if all == nil {
		return nil
	}
	out := make([]B, len(all))
	for i := range all {
		out[i] = one(all[i])
	}
	return out
}
