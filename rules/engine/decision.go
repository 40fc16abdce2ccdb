// Package engine decides what becomes of a ref: it keeps what its alerts said, and says what is to be read,
// stored and changed. It is arithmetic on its arguments: no I/O, no clock, no logger.
package engine

import (
	"encoding/json"
	"strings"
	"unicode/utf8"

	"alertscale/rules"
)

// Verdict says in a word what was done to a ref.
type Verdict string

// The verdicts. Scaled and DryRun are of calls that were carried out, Duplicate, AtBound and
// Ended of nothing left to do; Failed is tried again by itself and Rejected is not.
const (
	Scaled      Verdict = "scaled"
	DryRun      Verdict = "dry_run"
	Duplicate   Verdict = "duplicate"
	Cooling     Verdict = "cooldown"
	AtBound     Verdict = "at_bound"
	Held        Verdict = "held"
	Paused      Verdict = "paused"      // somebody said so, in the file or over the API
	Stabilizing Verdict = "stabilizing" // what was recommended a while ago still holds: behavior
	Limited     Verdict = "limited"     // the count moved as far as it may in a while: behavior
	Reverted    Verdict = "reverted"    // somebody else sets the count back after each of our changes
	Muted       Verdict = "muted"       // its rule is mute now, by its time intervals
	NotReady    Verdict = "not_ready"
	Disabled    Verdict = "disabled"
	Owned       Verdict = "owned"
	Ended       Verdict = "resolved"
	Failed      Verdict = "failed"
	Rejected    Verdict = "rejected"
	Upgraded    Verdict = "upgraded" // the workload gets the image that was pushed: of upgrades alone
)

// Verdicts returns all of them.
func Verdicts() []Verdict {
	return []Verdict{
		Scaled, DryRun, Duplicate, Cooling, AtBound, Held, Paused, Stabilizing, Limited, Reverted, Muted, NotReady, Disabled, Owned, Ended,
		Failed, Rejected, Upgraded,
	}
}

// Observed is what a driver read of a ref: facts. What follows from them is the engine's to say.
type Observed struct {
	Count   int
	Version string // the driver's own; given back in Change
	Ready   bool   // whether the count that was asked for is there

	Conditions []Condition
	Bounds     rules.BoundsSaid // what the workload says of its own bounds, where it can and its target asks for it
}

// Condition is a fact about a workload that matters for scaling it.
type Condition struct {
	Type ConditionType
	Text string // a line of why: what is so, and what ends it
}

// ConditionType says what kind of fact a Condition is.
type ConditionType string

// The kinds of facts, in the order in which they decide where a workload has several.
const (
	ConditionUnscalable ConditionType = "unscalable" // it has no count that can be set, for good
	ConditionDisabled   ConditionType = "disabled"   // somebody switched it off
	ConditionOwned      ConditionType = "owned"      // another autoscaler sets its count
	ConditionNotReady   ConditionType = "not ready"  // it takes no change now, and will by itself
	ConditionNoted      ConditionType = "noted"      // nothing stands in the way
)

// Change is what a driver is asked to do: absolute numbers, on the count that was read.
type Change struct {
	From, To int
	Version  string // of the read that the change was decided on

	// Plan is how the driver wants to carry the change out, where it takes several calls; the driver's own,
	// stored with the intent. A change with a plan may be asked for again after a failure.
	Plan json.RawMessage
}

// Decision is what was done to a ref and why.
type Decision struct {
	Ref     string   `json:"ref"` // empty where no ref could be made
	Target  string   `json:"target"`
	Rule    string   `json:"rule"`
	Verdict Verdict  `json:"verdict"`
	From    *int     `json:"from"` // null where the count is not known
	To      *int     `json:"to"`   // From where nothing changes
	Why     []string `json:"why"`  // one line for each gate that it passed

	// Refused says that the driver's API said no for good: not found, or forbidden.
	Refused bool `json:"-"`
	// Upgrade says that it is of an upgrade, and about an image: Rule is the upgrade's name.
	Upgrade bool `json:"-"`

	Cause `json:"-"`
}

// Obstacle returns the fact for which nothing can be done to the workload as it is now; false where something can.
func (o Observed) Obstacle() (Condition, bool) {
	for _, t := range []ConditionType{ConditionUnscalable, ConditionDisabled, ConditionOwned, ConditionNotReady} {
		for _, c := range o.Conditions {
			if c.Type == t {
				return c, true
			}
		}
	}
	return Condition{}, false
}

// maxLine is how many bytes a line of why has at most.
const maxLine = 1024

// clip makes a text of whatever length a line of why.
func clip(text string) string { return clipTo(text, maxLine) }

func clipTo(text string, size int) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) <= size {
		return text
	}
	cut := size - len("…")
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}
