package rules

import (
	"time"

	"alertscale/rules/engine"
)

type (
	Verdict  = engine.Verdict
	Observed = engine.Observed
	Change   = engine.Change
	Decision = engine.Decision
)

const (
	Scaled    = engine.Scaled
	DryRun    = engine.DryRun
	Duplicate = engine.Duplicate
	Cooling   = engine.Cooling
	AtBound   = engine.AtBound
	Held      = engine.Held
	NotReady  = engine.NotReady
	Owned     = engine.Owned
	Paused    = engine.Disabled
	Ended     = engine.Ended
	Failed    = engine.Failed
	Rejected  = engine.Rejected
)

// Outcome is what Decide comes to.
type Outcome struct {
	Decisions []Decision // the ref's, where there is one, then one for each dry-run rule
	Settled   *Decision  // of a change whose outcome had not been known
	Change    *Change    // nil: nothing to ask of the driver
	Next      Memory     // to be stored before the change is asked for
	Changed   bool       // whether Next differs from what was there in more than the count
	Wake      time.Time  // zero: nothing to come back for
}

func stopOf(o Observed) (v Verdict, why string) {
	for _, c := range o.Conditions {
		v, why = map[engine.ConditionType]Verdict{
			engine.ConditionUnscalable: Rejected, engine.ConditionDisabled: Paused, engine.ConditionOwned: Owned, engine.ConditionNotReady: NotReady,
		}[c.Type], c.Text
	}
	return v, why
}
