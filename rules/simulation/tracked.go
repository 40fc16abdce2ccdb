package simulation

import (
	"time"

	"alertscale/rules"
	"alertscale/rules/engine"
)

// tracked is a ref of which something is known.
type tracked struct {
	cycle  *engine.Cycle
	groups []rules.GroupID // that tell of it, as they are indexed

	wakeAt time.Time
	place  int // in the heap of wakes; -1: it is not there
}

// waiter is a notification that waits for what becomes of a ref.
type waiter struct {
	result engine.Result
	begun  bool // a reconciliation began that it is part of
	done   bool
	told   []engine.Decision
}

// track returns what is known of a ref.
func (s *Simulation) track(ref rules.Ref) *tracked {
	if t := s.refs[ref]; t != nil {
		return t
	}
	return s.add(engine.NewCycle(ref, engine.CycleOptions{}))
}

func (s *Simulation) add(cycle *engine.Cycle) *tracked {
	cycle.Use(s.o.Set, engine.Backend{Connected: true})
	t := &tracked{cycle: cycle, place: -1}
	s.refs[cycle.Ref()] = t
	s.told.index(t)
	s.wakes.set(t, s.now.Add(minSleep))
	return t
}

// record enters a notification's part for a ref, and returns what it comes to.
func (s *Simulation) record(t *tracked, r *rules.RefAlerts) (decisions, refused []engine.Decision) {
	result := t.cycle.Record(r, s.now)
	switch {
	case result.Refused != nil:
		for _, e := range result.Refused {
			refused = append(refused, engine.Refusal(e, r.Event))
		}
	case result.Repeat:
		s.report(result.Decision)
		s.wakes.sooner(t, result.Sleep)
		decisions = append(decisions, result.Decision)
	default:
		w := &waiter{result: result}
		s.pump(t, w)
		decisions = w.told
	}
	return decisions, refused
}

// pump has the commands of a ref's cycle carried out until it sleeps. w is who waits for it; nil: nobody does.
func (s *Simulation) pump(t *tracked, w *waiter) {
	for {
		cmd := t.cycle.Next(s.now)
		s.report(t.cycle.Reports()...)
		if w != nil && cmd.Begins {
			w.begun = true
		}
		switch cmd.Kind {
		case engine.SleepUntil, engine.Wait, engine.Drop:
			s.rest(t, cmd, w)
			return
		}
		conclusion := t.cycle.Done(cmd, s.execute(t, cmd), s.now)
		s.report(t.cycle.Reports()...)
		s.conclude(conclusion, w)
	}
}

// execute does what a command says.
func (s *Simulation) execute(t *tracked, cmd engine.Command) engine.Reply {
	switch cmd.Kind {
	case engine.Observe:
		reply := s.observe(t.cycle.Name())
		reply.Observed.Bounds, _ = s.said(t.cycle)
		return reply
	case engine.Scale:
		return s.scale(t.cycle.Name(), cmd.Change)
	case engine.Save:
		return engine.Reply{Outcome: engine.Succeeded, Revision: stored(cmd.Record)}
	default: // of alerts that are looked up nobody says anything, and no change takes several calls
		return engine.Reply{Outcome: engine.Succeeded}
	}
}

// stored is the revision of a record. Nobody else writes, and none is read again.
func stored(r engine.Record) engine.Revision {
	if len(r.Data) == 0 {
		return ""
	}
	return "stored"
}

// conclude tells who waits, and the observer, what came of a command.
func (s *Simulation) conclude(r engine.Conclusion, w *waiter) {
	if !r.Ended || len(r.Decisions) == 0 {
		return
	}
	waits := w != nil && w.begun && !w.done
	if waits {
		w.told, w.done = r.Decisions, true
	}
	if r.New || waits {
		s.report(r.Decisions...)
	}
}

// rest lets a ref sleep. Who still waits is told what the notification itself came to.
func (s *Simulation) rest(t *tracked, cmd engine.Command, w *waiter) {
	if w != nil && !w.done {
		d := w.result.Decision
		d.From, d.To = t.cycle.State().Count, t.cycle.State().Count
		w.told, w.done = []engine.Decision{d}, true
		s.report(d)
	}
	s.told.index(t)
	if cmd.Kind == engine.Drop {
		s.wakes.set(t, time.Time{})
		delete(s.refs, t.cycle.Ref())
		return
	}
	if !cmd.Until.IsZero() {
		cmd.Until = latest(cmd.Until, s.now.Add(minSleep))
	}
	s.wakes.set(t, cmd.Until)
}

func (s *Simulation) report(all ...engine.Decision) {
	for _, d := range all {
		s.o.Decided(s.now, d)
	}
}
