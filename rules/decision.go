package rules

import (
	"encoding/json"
	"time"
)

// Verdict tells in a word what was done to a ref.
type Verdict string

// The verdicts. Scaled and DryRun are of calls that were carried out, Duplicate, AtBound and
// Resolved of nothing left to do; Failed is tried again by itself and Rejected is not.
const (
	Scaled    Verdict = "scaled"
	DryRun    Verdict = "dry_run"
	Duplicate Verdict = "duplicate"
	Cooling   Verdict = "cooldown"
	AtBound   Verdict = "at_bound"
	Held      Verdict = "held"
	NotReady  Verdict = "not_ready"
	Owned     Verdict = "owned"
	Paused    Verdict = "paused"
	Ended     Verdict = "resolved"
	Failed    Verdict = "failed"
	Rejected  Verdict = "rejected"
)

// Observed is what a driver read of a ref.
type Observed struct {
	Count   int
	Version string // the driver's own; given back in Change
	Ready   bool   // whether the count that was asked for is there

	// Stop, where it is not empty, is the verdict on every call: nothing can be done to the workload as it
	// is now. Why is the line of why that goes with it: what is in the way and what ends it; without Stop,
	// what else is to be known of the workload.
	Stop Verdict
	Why  string
}

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

	// Refused tells that the driver's API said no for good: not found, or forbidden.
	Refused bool `json:"-"`
}

// Outcome is what Decide comes to.
type Outcome struct {
	Decisions []Decision // the ref's, where there is one, then one for each dry-run rule
	Settled   *Decision  // of a change whose outcome had not been known
	Change    *Change    // nil: nothing to ask of the driver
	Next      Memory     // to be stored before the change is asked for
	Changed   bool       // whether Next differs from what was there in more than the count
	Wake      time.Time  // zero: nothing to come back for
}
