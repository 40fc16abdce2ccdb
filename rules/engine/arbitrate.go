package engine

import (
	"fmt"
	"slices"

	"alertscale/rules"
)

// arbitrate decides over the calls of rules that are not dry: up beats down, and of one direction the
// larger count wins.
func (d *decider) arbitrate(all []*Case) Decision {
	w := slices.MinFunc(all, byRank)
	d.note(w)
	if !w.competes() {
		d.recommend(d.observed.Count, d.now)
		return d.decision(w, d.toldOnce(w), d.others(w, all, false))
	}
	limited := w.limit()
	d.recommend(w.Want.Count, d.now)
	others := d.others(w, all, limited.serves())
	d.serve(all, rules.Stay)
	dec := d.decision(w, Duplicate, others)
	switch {
	case w.Want.Direction == rules.Stay:
	case !limited.serves():
		dec.Verdict = limited.Gate
		d.waitFor(limited)
		_, mute := w.Rule.Muted(d.now) // then it keeps nobody back
		d.until = soonest(d.until, mute)
		return dec
	case limited != nil:
		dec.Verdict = limited.Gate
		d.serve(all, w.Want.Direction)
	default:
		d.ask(&dec, w, all)
	}
	d.again = dec.Verdict != Scaled && d.competing(all)
	return dec
}

// note adds what else is to be known of the workload.
func (d *decider) note(w *Case) {
	if _, stopped := d.observed.Obstacle(); stopped {
		return
	}
	for _, c := range d.observed.Conditions {
		w.Why = append(w.Why, c.Text)
	}
}

// toldOnce is the verdict of a call that waits. What is to be reported once an episode is, from then on, nothing new.
func (d *decider) toldOnce(c *Case) Verdict {
	why := c.waits[0]
	ep := d.next.episode(c.Rule.Name)
	switch {
	case !why.Once:
		return c.verdict()
	case ep.LeftAlone == why.Text:
		return Duplicate
	}
	next := *ep
	next.LeftAlone = why.Text
	d.next.setEpisode(c.Rule.Name, &next)
	d.changed = true
	return c.verdict()
}

// byRank puts first what decides: calls that compete before those that wait, up before down
// before stay, the larger count, the earlier in the file. A call for what there is comes last, so
// that it is not what is reported where another one changes something.
func byRank(a, b *Case) int {
	rank := func(c *Case) int {
		r := map[rules.Direction]int{rules.Up: 0, rules.Down: 1, rules.Stay: 2}[c.Want.Direction]
		switch {
		case c.competes():
		case c.verdict() == Rejected:
			r += 6
		default:
			r += 3
		}
		return r
	}
	if x, y := rank(a), rank(b); x != y {
		return x - y
	}
	if a.To != b.To {
		return b.To - a.To
	}
	return a.Rule.Index - b.Rule.Index
}

// ask turns the winning call into an intent, or into a dry run.
func (d *decider) ask(dec *Decision, w *Case, all []*Case) {
	to, count := w.To, d.observed.Count
	dec.To = &to
	if d.target.DryRun {
		dec.Verdict = DryRun
		d.serve(all, w.Want.Direction)
		return
	}
	dec.Verdict = Scaled
	a := Attempt{To: to, Rule: w.Rule.Name}
	for _, c := range all {
		if c.competes() && c.Want.Direction == w.Want.Direction {
			a.Calls = append(a.Calls, c.Call.ID)
		}
	}
	if w.Partly {
		next := *w.Call
		if _, begun := next.goal(w.Rule.Action); !begun && w.Rule.Action.Direction() != rules.Stay {
			next.Start = &count // it begins now
		}
		next.Goal = &w.Want.Count
		d.next.setCall(w.Rule.Name, &next)
	}
	d.next.Intent, d.changed = d.next.attempt(a, count, d.now), true
	d.change = &Change{From: count, To: to, Version: d.observed.Version}
}

// serve closes the calls of a direction that nothing stops.
func (d *decider) serve(all []*Case, direction rules.Direction) {
	for _, c := range all {
		if c.competes() && c.Want.Direction == direction {
			d.next.serve(c.Rule.Name, c.Rule, d.now)
			d.changed = true
		}
	}
}

// competing reports whether a call that nothing stops is still open.
func (d *decider) competing(all []*Case) bool {
	return slices.ContainsFunc(all, func(c *Case) bool {
		ep := d.next.episode(c.Rule.Name)
		return c.competes() && ep != nil && ep.Call != nil
	})
}

// rehearse decides the call of a dry-run rule by itself.
func (d *decider) rehearse(c *Case) Decision {
	if !c.competes() {
		return d.decision(c, d.toldOnce(c), nil)
	}
	limited := c.limit()
	dec := d.decision(c, Duplicate, nil)
	switch {
	case c.Want.Direction == rules.Stay:
	case !limited.serves():
		dec.Verdict = limited.Gate
		d.waitFor(limited)
		return dec
	case limited != nil:
		dec.Verdict = limited.Gate
	default:
		to := c.To
		dec.Verdict, dec.To = DryRun, &to
	}
	d.serve([]*Case{c}, c.Want.Direction)
	return dec
}

func (d *decider) decision(c *Case, v Verdict, others []string) Decision {
	count := d.observed.Count
	dec := Decision{Target: d.target.Name, Rule: c.Rule.Name, Verdict: v, From: &count, To: &count, Why: append(c.Why, others...)}
	dec.Cause = c.Call.Cause
	return dec
}

// others names the calls that did not decide.
func (d *decider) others(w *Case, all []*Case, served bool) []string {
	var lines []string
	for _, c := range all {
		switch {
		case c == w:
		case !c.competes():
			lines = append(lines, fmt.Sprintf("%q waits: %s", c.Rule.Name, c.waits[0].Text))
		case served && c.Want.Direction == w.Want.Direction:
			lines = append(lines, fmt.Sprintf("%q is served by this: %s", c.Rule.Name, c.Want.Reason))
		case c.Want.Direction == rules.Stay:
			lines = append(lines, fmt.Sprintf("%q asks for what there is", c.Rule.Name))
		default:
			lines = append(lines, fmt.Sprintf("%q waits: %s, and up beats down", c.Rule.Name, c.Want.Reason))
		}
	}
	return lines
}
