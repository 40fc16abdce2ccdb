package explain

import (
	"fmt"
	"slices"
	"time"

	"alertscale/adapter/controller"
	"alertscale/rules"
	"alertscale/rules/engine"
	"alertscale/rules/simulation"
)

// record is a decision as the API gives it.
type record = controller.DecisionRecord

// ref is what becomes of a ref.
type ref struct {
	ref    string
	target *rules.Target
	count  int
	now    []record
	later  []record // what comes by itself, if nothing else is heard

	bounds  rules.Bounds
	assumed string // of the bounds, in words; empty: they are known
}

// How far is looked ahead, and how much of it is told.
const (
	ahead    = time.Hour
	maxLater = 3
)

// decide works out what becomes of each ref whose count is known.
func (e *explained) decide() error {
	m := e.set.Match(e.event)
	for _, r := range m.Refs {
		name := r.Ref.String()
		n, ok := e.known.counts[name]
		if !ok {
			e.unhandled = append(e.unhandled, name)
			continue
		}
		e.touched = append(e.touched, ref{ref: name, target: r.Target, count: n, bounds: r.Target.BoundsWith(nil)})
	}
	s, err := e.prepared()
	if err != nil {
		return err
	}
	for _, d := range s.Post(e.event, e.at) {
		e.note(controller.NewRecord(e.at, d), false)
	}
	e.noteBounds(&m, s)
	s.posted = true
	s.AdvanceTo(e.at.Add(ahead))
	return nil
}

// noteBounds notes the bounds on which the refs were decided.
func (e *explained) noteBounds(m *rules.Match, s *prepared) {
	for _, r := range m.Refs {
		i := slices.IndexFunc(e.touched, func(t ref) bool { return t.ref == r.Ref.String() })
		if i < 0 || !r.Target.WorkloadBounds {
			continue
		}
		bounds, known := s.Bounds(r.Ref)
		if e.touched[i].bounds = bounds; !known {
			e.touched[i].assumed = ", as it is not known what the workload says of its own"
		}
	}
}

// said is what a workload says of its own bounds, as far as the file or the running program knows.
func (e *explained) said(ref rules.Ref) (rules.BoundsSaid, bool) {
	if e.known.alone[ref.String()] {
		return rules.BoundsSaid{Asked: true}, true
	}
	return e.file.Said(ref)
}

// note files a decision.
func (e *explained) note(d record, later bool) {
	i := slices.IndexFunc(e.touched, func(r ref) bool { return r.ref == d.Ref })
	switch {
	case slices.Contains(e.unhandled, d.Ref) || i < 0 && later:
	case i < 0:
		e.broken = append(e.broken, d)
	case !later:
		e.touched[i].now = append(e.touched[i].now, d)
	case len(e.touched[i].later) < maxLater:
		e.touched[i].later = append(e.touched[i].later, d)
	}
}

// prepared is a simulation at the moment at which the alerts come.
type prepared struct {
	*simulation.Simulation
	posted bool // they have come
}

func (e *explained) prepared() (*prepared, error) {
	s := &prepared{}
	s.Simulation = simulation.New(simulation.Options{
		Set: e.set, Start: e.at, Counts: e.known.counts, Said: e.said,
		Decided: func(at time.Time, d engine.Decision) {
			if s.posted && d.Verdict != engine.Duplicate {
				e.note(controller.NewRecord(at, d), true)
			}
		},
	})
	states, err := e.states()
	for i := 0; i < len(states) && err == nil; i++ {
		err = s.Restore(states[i])
	}
	if err != nil {
		return nil, fmt.Errorf("what %s knows cannot be read: %w", e.known.from, err)
	}
	for ref, unready := range e.known.unready {
		s.SetReady(ref, !unready)
	}
	return s, nil
}

// states are what the running program knows. Where nobody was asked, it is assumed of the alerts that are resolved that
// they fired, and that what their rules asked for was done.
func (e *explained) states() ([]engine.Record, error) {
	if e.known.from != "" {
		return e.known.states, nil
	}
	before := e.before()
	if before == nil {
		return nil, nil
	}
	e.assumed = true
	began := before.Alerts[0].StartsAt
	s := simulation.New(simulation.Options{Set: e.set, Start: began, Counts: e.known.counts, Said: e.said})
	s.Post(before, began)
	return s.Export()
}

// before is a notification by which the alerts that are resolved fire, an hour before; nil: none is resolved.
func (e *explained) before() *rules.Event {
	began := e.at
	var all []rules.Alert
	for _, a := range e.event.Alerts {
		if a.Resolved {
			if !a.EndsAt.IsZero() && a.EndsAt.Before(began) {
				began = a.EndsAt
			}
			a.Resolved, a.EndsAt = false, time.Time{}
			all = append(all, a)
		}
	}
	if all == nil {
		return nil
	}
	for i := range all {
		all[i].StartsAt = began.Add(-time.Hour)
	}
	next := *e.event
	next.Alerts, next.GroupKey, next.Refused, next.RefusedRest = all, "", nil, 0
	return &next
}
