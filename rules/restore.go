package rules

import (
	"fmt"
	"time"

	"alertscale/rules/yamldoc"
)

// RestoreRule is what decisions call a target's way back, in place of a rule's name.
const RestoreRule = "restore"

// Restore is how a target goes back to its baseline after steps up.
type Restore struct {
	After    time.Duration // since when no rule that goes up must have been active
	Down     Amount
	Every    time.Duration // between its steps, in place of the cooldown
	Baseline *int          // nil: the count before the first step up

	rule *Rule
}

// Rule is what a call of the way back is decided by.
func (r *Restore) Rule() *Rule { return r.rule }

func (t *Target) readRestore(n yamldoc.Node) {
	r := &Restore{}
	n.Fields([]yamldoc.Field{
		{Key: "after", Read: func(v yamldoc.Node) { r.After = v.DurationAbove0("") }},
		{Key: "every", Read: func(v yamldoc.Node) { r.Every = v.DurationAbove0("") }},
		{Key: "down", Read: func(v yamldoc.Node) {
			if step, ok := readStep(v, Down).(*Step); ok {
				r.Down = step.Amount
			}
		}},
		{Key: "baseline", Read: func(v yamldoc.Node) { b := v.Int(0); r.Baseline = &b }},
	})
	if !n.IsMap() {
		return
	}
	for _, key := range []string{"after", "down", "every"} {
		if !n.Has(key) {
			n.Faultf("%s is missing; such as {after: 10m, down: 1, every: 1m}", key)
		}
	}
	r.rule = &Rule{Name: RestoreRule, Target: t, Action: &towards{r.Down}, Cooldown: &r.Every, Index: MaxCount, Resolved: true}
	t.Restore = r
}

// towards is the action of the way back: a step down, and not below the baseline, which is the call's value.
type towards struct{ Amount Amount }

// Want implements Action.
func (a *towards) Want(in Input) Candidate {
	to := in.Count
	if in.Value != nil {
		to = min(in.Count, max(*in.Value, in.Count-a.Amount.of(in.Count)))
	}
	return Candidate{Count: to, Direction: DirectionOf(in.Count, to), Reason: fmt.Sprintf("back to the baseline: %d → %d", in.Count, to)}
}

// Blocks implements Action.
func (a *towards) Blocks(Direction, Input) bool { return false }

// Outstanding implements Action.
func (a *towards) Outstanding(int, Input) bool { return false }

// Direction implements Action.
func (a *towards) Direction() Direction { return Down }

func (a *towards) String() string { return "restore: down " + a.Amount.String() }
