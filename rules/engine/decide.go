package engine

import (
	"fmt"
	"slices"
	"time"

	"alertscale/rules"

	"github.com/prometheus/common/model"
)

// decided is what a decision comes to.
type decided struct {
	decisions []Decision // the ref's, where there is one, then one for each dry-run rule
	settled   *Decision  // of a change whose outcome had not been known
	change    *Change    // nil: nothing to ask of the driver
	next      RefState   // to be stored before the change is asked for
	changed   bool       // whether next differs from what was there in more than the count

	until time.Time // when the first wait ends that the clock ends; zero: none
	poll  Poll      // the most often that one of the open calls is to be looked at
	again bool      // a call that nothing stops is still open
	held  bool      // a call waits for as long as alerts fire
	alone string    // why the workload is left alone: it is to say its own bounds, and does not; empty: it is not
}

// decider is one run of decide.
type decider struct {
	decided
	set      *rules.Set
	target   *rules.Target
	observed Observed
	now      time.Time
}

// decide decides one absolute count for a ref of t from its open calls and the count that was read.
func decide(set *rules.Set, t *rules.Target, state RefState, seen Observed, now time.Time) decided {
	d := decider{set: set, target: t, observed: seen, now: now}
	d.next = state.clone()
	d.changed = d.next.expire(set, t, now)
	d.settle()
	d.alone = d.next.enterBounds(t, seen.Bounds)
	count := seen.Count // by itself, for as long as the state is there
	d.next.Count, d.next.ReadAt, d.next.MissingAt = &count, now, time.Time{}
	d.changed = d.next.restores(set, t, now) || d.changed
	d.next.forgetBehavior(t)
	if d.next.open() {
		d.changed = d.next.noteReverted(seen.Count, now) || d.changed
	}
	real, dry := d.cases()
	d.fillGap(real)
	if len(real) > 0 {
		d.decisions = append(d.decisions, d.arbitrate(real))
	} else {
		d.recommend(seen.Count, now)
	}
	for _, c := range dry {
		d.decisions = append(d.decisions, d.rehearse(c))
	}
	return d.decided
}

// cases lists the open calls in the order of the file, those of dry-run rules apart.
func (d *decider) cases() (real, dry []*Case) {
	s := &Situation{
		Set: d.set, Target: d.target, State: &d.next, Observed: d.observed, Firing: d.next.FiringByRule(), Now: d.now,
		Bounds: d.target.BoundsWith(d.next.Own()), Alone: d.alone,
	}
	for name, ep := range d.next.episodes() {
		if !ep.waits(d.next.firing(name)) {
			continue
		}
		c := d.newCase(s, d.set.RuleFor(name, d.target), ep.Call)
		if c.Rule.DryRun {
			dry = append(dry, c)
		} else {
			real = append(real, c)
		}
	}
	byRule := func(a, b *Case) int { return a.Rule.Index - b.Rule.Index }
	slices.SortFunc(real, byRule)
	slices.SortFunc(dry, byRule)
	return real, dry
}

// newCase works out what a call asks for now, and notes the count at which it was first looked at.
func (d *decider) newCase(s *Situation, r *rules.Rule, call *Call) *Case {
	count := d.observed.Count
	if call.Start == nil {
		next := *call
		next.Start = &count
		d.next.setCall(r.Name, &next)
		d.changed = true
		call = &next
	}
	c := &Case{Situation: s, Rule: r, Call: call}
	call = d.settleFigure(r, call)
	in := rules.Input{Count: count, Value: call.Value, Figure: call.Figure, Behavior: d.target.Behavior}
	c.Want = r.Action.Want(in)
	if call.Preempted && !r.Action.Outstanding(*call.Start, in) {
		c.Want.Count, c.Want.Direction = count, rules.Stay
	}
	if goal, begun := call.goal(r.Action); begun { // a step, of which a part is done
		c.Want.Count, c.Want.Direction = goal, r.Action.Direction()
		c.Want.Reason = fmt.Sprintf("%s: the rest of it, to %d", r.Action, goal)
		if !call.goalMissed(r.Action, count) {
			c.Want.Count, c.Want.Direction = count, rules.Stay
		}
	}
	c.To = c.Want.Count
	c.Why = []string{c.because(), c.Want.Reason}
	c.check()
	if !c.competes() {
		c.To = count
	}
	d.wait(c)
	return c
}

// because says where a call comes from.
func (c *Case) because() string {
	if isRestore(c.Rule.Name) {
		return fmt.Sprintf("no rule that goes up has been active for %s", model.Duration(c.Target.Restore.After))
	}
	if c.Call.AtEnd {
		return "the last alert is resolved"
	}
	return fires(c.State.firing(c.Rule.Name))
}

// wait notes when a call that waits is to be looked at again.
func (d *decider) wait(c *Case) {
	if c.competes() {
		return
	}
	// A call is worth a look when the first of its reasons has ended.
	d.waitFor(c.waits[0])
	d.held = d.held || c.waits[0].Gate == Held
}

func (d *decider) waitFor(r *Reason) {
	if !r.Until.IsZero() {
		d.until = soonest(d.until, r.Until)
	}
	d.poll = max(d.poll, r.Poll)
}
