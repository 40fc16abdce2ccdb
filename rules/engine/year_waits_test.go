package engine

import (
	"slices"
	"time"

	"alertscale/rules"

	"github.com/stretchr/testify/require"
)

// sleeps checks that whatever waits has an end, by the clock or by an event that is named.
func (o *watch) sleeps(c *Cycle, cmd Command) {
	o.look(c)
	c.work()
	if o.read {
		o.read = false
		o.alone++
	}
	if calls := c.State().Calls; calls != o.calls { // a repeat is no wait
		o.calls, o.alone = calls, 0
	}
	if c.Target() == nil || !c.State().open() {
		return
	}
	out := decide(o.y.set, c.Target(), *c.State(), overridden(c.Target(), o.seen), o.y.world.now)
	if c.State().Intent != nil || out.poll != PollNever && !o.toldOf(out.decisions) {
		o.alone = 0 // which is read each minute, for a while
	}
	require.LessOrEqualf(o.y.r, o.alone, 12, "read by itself again and again, and nothing came of it: %+v", out.decisions)
	if !c.due().IsZero() || o.verdict == Rejected || !c.State().ReadAt.Equal(o.y.world.now) || cmd.Failed != "" || c.unsaved {
		return
	}
	require.Nil(o.y.r, out.change, "it sleeps, though something is to be done")
	wakes := out.until.IsZero() || !c.expiry.IsZero() && !c.expiry.After(out.until) // as at the end of a pause
	require.Truef(o.y.r, wakes && out.poll == PollNever && !out.again, "a wait without an end: %+v", out.decisions)
	require.NotEqual(o.y.r, Drop, cmd.Kind)
}

// toldOf reports whether all that calls wait for is told of, or ends by the clock: nobody has to look for it, whatever the
// cycle says.
func (o *watch) toldOf(all []Decision) bool {
	if len(o.seen.Conditions) > 0 || o.seen.Count == 0 {
		return false
	}
	for _, r := range o.y.set.Rules {
		if !rules.Holds(r.Action) && r.Action.Direction() == rules.Stay {
			return false // what it holds depends on the count
		}
	}
	told := []Verdict{Held, Paused, Muted, Cooling, Reverted}
	return len(all) > 0 && !slices.ContainsFunc(all, func(d Decision) bool { return !slices.Contains(told, d.Verdict) })
}

// quietAfter is for how long nothing must have come from outside for all to be done that can be.
const quietAfter = 2*time.Minute + time.Second

// served checks that nothing is left to be done which could be.
func (o *watch) served() {
	y := o.y
	c := y.cycles[y.ref()]
	if c == nil || c.Target() == nil || y.only().missing || len(y.world.next)+len(y.world.reads)+len(y.store.next)+len(y.world.late) > 0 || o.verdict == Rejected || o.verdict == Failed {
		return
	}
	s, l := c.State(), y.only()
	o.wayBackBegins(c)
	polled := o.verdict == Disabled || o.verdict == Owned || o.verdict == NotReady
	if s.Intent != nil || c.unsaved || !c.due().IsZero() && !polled || s.ReadAt.Before(o.factsAt) && !polled {
		return
	}
	there := overridden(c.Target(), Observed{Count: l.count, Ready: !l.unready, Conditions: l.conditions, Bounds: l.own})
	out := decide(y.set, c.Target(), *s, there, y.world.now)
	require.Nilf(y.r, out.change, "something was still to be done: %+v", out.decisions)
}

// overridden is what is read, where the target has no regard for an owner.
func overridden(t *rules.Target, seen Observed) Observed {
	if t.OverrideOwner {
		seen.Conditions = slices.DeleteFunc(slices.Clone(seen.Conditions), func(c Condition) bool { return c.Type == ConditionOwned })
	}
	return seen
}

// wayBackBegins checks that time counts for the way back once no rule that goes up is active, nor kept so.
func (o *watch) wayBackBegins(c *Cycle) {
	s, b := c.State(), c.State().policies().Baseline
	if b == nil || c.Target().Restore == nil || c.joined {
		return
	}
	for _, r := range o.y.set.Rules {
		ep := s.episode(r.Name)
		if ep == nil || r.DryRun || r.Resolved || rules.Holds(r.Action) || r.Action.Direction() == rules.Down {
			continue
		}
		if s.firing(r.Name) > 0 || o.y.world.now.Before(later(o.fired[r.Name], ep.QuietAt).Add(r.KeepActiveFor)) {
			return
		}
	}
	require.NotZerof(o.y.r, b.QuietAt, "nothing goes up, and the way back does not begin: %s", dump(o.y.r, *s))
}

// back checks that the way back has ended, where nothing is in its way.
func (o *watch) back() {
	c := o.y.cycles[o.y.ref()]
	if c == nil || c.Target() == nil || c.Target().Paused || c.State().policies().Baseline == nil || len(c.State().Pauses()) > 0 {
		return
	}
	if at := c.State().policies().Baseline.QuietAt; at.IsZero() || o.y.world.now.Before(at.Add(8*time.Hour)) { // a resolve was lost
		return
	}
	b := c.Target().Behavior
	if b != nil && b.Down.Select == rules.SelectDisabled { // nothing goes down
		return
	}
	if c.State().policies().Reverts != nil {
		return
	}
	out := decide(o.y.set, c.Target(), *c.State(), o.seen, o.y.world.now)
	if len(out.decisions) > 0 && out.decisions[0].Verdict == Held { // by an alert whose resolve was lost
		return
	}
	require.Failf(o.y.r, "the way back did not end", "at %s: %d, to %+v: %+v", o.y.world.now, o.y.only().count, *c.State().policies().Baseline, out.decisions)
}
