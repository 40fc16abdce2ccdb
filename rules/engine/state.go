package engine

import (
	"encoding/json"
	"slices"
	"time"

	"alertscale/rules"
)

// RefState is all that is remembered of one ref: what its alerts said, the episodes of its rules
// with their open calls, its last change, and a change that is under way. It is a value: what changes it
// works on a clone. Only refresh writes in place.
type RefState struct {
	Target     string      // the target that owns the ref
	Connection string      // what its driver is connected to, as the file said
	Last       *LastChange // the last change that was applied
	Intent     *Intent     // a change whose outcome is not known
	Count      *int        // as last read
	ReadAt     time.Time   // when the count was last read
	MissingAt  time.Time   // since when the workload is not found; zero: it is found, or was never looked for
	Calls      uint64      // how many calls there were; numbers them

	Policies *Policies // what few refs have; replaced, never written to; nil: nothing of it

	alerts table[alertKey, alertEntry]  // by fingerprint
	groups table[groupKey, *groupState] // that tell of an alert
	byRule []ruleState                  // sorted by name
	own    *owner                       // of what may be written to in place
}

// Policies is what is remembered of a ref for what its target says beyond bounds and cooldowns.
type Policies struct {
	// Of a target with behavior: what was recommended when the count was looked at, and by how much it was changed; the
	// oldest first.
	Recommended []Recommendation
	Steps       []CountStep
	Pauses      []Pause
	Baseline    *Baseline // where to go back to; nil: nowhere
	Reverts     *Reverts  // of our changes by somebody else, running; nil: there is none
	Reverted    int       // how many there were in all
	// Own is what the workload last said of its own bounds; nil: nothing, or its target does not ask for that. It is replaced,
	// never written to.
	Own *rules.OwnBounds
}

// AlertPhase says what is known of an alert.
type AlertPhase string

// An alert fires, or it fires but a group leaves it out or nobody spoke of it for alert_ttl, or
// it was resolved.
const (
	Firing    AlertPhase = "firing"
	Suspended AlertPhase = "suspended"
	Resolved  AlertPhase = "resolved"
)

// AlertState is what one ref knows of one alert.
type AlertState struct {
	Phase    AlertPhase
	StartsAt time.Time
	EndsAt   time.Time // of a resolved one
	// At is when a firing alert was last heard of by itself (groupState.heard may be later), when a suspended one was
	// suspended, and when the resolve of a resolved one was first received.
	At time.Time
	// LastAt is when a suspended alert was last heard of, and when somebody last said of a resolved
	// one that it fires.
	LastAt time.Time
	Groups []Membership // the groups that tell of it as firing
	Rules  []string
	// DisputedBy are the groups that said of a resolved alert that it fires, though it did not start
	// after that resolve.
	DisputedBy []rules.GroupID
	// NeverFired is of a resolved alert that nobody had said before that it fires.
	NeverFired bool
	// DoubtedAt is when an alert that fires again by a late word alone is suspended, unless it is heard of again.
	DoubtedAt time.Time
	// Hook is that which brought the alert, and KnownUntil for how long it is known by the idempotency key of its POST;
	// zero: it has none.
	Hook       string
	Until      time.Time // when an alert ends by itself, of a hook, or by what Prometheus itself said; zero: it does not
	KnownUntil time.Time
	// Figures are what the alert last gave to rules that ask for a count in proportion to it.
	Figures []Figure
	// Labels are what the alert is looked up by at Alertmanager; none: it is not.
	Labels rules.Labels
}

// Figure is what an alert gave to a rule.
type Figure struct {
	Rule  string
	Value float64
}

// Membership is an alert's in a group that told of it.
type Membership struct {
	Group rules.GroupID
	// LeftOutAt is when a notification of the group first left the alert out, since it was last told of; zero: none
	// did. Certain: that notification was younger than what was known of the alert, or another one left it out too.
	LeftOutAt time.Time
	Certain   bool
}

// Episode is a rule's, from its first alert to its last.
type Episode struct {
	Since time.Time
	Ended time.Time // when a resolve ended it; kept, since the resolve may be taken back
	Call  *Call     // the open call
	// Cancelled is the call that the resolve dropped; it comes back if the episode resumes. Of a rule with
	// when: resolved it is the call that was dropped when the episode resumed; it comes back with the
	// next end, so that a change that is under way for it counts.
	Cancelled *Call
	Value     *int // of an action with a template, rendered when the episode began
	// EndServed says that the call of a rule with `when: resolved` was served for this episode.
	EndServed bool
	Ending    bool // of a rule with keep_active_for: a resolve is to end the episode once no alert has fired for so long
	// ServedAt is when the last call was served that did not come from the end of the episode, or was one of the way back.
	// Served is that call, of a rule that repeats, until it calls again.
	Served   *Call
	ServedAt time.Time
	QuietAt  time.Time // since when no alert fires, of a rule with keep_active_for
	Figure   *float64  // of a proportional action: the largest of its alerts that fire, as of the last notification
	// LeftAlone is why the workload is left alone for want of bounds of its own, as it was reported.
	LeftAlone string
}

// Call is a rule's wish for a count, open until it is served or dropped.
type Call struct {
	ID        uint64
	At        time.Time
	AtEnd     bool // it came from the end of the episode: when: resolved
	Value     *int // of an action with a template, rendered; of a proportional one what its figure asked for when it came
	Figure    *float64
	Broken    string // why a template gave no value
	Start     *int   // the count when it was first looked at; of a step of which a part is done, when that began
	Preempted bool   // another call won over it, and it is not served by that
	Goal      *int   // what it asks for in all, of which a part is done: behavior let it go no further

	Cause
}

// Recommendation is a count that was asked for when the count was looked at, or the count itself where nothing was.
type Recommendation struct {
	At    time.Time
	Count int
}

// CountStep is by how much a change moved the count.
type CountStep struct {
	At time.Time
	By int
}

// Pause keeps calls of a direction waiting until a time, because somebody said so.
type Pause struct {
	Direction rules.Direction // rules.Stay: both
	Until     time.Time
}

// LastChange is a change that took place.
type LastChange struct {
	At   time.Time
	From int
	To   int
	Rule string
}

// Intent is a change that was asked of a driver and whose outcome is not known yet. All its attempts were made on
// the same count.
type Intent struct {
	At       time.Time // of the last attempt
	From     int
	Attempts []Attempt // the last one last; never empty
	// Plan is the driver's, where the change takes several calls: it is carried on by it, also after a crash.
	Plan json.RawMessage
}

// Attempt is what was asked of a driver, and for which calls.
type Attempt struct {
	To    int
	Rule  string
	Calls []uint64
}

// last returns the last attempt.
func (in *Intent) last() *Attempt { return &in.Attempts[len(in.Attempts)-1] }

// empty reports whether there is nothing worth storing.
func (s *RefState) empty() bool {
	return s.alerts.n == 0 && s.numEpisodes() == 0 && s.Last == nil && s.Intent == nil && len(s.policies().Pauses) == 0 && s.policies().Baseline == nil
}

// open reports whether a call waits to be served. One whose alerts are all suspended does not count:
// it waits for them.
func (s *RefState) open() bool {
	for name, e := range s.episodes() {
		if e.waits(s.firing(name)) {
			return true
		}
	}
	return false
}

// allOpen reports whether calls still wait to be served.
func (s *RefState) allOpen(ids []uint64) bool {
	n := 0
	for name, e := range s.episodes() {
		if e.waits(s.firing(name)) && slices.Contains(ids, e.Call.ID) {
			n++
		}
	}
	return n == len(ids)
}

// waits reports whether the episode's call is to be served, given how many of its alerts fire.
func (e *Episode) waits(firing int) bool {
	return e.Call != nil && (e.Call.AtEnd || firing > 0)
}

// clone returns a copy that may be changed.
func (s RefState) clone() RefState {
	if s.own != nil {
		s.own.gone = true
	}
	s.own = nil
	return s
}

// openCalls counts the calls that are not served yet.
func (s *RefState) openCalls() int {
	n := 0
	for _, e := range s.episodes() {
		if e.Call != nil {
			n++
		}
	}
	return n
}

func (h *AlertState) in(g rules.GroupID) bool {
	return slices.ContainsFunc(h.Groups, func(m Membership) bool { return m.Group == g })
}
