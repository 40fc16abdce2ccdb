package engine

import (
	"slices"
	"strings"
	"time"

	"alertscale/rules"

	"github.com/stretchr/testify/require"
)

// limits is what the watch knows of the changes that were made, to tell what may still be.
type limits struct {
	cycle     *Cycle         // of the process that was last seen
	applied   []CountStep    // that the process knows of, of a target with behavior
	kept      int            // of them, those that are known to be stored
	changedAt time.Time      // when a change was last made, or found to have been
	made      []made         // by rules, for their repeats
	asking    *asked         // the last change that was asked for
	floor     *int           // the count before the first step up, where there is a way back
	final     map[string]int // how often rules stepped, by their names
}

// made is a change that was asked for.
type made struct {
	at     time.Time
	rule   string
	partly bool
}

// apply notes a change that the process knows to have been made. What lies before all periods does not count any more, also
// where another file has a longer one.
func (o *watch) apply(t *rules.Target, by int) {
	now := o.y.world.now
	if o.changedAt = now; t == nil || t.Behavior == nil {
		return
	}
	var longest time.Duration
	for _, p := range slices.Concat(t.Behavior.Up.Policies, t.Behavior.Down.Policies) {
		longest = max(longest, p.Period)
	}
	o.applied = slices.DeleteFunc(o.applied, func(c CountStep) bool { return !c.At.After(now.Add(-longest)) })
	o.applied = append(o.applied, CountStep{now, by})
}

// follow takes over what another process knows: what the first had no time to store it finds out by reading.
func (o *watch) follow(c *Cycle) {
	if o.cycle == c {
		if c.Saved() {
			o.kept = len(o.applied)
		}
		return
	}
	o.cycle, o.fired, o.fires = c, map[string]time.Time{}, map[string]time.Time{}
	if o.wasSetBack { // what is stored is of another clock
		o.applied = slices.Clone(c.State().policies().Steps)
	}
	o.applied = slices.DeleteFunc(o.applied, func(a CountStep) bool {
		return c.State().policies().Steps != nil && !slices.ContainsFunc(c.State().policies().Steps, func(s CountStep) bool { return s.At.Equal(a.At) && s.By == a.By })
	})
	o.kept = len(o.applied)
}

// untwin takes out a change that was made just before the process ended, and was found to have been made at that very time
// by the next one.
func (o *watch) untwin(known []CountStep) {
	n := len(o.applied)
	if n < 2 || o.applied[n-1] != o.applied[n-2] {
		return
	}
	same := func(all []CountStep) (times int) {
		for _, s := range all {
			if s == o.applied[n-1] {
				times++
			}
		}
		return times
	}
	if times := same(known); times > 0 && same(o.applied) > times {
		o.applied = o.applied[:n-1]
	}
}

// withinLimits checks that a change is no further and no sooner than the file lets it be.
func (o *watch) withinLimits(e *errand) {
	a, now := e.asked, o.y.world.now
	d := rules.DirectionOf(a.From, a.To)
	if a.target.Behavior != nil {
		o.withinPolicies(a, d)
	}
	s := e.c.State()
	if isRestore(a.rule.Name) {
		o.onTheWayBack(s, a)
	}
	if last := s.Last; a.target.WaitReady > 0 && d == rules.Up && o.y.only().unready && last != nil && last.To > last.From {
		require.Falsef(o.y.r, now.Before(o.changedAt.Add(a.target.WaitReady)), "%d → %d, though the last step up is not ready", a.From, a.To)
	}
	ep := s.episode(a.rule.Name)
	partly := ep != nil && ep.Call != nil && ep.Call.goalMissed(a.rule.Action, a.To)
	if a.rule.Repeat > 0 && len(o.made) > 0 && ep != nil && ep.Call != nil && ep.Call.At.After(ep.Since) { // not the first call
		last := o.made[len(o.made)-1]
		soon := last.rule == a.rule.Name && !last.partly && now.Sub(last.at) < a.rule.Repeat
		require.Falsef(o.y.r, soon, "%q repeats after %s: %+v, %+v, %+v", a.rule.Name, now.Sub(last.at), *ep, ep.Call, o.made[max(0, len(o.made)-3):])
	}
	a.partly, o.asking = partly, a
}

// withinPolicies checks a change against each window of the policies, by the changes that were made in it.
func (o *watch) withinPolicies(a *asked, d rules.Direction) {
	now, s := o.y.world.now, a.target.Behavior.For(d)
	require.NotEqualf(o.y.r, rules.SelectDisabled, s.Select, "%d → %d, though that is disabled", a.From, a.To)
	furthest := 0
	for i, p := range s.Policies {
		start := a.From
		for _, c := range o.applied {
			if c.At.After(now.Add(-p.Period)) {
				start -= c.By
			}
		}
		by := p.Value // in replicas, away from the start
		if p.Percent && d == rules.Up {
			by = (start*p.Value + 99) / 100
		} else if p.Percent {
			by = start - start*(100-min(p.Value, 100))/100
		}
		to := (start + int(d)*by) * int(d)
		if i == 0 || (s.Select == rules.SelectMin) == (to < furthest) {
			furthest = to
		}
	}
	require.LessOrEqualf(o.y.r, a.To*int(d), furthest, "%d → %d by %q is further than behavior allows, after %v; it knows of %v", a.From, a.To, a.rule.Name, o.applied, o.y.state().policies().Steps)
}

// onTheWayBack checks a step of the way back.
func (o *watch) onTheWayBack(s *RefState, a *asked) {
	t, now := a.target, o.y.world.now
	require.Less(o.y.r, a.To, a.From)
	goal, _, _ := o.y.only().bounds(t)
	switch {
	case t.Restore.Baseline != nil:
		goal = max(goal, *t.Restore.Baseline)
	case o.floor != nil:
		goal = max(goal, *o.floor)
	}
	require.GreaterOrEqualf(o.y.r, a.To, goal, "%d → %d is below the baseline", a.From, a.To)
	require.Falsef(o.y.r, now.Before(o.changedAt.Add(t.Restore.Every)), "%d → %d comes too soon after the last change", a.From, a.To)
	for _, r := range o.y.set.Rules {
		if r.DryRun || r.Resolved || rules.Holds(r.Action) || r.Action.Direction() != rules.Up {
			continue
		}
		require.Falsef(o.y.r, !o.fired[r.Name].IsZero() && now.Before(o.fired[r.Name].Add(t.Restore.After)), "%d → %d, though %q was active at %s", a.From, a.To, r.Name, o.fired[r.Name])
	}
}

// arm notes the count before the first step up, where there is a way back to it.
func (o *watch) arm(t *rules.Target, from, to int) {
	if t != nil && t.Restore != nil && to > from && o.floor == nil {
		o.floor = &from
	}
}

// landed notes a change that was carried out, whoever knows of it.
func (o *watch) landed(a *asked) {
	o.changedAt = o.y.world.now
	o.arm(a.target, a.From, a.To)
	if a.rule == nil {
		return
	}
	if o.made = append(o.made, made{o.y.world.now, a.rule.Name, a.partly}); a != o.asking { // late: its call may be served already
		o.made = nil
	}
	if _, follows := a.rule.Action.(*rules.Proportional); follows || a.partly || a.rule.Repeat > 0 || isRestore(a.rule.Name) {
		return
	}
	o.final[strings.TrimSpace(a.rule.Name+map[bool]string{true: " resolved"}[a.rule.Resolved])]++
	o.once(a.rule)
}

// once checks that a rule stepped no more often than alerts of it began.
func (o *watch) once(rule *rules.Rule) {
	if o.leapt {
		return
	}
	starts := 0
	for _, h := range o.y.heard {
		if rule.Matchers.Matches(labelSet(h.labels)) {
			starts += len(h.starts)
		}
	}
	for what, n := range o.final {
		if name, _, _ := strings.Cut(what, " "); name == rule.Name {
			require.LessOrEqualf(o.y.r, n, starts, "%q stepped more often than its alerts began", what)
		}
	}
}
