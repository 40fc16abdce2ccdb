package rules

import (
	"fmt"
	"slices"
	"time"
)

// lookAgain is how long a call that something without a known end stops is left alone.
const lookAgain = time.Minute

// settleFor is how long an attempt of unknown outcome may still be on its way.
const settleFor = 10 * time.Minute

// Decide decides one absolute count for a ref of t from its open calls and the count that was read.
func Decide(t *Target, mem Memory, seen Observed, now time.Time) Outcome {
	d := decider{target: t, now: now, count: seen.Count, seen: seen}
	d.stopped, d.stopWhy = stopOf(seen)
	d.Next = mem.clone()
	d.Changed = d.Next.advance(t, now)
	d.settle()
	d.Next.Count = &seen.Count
	d.firing = d.Next.Firing()
	real, dry := d.wishes()
	if len(real) > 0 {
		d.Decisions = append(d.Decisions, d.arbitrate(real))
	}
	for i := range dry {
		d.Decisions = append(d.Decisions, d.rehearse(dry[i]))
	}
	d.wakeBy(d.Next.NextWake(t, now))
	return d.Outcome
}

// decider is one run of Decide.
type decider struct {
	Outcome
	target  *Target
	now     time.Time
	count   int
	seen    Observed
	stopped Verdict
	stopWhy string
	firing  map[string]int
}

// wish is an open call at the present count.
type wish struct {
	rule *Rule
	call *Call
	to   int
	dir  Direction
	why  []string
	// stopped is the verdict that keeps the call from competing; empty: it competes.
	stopped Verdict
}

func (d *decider) wakeBy(at time.Time) {
	if !at.IsZero() && (d.Wake.IsZero() || at.Before(d.Wake)) {
		d.Wake = at
	}
}

// settle finds out what became of a change whose outcome is not known. From is read: it was not
// applied so far. Anything else: it was, or somebody else made a change; then a step may be too few,
// but never one too many. A workload that nothing can be done to now does not settle anything: what is
// asked of it may be stored there without being done.
func (d *decider) settle() {
	in := d.Next.Intent
	if in == nil || d.count == in.From || d.stopped != "" {
		return
	}
	why := fmt.Sprintf("a change %d → %d of unknown outcome: %d is read, it counts as applied now", in.From, in.To, d.count)
	if d.count != in.To {
		why += ", though it may be somebody else's"
	}
	from, to := in.From, d.count
	d.Settled = &Decision{Target: d.target.Name, Rule: in.Rule, Verdict: Scaled, From: &from, To: &to, Why: []string{why}}
	applied := *in
	applied.To, applied.Calls = d.count, union(in.Calls, in.Before)
	d.Next.Intent = &applied
	d.Next.applied(d.target, d.now)
	d.Changed = true
}

// wishes lists the open calls in the order of the file, those of dry-run rules apart.
func (d *decider) wishes() (real, dry []wish) {
	for name, ep := range d.Next.Episodes {
		if !ep.waits(d.firing[name]) {
			continue
		}
		w := d.wish(d.target.set.rule(name, d.target), ep.Call)
		if w.rule.DryRun {
			dry = append(dry, w)
		} else {
			real = append(real, w)
		}
	}
	byRule := func(a, b wish) int { return a.rule.index - b.rule.index }
	slices.SortFunc(real, byRule)
	slices.SortFunc(dry, byRule)
	return real, dry
}

// wish works out what a call asks for now, and notes the count at which it was first looked at.
func (d *decider) wish(r *Rule, c *Call) wish {
	if c.Seen == nil {
		next := *c
		seen := d.count
		next.Seen = &seen
		d.Next.setCall(r.Name, &next)
		d.Changed = true
		c = &next
	}
	w := wish{rule: r, call: c}
	want := r.Action.Set
	if r.Action.templated() {
		if c.Want == nil {
			w.stopped, w.to, w.why = Rejected, d.count, []string{brokenWhy(c)}
			return w
		}
		want = *c.Want
	}
	w.to = r.Action.apply(d.count, want)
	w.dir = direction(d.count, w.to)
	if r.Action.Direction != Stay {
		w.dir = r.Action.Direction // a step down from 0 asks for less all the same
	}
	if c.Lost && passed(*c.Seen, d.count, want) {
		w.to, w.dir = d.count, Stay
	}
	w.why = []string{d.because(r, c), fmt.Sprintf("%s: %d → %d", r.Action.describe(), d.count, w.to)}
	return w
}

// because says where a call comes from.
func (d *decider) because(r *Rule, c *Call) string {
	if c.Resolved {
		return "the last alert is resolved"
	}
	return fires(d.firing[r.Name])
}

func brokenWhy(c *Call) string {
	if c.Broken != "" {
		return c.Broken
	}
	return "set: the rule has got a template; it waits for the next notification"
}

// passed tells whether the count is at or past what a set asked for, seen from the count at its call.
func passed(start, count, want int) bool {
	if start <= want {
		return count >= want
	}
	return count <= want
}

// arbitrate decides over the calls of rules that are not dry: up beats down, and of one direction the
// larger count wins.
func (d *decider) arbitrate(all []wish) Decision {
	for i := range all {
		d.stop(&all[i])
	}
	w := slices.MinFunc(all, byRank)
	dec := d.decision(w)
	if d.stopped == "" && d.stopWhy != "" {
		dec.Why = append(dec.Why, d.stopWhy)
	}
	if w.stopped != "" {
		dec.Verdict, dec.Why = w.stopped, append(dec.Why, d.others(w, all, false)...)
		return dec
	}
	to, lines := d.gates(w)
	dec.Why = append(dec.Why, lines...)
	dec.Why = append(dec.Why, d.others(w, all, true)...)
	d.serve(all, Stay)
	switch {
	case w.dir == Stay:
		dec.Verdict = Duplicate
	case to == d.count:
		dec.Verdict = AtBound
		d.serve(all, w.dir)
	default:
		dec.To = &to
		d.change(&dec, w, all, to)
	}
	if dec.Verdict != Scaled && d.competing(all) {
		d.wakeBy(d.now)
	}
	return dec
}

// byRank puts first what decides: calls that compete before those that are stopped, up before down
// before stay, the larger count, the earlier in the file. A call for what there is comes last, so
// that it is not what is reported where another one changes something.
func byRank(a, b wish) int {
	rank := func(w wish) int {
		r := map[Direction]int{Up: 0, Down: 1, Stay: 2}[w.dir]
		if w.stopped != "" {
			r += 3
		}
		if w.stopped == Rejected {
			r += 3
		}
		return r
	}
	if x, y := rank(a), rank(b); x != y {
		return x - y
	}
	if a.to != b.to {
		return b.to - a.to
	}
	return a.rule.index - b.rule.index
}

// change turns the winning call into an intent, or into a dry run.
func (d *decider) change(dec *Decision, w wish, all []wish, to int) {
	if d.target.DryRun {
		dec.Verdict = DryRun
		d.serve(all, w.dir)
		return
	}
	dec.Verdict = Scaled
	in := &Intent{At: d.now, From: d.count, To: to, Rule: w.rule.Name, Attempts: 1}
	if old := d.Next.Intent; old != nil {
		in.Attempts, in.Before = old.Attempts+1, union(old.Before, old.Calls)
	}
	for i := range all {
		if o := &all[i]; o.stopped == "" && o.dir == w.dir {
			in.Calls = append(in.Calls, o.call.ID)
		}
	}
	d.Next.Intent, d.Changed = in, true
	d.Change = &Change{From: d.count, To: to, Version: d.seen.Version}
}

// serve closes the calls of a direction that nothing stops.
func (d *decider) serve(all []wish, dir Direction) {
	for i := range all {
		if o := &all[i]; o.stopped == "" && o.dir == dir {
			d.Next.serve(o.rule.Name)
			d.Changed = true
		}
	}
}

// competing tells whether a call that nothing stops is still open.
func (d *decider) competing(all []wish) bool {
	return slices.ContainsFunc(all, func(w wish) bool {
		ep := d.Next.Episodes[w.rule.Name]
		return w.stopped == "" && ep != nil && ep.Call != nil
	})
}

// rehearse decides the call of a dry-run rule by itself.
func (d *decider) rehearse(w wish) Decision {
	d.stop(&w)
	dec := d.decision(w)
	if w.stopped != "" {
		dec.Verdict = w.stopped
		return dec
	}
	to, lines := d.gates(w)
	dec.Why = append(dec.Why, lines...)
	switch {
	case w.dir == Stay:
		dec.Verdict = Duplicate
	case to == d.count:
		dec.Verdict = AtBound
	default:
		dec.Verdict, dec.To = DryRun, &to
	}
	d.serve([]wish{w}, w.dir)
	return dec
}

func (d *decider) decision(w wish) Decision {
	from := d.count
	return Decision{Target: d.target.Name, Rule: w.rule.Name, From: &from, To: &from, Why: w.why}
}

// others names the calls that did not decide.
func (d *decider) others(w wish, all []wish, served bool) []string {
	var lines []string
	for i := range all {
		o := &all[i]
		switch {
		case o.rule == w.rule:
		case o.stopped != "":
			lines = append(lines, fmt.Sprintf("%q waits: %s", o.rule.Name, o.why[len(o.why)-1]))
		case served && o.dir == w.dir:
			lines = append(lines, fmt.Sprintf("%q is served by this: %s", o.rule.Name, o.why[1]))
		case o.dir == Stay:
			lines = append(lines, fmt.Sprintf("%q asks for what there is", o.rule.Name))
		default:
			lines = append(lines, fmt.Sprintf("%q waits: %s, and up beats down", o.rule.Name, o.why[1]))
		}
	}
	return lines
}
