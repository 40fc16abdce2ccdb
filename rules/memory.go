package rules

import (
	"encoding/json"
	"maps"
	"time"
)

// Memory is all that is remembered of one ref: what its alerts said, the episodes of its rules
// with their open calls, its last change, and a change that is under way. A Memory is a value:
// Record, Decide and the outcomes return a changed copy. Only Hear writes in place.
type Memory struct {
	Target   string              `json:"target,omitempty"`   // the target that owns the ref
	Alerts   map[string]Heard    `json:"alerts,omitempty"`   // by fingerprint
	Episodes map[string]*Episode `json:"episodes,omitempty"` // by the rule's name; replaced, never written to
	Last     *LastChange         `json:"last,omitempty"`     // the last change that was applied
	Intent   *Intent             `json:"intent,omitempty"`   // a change whose outcome is not known
	Count    *int                `json:"count,omitempty"`    // as last read
	Calls    uint64              `json:"calls,omitempty"`    // how many calls there were; numbers them
}

// State tells what is known of an alert.
type State string

// An alert fires, or it fires but a group leaves it out or nobody spoke of it for alert_ttl, or
// it was resolved.
const (
	Firing    State = "firing"
	Suspended State = "suspended"
	Resolved  State = "resolved"
)

// Heard is what one ref knows of one alert.
type Heard struct {
	State    State     `json:"state"`
	StartsAt time.Time `json:"startsAt"`
	EndsAt   time.Time `json:"endsAt,omitzero"` // of a resolved one
	// At is when a firing alert was last heard of, when a suspended one was suspended, and when
	// the resolve of a resolved one was first received.
	At time.Time `json:"at"`
	// LastAt is when a suspended alert was last heard of, and when somebody last said of a resolved
	// one that it fires.
	LastAt time.Time `json:"lastAt,omitzero"`
	Groups []GroupID `json:"groups,omitempty"`
	Rules  []string  `json:"rules,omitempty"`
	// Claims are the groups that said of a resolved alert that it fires, though it did not start
	// after that resolve.
	Claims []GroupID `json:"claims,omitempty"`
	// Unheard tells of a resolved alert that nobody had said before that it fires.
	Unheard bool `json:"unheard,omitempty"`
	// Of an alert that a hook brought: the hook, when the alert ends by itself, and for how long it is known by
	// the idempotency key of its POST; zero: it has none.
	Hook       string    `json:"hook,omitempty"`
	Until      time.Time `json:"until,omitzero"`
	KnownUntil time.Time `json:"knownUntil,omitzero"`
}

// Episode is a rule's, from its first alert to its last.
type Episode struct {
	Since time.Time `json:"since"`
	Ended time.Time `json:"ended,omitzero"` // when a resolve ended it; kept, since the resolve may be taken back
	Call  *Call     `json:"call,omitempty"` // the open call
	// Dropped is the call that the resolve dropped; it comes back if the episode resumes. Of a rule with
	// when: resolved it is the call that was dropped when the episode resumed; it comes back with the
	// next end, so that a change that is under way for it counts.
	Dropped *Call `json:"dropped,omitempty"`
	Want    *int  `json:"want,omitempty"` // what a set rule asks for, rendered when the episode began
	// Calmed tells that the call of a rule with `when: resolved` was served for this episode.
	Calmed bool `json:"calmed,omitempty"`
}

// Call is a rule's wish for a count, open until it is served or dropped.
type Call struct {
	ID       uint64    `json:"id"`
	At       time.Time `json:"at"`
	Resolved bool      `json:"resolved,omitempty"` // it came from the end of the episode
	Want     *int      `json:"want,omitempty"`     // a set rule's count, rendered
	Broken   string    `json:"broken,omitempty"`   // why a template gave no count
	Seen     *int      `json:"seen,omitempty"`     // the count when it was first looked at
	Lost     bool      `json:"lost,omitempty"`     // a set that another call won over
}

// LastChange is a change that took place.
type LastChange struct {
	At   time.Time `json:"at"`
	From int       `json:"from"`
	To   int       `json:"to"`
	Rule string    `json:"rule"`
}

// Intent is a change that was asked of a driver and whose outcome is not known yet.
type Intent struct {
	At       time.Time `json:"at"`
	From     int       `json:"from"`
	To       int       `json:"to"` // of the last attempt
	Rule     string    `json:"rule"`
	Calls    []uint64  `json:"calls"`    // that the last attempt was made for
	Attempts int       `json:"attempts"` // under this intent
	// Before are the calls of earlier attempts, whose outcome was not known either.
	Before []uint64 `json:"before,omitempty"`
	// Plan is the driver's, where the change takes several calls: it is carried on by it, also after a crash.
	Plan json.RawMessage `json:"plan,omitempty"`
}

// Empty tells whether there is nothing worth storing.
func (m *Memory) Empty() bool {
	return len(m.Alerts) == 0 && len(m.Episodes) == 0 && m.Last == nil && m.Intent == nil
}

// Open tells whether a call waits to be served. One whose alerts are all suspended does not count:
// it waits for them.
func (m *Memory) Open() bool {
	var firing map[string]int
	for name, e := range m.Episodes {
		if e.Call == nil {
			continue
		}
		if firing == nil {
			firing = m.Firing()
		}
		if e.waits(firing[name]) {
			return true
		}
	}
	return false
}

// waits tells whether the episode's call is to be served, given how many of its alerts fire.
func (e *Episode) waits(firing int) bool {
	return e.Call != nil && (e.Call.Resolved || firing > 0)
}

// clone returns a copy whose maps may be written to.
func (m Memory) clone() Memory {
	m.Alerts = maps.Clone(m.Alerts)
	m.Episodes = maps.Clone(m.Episodes)
	if m.Alerts == nil {
		m.Alerts = map[string]Heard{}
	}
	if m.Episodes == nil {
		m.Episodes = map[string]*Episode{}
	}
	return m
}

// OpenCalls counts the calls that are not served yet.
func (m *Memory) OpenCalls() int {
	n := 0
	for _, e := range m.Episodes {
		if e.Call != nil {
			n++
		}
	}
	return n
}
