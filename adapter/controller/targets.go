package controller

import (
	"maps"
	"slices"
	"strings"
	"time"

	"alertscale/rules"
)

// Targets tells of each ref that the file covers and that is known: those of fixed targets, and those
// that alerts named.
func (c *Controller) Targets() []TargetStatus {
	s, now := c.Snapshot(), c.Now()
	all := []TargetStatus{}
	listed := map[rules.Ref]bool{}
	for _, tr := range c.registry.list() {
		tr.mu.Lock()
		if t := tr.cycle.Target(); t != nil && !tr.gone {
			listed[tr.ref()] = true
			all = append(all, tr.status(t, now))
		}
		tr.unlock()
	}
	for _, t := range s.Rules.Targets {
		if ref, ok := t.Ref(); ok && !listed[ref] {
			all = append(all, TargetStatus{Ref: ref.String(), Target: t.Name, Min: t.Min, Max: t.Max, Active: []ActiveRule{}, Paused: t.Paused})
		}
	}
	slices.SortFunc(all, func(x, y TargetStatus) int { return strings.Compare(x.Ref, y.Ref) })
	return all
}

// status tells of the ref, which the caller holds.
func (tr *tracker) status(t *rules.Target, now time.Time) TargetStatus {
	state, bounds := tr.cycle.State(), tr.cycle.Bounds()
	s := TargetStatus{
		Ref: tr.name(), Target: t.Name, Count: state.Count, Min: bounds.Min, Max: bounds.Max, Ready: tr.cycle.Ready(), Active: []ActiveRule{},
		Disabled:  state.Count != nil && *state.Count == 0 && bounds.Min > 0,
		LeftAlone: tr.cycle.LeftAlone(),
	}
	for _, p := range state.Pauses() {
		s.Pauses = append(s.Pauses, PauseStatus{directionText(p.Direction), p.Until})
	}
	s.Paused = t.Paused || len(s.Pauses) > 0
	if last := state.Last; last != nil {
		at := last.At
		s.LastChange = &at
		s.Cooldown.Up = after(now, at.Add(t.Cooldown.Up))
		s.Cooldown.Down = after(now, at.Add(t.Cooldown.Down))
	}
	firing := state.FiringByRule()
	for _, name := range slices.Sorted(maps.Keys(firing)) {
		if ep := state.Episode(name); ep != nil {
			s.Active = append(s.Active, ActiveRule{name, ep.Since, firing[name]})
		}
	}
	return s
}

func after(now, t time.Time) *time.Time {
	if t.After(now) {
		return &t
	}
	return nil
}

// Rules tells of each rule of the file, in its order.
func (c *Controller) Rules() []RuleStatus {
	s := c.Snapshot()
	active := map[string][]string{}
	for _, tr := range c.registry.list() {
		tr.mu.Lock()
		for _, name := range slices.Sorted(maps.Keys(tr.cycle.State().FiringByRule())) {
			active[name] = append(active[name], tr.name())
		}
		tr.unlock()
	}
	all := make([]RuleStatus, 0, len(s.Rules.Rules))
	for _, r := range s.Rules.Rules {
		all = append(all, statusOf(r, active[r.Name]))
	}
	return all
}

func statusOf(r *rules.Rule, active []string) RuleStatus {
	s := RuleStatus{
		Name: r.Name, Target: r.Target.Name, Action: r.Action.String(), When: "firing", DryRun: r.DryRun,
		Active: active, Matchers: []string{},
	}
	if r.Resolved {
		s.When = "resolved"
	}
	if r.Cooldown != nil {
		s.Cooldown = r.Cooldown.String()
	}
	if s.Active == nil {
		s.Active = []string{}
	}
	for _, m := range r.Matchers {
		s.Matchers = append(s.Matchers, m.String())
	}
	return s
}
