package controller

import (
	"maps"
	"slices"
	"time"

	"alertscale/rules"
)

// Decisions returns what was decided, newest first, duplicates left out.
func (a *Adapter) Decisions(q Query) []Logged { return a.history.find(q) }

// Targets tells of each ref that the file covers and that is known: those of fixed targets, and those
// that alerts named.
func (a *Adapter) Targets() []TargetStatus {
	f, now := a.file.Load(), a.Now()
	all := []TargetStatus{}
	listed := map[rules.Ref]bool{}
	for _, en := range a.entries() {
		en.mu.Lock()
		t := f.Rules.Owner(en.ref, en.mem.Target)
		if t != nil && !en.gone {
			listed[en.ref] = true
			all = append(all, en.status(t, now))
		}
		en.mu.Unlock()
	}
	for _, t := range f.Rules.Targets {
		if ref, ok := t.Ref(); ok && !listed[ref] {
			all = append(all, TargetStatus{Ref: ref.String(), Target: t.Name, Min: t.Min, Max: t.Max, Active: []ActiveRule{}})
		}
	}
	slices.SortFunc(all, func(x, y TargetStatus) int {
		if x.Ref < y.Ref {
			return -1
		}
		return 1
	})
	return all
}

// status tells of the entry, which the caller holds.
func (en *entry) status(t *rules.Target, now time.Time) TargetStatus {
	s := TargetStatus{
		Ref: en.name, Target: t.Name, Count: en.mem.Count, Min: t.Min, Max: t.Max, Ready: en.ready, Active: []ActiveRule{},
		Paused: en.mem.Count != nil && *en.mem.Count == 0 && t.Min > 0,
	}
	if last := en.mem.Last; last != nil {
		at := last.At
		s.LastChange = &at
		s.Cooldown.Up = after(now, at.Add(t.Cooldown.Up))
		s.Cooldown.Down = after(now, at.Add(t.Cooldown.Down))
	}
	firing := en.mem.Firing()
	for _, name := range slices.Sorted(maps.Keys(firing)) {
		if ep := en.mem.Episodes[name]; ep != nil {
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
func (a *Adapter) Rules() []RuleStatus {
	f := a.file.Load()
	active := map[string][]string{}
	for _, en := range a.entries() {
		en.mu.Lock()
		for _, name := range slices.Sorted(maps.Keys(en.mem.Firing())) {
			active[name] = append(active[name], en.name)
		}
		en.mu.Unlock()
	}
	all := make([]RuleStatus, 0, len(f.Rules.Rules))
	for _, r := range f.Rules.Rules {
		s := RuleStatus{
			Name: r.Name, Target: r.Target.Name, Action: r.Action.String(), When: "firing", DryRun: r.DryRun,
			Active: active[r.Name], Matchers: []string{},
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
		all = append(all, s)
	}
	return all
}
