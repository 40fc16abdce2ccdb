package engine

import (
	"slices"
	"time"

	"alertscale/rules"
)

// pump has the commands of a cycle carried out until it sleeps, or waits for one of them.
func (w *world) pump(c *Cycle) {
	for {
		if heir := w.heirs[c]; heir != nil && !heir.Saved() || w.cycles[c.Ref()] != c {
			return
		}
		cmd := c.Next(w.now)
		w.log = append(w.log, c.Reports()...)
		switch cmd.Kind {
		case Wait:
			if delete(w.wakes, c.Ref()); !cmd.Until.IsZero() {
				w.wakes[c.Ref()] = cmd.Until
			}
			return
		case SleepUntil, Drop:
			w.rest(c, cmd)
			return
		}
		if cmd.Begins {
			w.begin(c)
		}
		e := &errand{c: c, cmd: cmd}
		if cmd.Kind == Scale {
			e.asked = w.asked(e)
			w.allowed(e.asked)
			if w.eyes != nil {
				w.eyes.changing(e)
			}
		}
		w.out = append(w.out, e)
		if !w.async {
			w.carryOut(e)
		}
	}
}

// begin makes all who wait part of the reconciliation that begins.
func (w *world) begin(c *Cycle) {
	for _, p := range w.waiting(c) {
		p.begun = true
	}
}

// complete carries out a command that was given out before.
func (w *world) complete(e *errand) {
	w.carryOut(e)
	w.pump(e.c)
}

// carryOut carries a command out and tells the cycle what came of it, unless the process ends before.
func (w *world) carryOut(e *errand) {
	w.out = slices.DeleteFunc(w.out, func(o *errand) bool { return o == e })
	if w.crashIn > 0 {
		if w.crashIn--; w.crashIn == 0 {
			if w.lands {
				w.execute(e)
			}
			w.crash()
			return
		}
	}
	reply := w.execute(e)
	if e.cmd.Kind == Observe && reply.Outcome == Succeeded {
		w.checkDecide(e.c, reply.Observed)
	}
	if e.cmd.Kind == Observe && !e.cmd.Begins && !e.c.saving { // a call that came up meanwhile may be decided on it
		w.begin(e.c)
	}
	done := e.c.Done(e.cmd, reply, w.now)
	w.sound(e.c)
	if w.eyes != nil {
		w.eyes.done(e, reply, done)
	}
	w.conclude(e.c, done)
}

// execute does what a command says.
func (w *world) execute(e *errand) Reply {
	switch e.cmd.Kind {
	case Save:
		return w.store.put(e.cmd.Record)
	case Load:
		return w.store.load(e.c.Name())
	case Observe:
		return w.observe(e.c.Ref())
	case Ask:
		return w.lookUp(e.cmd)
	case Plan:
		return w.plan(e.cmd.Change)
	default:
		return w.scale(e.asked)
	}
}

// waiting lists what notifications wait for of a ref.
func (w *world) waiting(c *Cycle) []*promise {
	var all []*promise
	for _, p := range w.promise {
		if p.c == c {
			all = append(all, p)
		}
	}
	return all
}

// keep tells those who wait what there is to tell.
func (w *world) keep(all []*promise, tell func(*promise) []Decision) {
	for _, p := range all {
		p.kept, p.all = true, tell(p)
	}
	w.promise = slices.DeleteFunc(w.promise, func(p *promise) bool { return p.kept })
}

// conclude tells those who wait what a reconciliation came to.
func (w *world) conclude(c *Cycle, r Conclusion) {
	waiting := w.waiting(c)
	switch {
	case r.Unsaved != "":
		w.keep(waiting, func(p *promise) []Decision { return []Decision{failed(p, r.Unsaved)} })
	case len(r.Decisions) > 0:
		if r.New && len(waiting) == 0 {
			w.log = append(w.log, r.Decisions...)
		}
		begun := slices.DeleteFunc(waiting, func(p *promise) bool { return !p.begun })
		w.keep(begun, func(*promise) []Decision { return r.Decisions })
	}
}

func failed(p *promise, why string) Decision {
	d := p.result.Decision
	d.Verdict, d.Why = Failed, []string{why}
	return d
}

// rest lets a ref sleep, and tells those who wait what their own notification came to.
func (w *world) rest(c *Cycle, cmd Command) {
	w.keep(w.waiting(c), func(p *promise) []Decision {
		d := p.result.Decision
		d.From, d.To = c.State().Count, c.State().Count
		if cmd.Failed != "" {
			d = failed(p, cmd.Failed)
		}
		return []Decision{d}
	})
	delete(w.wakes, c.Ref())
	if w.eyes != nil {
		w.eyes.sleeps(c, cmd)
	}
	if cmd.Kind == Drop {
		delete(w.cycles, c.Ref())
	} else if !cmd.Until.IsZero() {
		w.wakes[c.Ref()] = cmd.Until
	}
}

// until lets time pass, with everything that happens by itself on the way.
func (w *world) until(when string) *world { w.t.Helper(); return w.untilTime(at(when)) }

func (w *world) untilTime(end time.Time) *world {
	w.t.Helper()
	for turns := 0; ; turns++ {
		when, do := w.nextThing(end)
		if do == nil {
			w.now = later(w.now, end)
			return w
		}
		if when.After(w.now) {
			w.now, turns = when, 0
		}
		if turns > 100 {
			w.t.Fatalf("at %s: the loop is woken again and again", w.now.Sub(epoch))
		}
		do()
	}
}

// nextThing is the first of what happens by itself until a time: a change that was held back arrives, or a ref
// wakes.
func (w *world) nextThing(end time.Time) (time.Time, func()) {
	var do func()
	when := end
	for i, l := range w.late {
		if !l.at.After(end) && (do == nil || l.at.Before(when)) {
			when, do = l.at, func() {
				w.late = slices.Delete(w.late, i, i+1)
				w.arrive(l.asked)
			}
		}
	}
	for _, c := range w.sorted() {
		if wake := w.wakes[c.Ref()]; !wake.IsZero() && !wake.After(end) && (do == nil || wake.Before(when)) {
			when, do = wake, func() {
				delete(w.wakes, c.Ref())
				w.pump(c)
			}
		}
	}
	return when, do
}

// asked returns a change as the driver gets it.
func (w *world) asked(e *errand) *asked {
	rule := e.c.State().Intent.last().Rule
	return &asked{Change: e.cmd.Change, ref: e.c.Ref(), rule: w.set.RuleFor(rule, e.c.Target()), target: e.c.Target()}
}

// record enters what a notification says of a ref, with what holds of it.
func (w *world) record(c *Cycle, r *rules.RefAlerts) Result {
	w.checkRecord(c, r)
	result := c.Record(r, w.now)
	w.sound(c)
	return result
}
