package rules

import (
	"maps"
	"slices"

	"alertscale/rules/yamldoc"
)

// optionFields are the fields of a rule that say when it acts.
func (s *Set) optionFields(r *Rule) []yamldoc.Field {
	var active, mute []*Interval
	return []yamldoc.Field{
		{Key: "when", Read: func(v yamldoc.Node) { r.readWhen(v) }},
		{Key: "cooldown", Read: func(v yamldoc.Node) { d := v.Duration(); r.Cooldown = &d }},
		{Key: "repeat", Read: func(v yamldoc.Node) { r.Repeat = v.DurationAbove0("") }},
		{Key: "keep_active_for", Read: func(v yamldoc.Node) { r.KeepActiveFor = v.Duration() }},
		{Key: "active_time_intervals", Read: func(v yamldoc.Node) {
			active = s.readIntervalNames(v)
			r.muting = s.shareMuting(active, mute)
		}},
		{Key: "mute_time_intervals", Read: func(v yamldoc.Node) {
			mute = s.readIntervalNames(v)
			r.muting = s.shareMuting(active, mute)
		}},
		{Key: "dry_run", Read: func(v yamldoc.Node) { r.DryRun = v.Bool() }},
	}
}

// checkOptions reports options that the rule's action has no use for.
func (r *Rule) checkOptions(n yamldoc.Node) {
	if r.Action == nil {
		return
	}
	_, proportional := r.Action.(*Proportional)
	for _, o := range []struct {
		key string
		bad bool
		why string
	}{
		{"when", Holds(r.Action) && r.Resolved, "a hold is while alerts fire"},
		{"cooldown", Holds(r.Action), "a hold makes no calls"},
		{"repeat", Holds(r.Action), "a hold makes no calls"},
		{"repeat", proportional, "a proportional rule calls when its figure changes"},
		{"when", proportional && r.Resolved, "a proportional rule follows its alerts while they fire"},
		{"repeat", r.Resolved, "a rule with when: resolved calls once, at the end of an episode"},
	} {
		if v := n.Peek(o.key); v != nil && o.bad {
			v.Faultf("%s: %s", o.key, o.why)
		}
	}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
