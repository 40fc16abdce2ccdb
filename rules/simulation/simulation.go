// Package simulation lets time pass for refs whose counts are numbers in memory. It has the commands of the engine's
// cycles carried out at once, and without faults, on a clock that jumps from one thing that is due to the next. What
// rules do in it they do in the program: both drive the same cycle. It is arithmetic on its arguments: no I/O, no clock,
// no logger.
package simulation

import (
	"slices"
	"strings"
	"time"

	"alertscale/rules"
	"alertscale/rules/engine"
)

// Options are what a Simulation begins with.
type Options struct {
	Set    *rules.Set
	Start  time.Time      // of the clock
	Counts map[string]int // at the start, by the ref as it is written

	// Decided is told of every decision, in the order in which they are made; nil: nobody is.
	Decided func(at time.Time, d engine.Decision)
	// Matched is told of what each notification touches, before that is done; nil: nobody is.
	Matched func(at time.Time, m *rules.Match)
	// Counted is told of every count when it is first there, and when it changes; nil: nobody is.
	Counted func(at time.Time, ref string, count int)
	// Reads is called before a count is read, and may set it; nil: nothing is.
	Reads func(at time.Time, ref string)
	// Said is what the workload of a ref says of its own bounds; false: that is not known. nil: of none it is.
	Said func(ref rules.Ref) (rules.BoundsSaid, bool)
	// Missing says of a ref without a count what to do about it.
	Missing func(ref string) string
}

// Simulation is refs, their counts and a clock. It is used by one goroutine at a time.
type Simulation struct {
	o         Options
	now       time.Time
	refs      map[rules.Ref]*tracked
	workloads map[string]*workload
	wakes     wakes
	told      groups
	assumed   map[string]bool // refs of which it is not known what they say of their own bounds
}

// New returns a simulation of which nothing has happened so far.
func New(o Options) *Simulation {
	if o.Decided == nil {
		o.Decided = func(time.Time, engine.Decision) {}
	}
	if o.Matched == nil {
		o.Matched = func(time.Time, *rules.Match) {}
	}
	if o.Counted == nil {
		o.Counted = func(time.Time, string, int) {}
	}
	if o.Reads == nil {
		o.Reads = func(time.Time, string) {}
	}
	if o.Said == nil {
		o.Said = func(rules.Ref) (rules.BoundsSaid, bool) { return rules.BoundsSaid{}, false }
	}
	if o.Missing == nil {
		o.Missing = func(ref string) string { return ref + ": no count is known of it" }
	}
	s := &Simulation{o: o, now: o.Start.Round(0), refs: map[rules.Ref]*tracked{}, workloads: map[string]*workload{}, told: groups{}, assumed: map[string]bool{}}
	for ref, n := range o.Counts {
		s.workloads[ref] = &workload{count: n, ready: true}
	}
	return s
}

// Now is the time of the clock.
func (s *Simulation) Now() time.Time { return s.now }

// AdvanceTo lets time pass, with all that is due on the way. The clock does not go back.
func (s *Simulation) AdvanceTo(at time.Time) {
	for len(s.wakes) > 0 && !s.wakes[0].wakeAt.After(at) {
		t := s.wakes[0]
		s.now = latest(s.now, t.wakeAt)
		s.wakes.set(t, time.Time{})
		s.pump(t, nil)
	}
	s.now = latest(s.now, at.Round(0))
}

// Post delivers a notification at a time, and returns what the program would answer: a decision for each ref that it
// touches, and for what could not be taken.
func (s *Simulation) Post(e *rules.Event, at time.Time) []engine.Decision {
	s.AdvanceTo(at)
	m := s.o.Set.Match(e)
	s.o.Matched(s.now, &m)
	var answer, broken []engine.Decision
	touched := make(map[*tracked]bool, len(m.Refs))
	for _, r := range m.Refs {
		t := s.track(r.Ref)
		touched[t] = true
		decisions, refused := s.record(t, r)
		answer = append(answer, decisions...)
		broken = append(broken, refused...)
	}
	if g := e.Group(); g != 0 && e.Truncated == 0 {
		for _, t := range s.told.of(g, touched) {
			if !t.cycle.Record(m.Absent(t.cycle.Ref()), s.now).Repeat {
				s.pump(t, nil)
			}
		}
	}
	for _, b := range m.Broken {
		broken = append(broken, engine.Refusal(b, e))
	}
	broken = append(broken, engine.Refusals(e)...)
	s.report(broken...)
	return append(answer, broken...)
}

// Restore takes over what the program knows of a ref, as it would store it. What is due by then is done right after what is
// posted at the same time.
func (s *Simulation) Restore(r engine.Record) error {
	cycle, err := engine.RestoreCycle(r, engine.CycleOptions{})
	if err != nil {
		return err
	}
	s.add(cycle)
	return nil
}

// Export returns what is known of every ref, as the program would store it, in the order of the refs.
func (s *Simulation) Export() ([]engine.Record, error) {
	all := make([]engine.Record, 0, len(s.refs))
	for _, t := range s.refs {
		r, err := t.cycle.Export()
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b engine.Record) int { return strings.Compare(a.Ref, b.Ref) })
	return all, nil
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
