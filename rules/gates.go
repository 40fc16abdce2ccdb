package rules

import (
	"fmt"
	"time"
)

// stop finds what keeps a call from competing: the workload as it is now, or that it is switched off, its cooldown, or a
// rule that holds calls of its direction.
func (d *decider) stop(w *wish) {
	switch {
	case w.stopped != "":
	case d.stopped != "":
		w.stopped, w.to, w.why = d.stopped, d.count, append(w.why, d.stopWhy)
	case d.count == 0 && d.target.Min > 0:
		w.stopped, w.to = Paused, 0
		w.why = []string{fmt.Sprintf("paused: the count is 0 and min is %d, so somebody switched it off; min: 0 would allow to scale from 0", d.target.Min)}
	case w.dir == Stay:
	default:
		d.cool(w)
		if w.stopped == "" && w.dir == Down {
			d.hold(w)
		}
	}
}

// cool stops a call whose direction changed too recently.
func (d *decider) cool(w *wish) {
	if d.Next.Last == nil {
		return
	}
	until := d.Next.Last.At.Add(w.rule.cooldown(d.target, w.dir))
	if d.now.Before(until) {
		w.stopped = Cooling
		w.why = append(w.why, fmt.Sprintf("cooldown %s until %s", w.dir, clock(until, d.now)))
		d.wakeBy(until)
	}
}

// clock writes a time for a line of why; with the date where it is not near.
func clock(t, now time.Time) string {
	t = t.In(now.Location())
	if t.Sub(now) > 12*time.Hour {
		return t.Format("2006-01-02 15:04:05")
	}
	return t.Format("15:04:05")
}

// hold stops a call down while a rule that goes up is active.
func (d *decider) hold(w *wish) {
	for _, r := range d.rulesThatFire() {
		if r != w.rule && d.goesUp(r) {
			w.stopped = Held
			w.why = append(w.why, fmt.Sprintf("held while %q is active, which goes up", r.Name))
			return
		}
	}
}

// rulesThatFire lists the active rules in the order of the file.
func (d *decider) rulesThatFire() []*Rule {
	var all []*Rule
	for name, n := range d.firing {
		if r := d.target.set.rule(name, d.target); r != nil && n > 0 {
			all = append(all, r)
		}
	}
	sortRules(all)
	return all
}

// goesUp tells whether an active rule holds calls down.
func (d *decider) goesUp(r *Rule) bool {
	if r.Resolved || r.DryRun {
		return false
	}
	if !r.Action.isSet() {
		return r.Action.Direction == Up
	}
	want := r.Action.Set
	if r.Action.templated() {
		ep := d.Next.Episodes[r.Name]
		if ep == nil || ep.Want == nil {
			return false
		}
		want = *ep.Want
	}
	return want >= d.count
}

// gates takes the winning wish through the gates, each with its line of why.
func (d *decider) gates(w wish) (int, []string) {
	return d.bounds(w)
}

// bounds limits what is asked for. Inside them a wish is clamped. Outside them it must go towards
// them, and then it gets what it asked for and not more, clamped at the far bound.
func (d *decider) bounds(w wish) (int, []string) {
	low, high := d.target.Min, d.target.Max
	switch {
	case w.dir == Stay:
		return d.count, nil
	case d.count > high && w.dir == Up:
		return d.count, []string{fmt.Sprintf("above max %d already", high)}
	case d.count < low && w.dir == Down:
		return d.count, []string{fmt.Sprintf("below min %d already", low)}
	case w.dir == Up && w.to > high:
		return high, []string{fmt.Sprintf("max %d: %d → %d", high, w.to, high)}
	case w.dir == Down && w.to < low:
		return low, []string{fmt.Sprintf("min %d: %d → %d", low, w.to, low)}
	default:
		return w.to, nil
	}
}
