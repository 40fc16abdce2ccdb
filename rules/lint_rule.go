package rules

import (
	"fmt"
	"time"

	"github.com/prometheus/common/model"
)

// lintSet warns of a count that the target's bounds do not let it ask for.
func (r *Rule) lintSet() lint {
	set, ok := r.Action.(*SetCount)
	t := r.Target
	switch {
	case !ok:
		return lint{}
	case set.Count > t.Max:
		return lint{"set", fmt.Sprintf("%d is above max %d of target %q, and comes to %[2]d", set.Count, t.Max, t.Name)}
	case set.Count < t.Min:
		return lint{"set", fmt.Sprintf("%d is below min %d of target %q, and comes to %[2]d", set.Count, t.Min, t.Name)}
	}
	return lint{}
}

// hookLabel is on the alerts of hooks alone.
const hookLabel = "hook"

// lintRepeat warns of a rule that goes on by itself where nobody can be asked whether its alerts still fire. Those of hooks
// end by themselves.
func (r *Rule) lintRepeat() lint {
	if r.Repeat == 0 || r.Target.LooksUp() || r.requires(hookLabel) {
		return lint{}
	}
	return lint{"repeat", fmt.Sprintf("the file has no alertmanager to ask, so where a resolve is lost or all alerts of a group are silenced, "+
		"the rule goes on until alert_ttl, %s, has passed; set alertmanager: {urls: [...]}", prometheus(r.Target.set.AlertTTL))}
}

// requires reports whether the rule is for alerts with a label only.
func (r *Rule) requires(label string) bool {
	for _, m := range r.Matchers {
		if m.Name == label && !m.Matches("") {
			return true
		}
	}
	return false
}

// prometheus writes a duration as files have it.
func prometheus(d time.Duration) string { return model.Duration(d).String() }
