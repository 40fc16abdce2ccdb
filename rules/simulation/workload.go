package simulation

import (
	"fmt"
	"strconv"

	"alertscale/rules"
	"alertscale/rules/engine"
)

// workload is what a driver sees of a ref. Its version tells one change from another.
type workload struct {
	count   int
	version int
	ready   bool
	counted bool // somebody was told of the count

	said *rules.BoundsSaid // of its own bounds, as it was set; nil: it was not
}

// SetCount sets a count as somebody else would. A workload that was not there comes into being by it.
func (s *Simulation) SetCount(ref string, count int) {
	w := s.workloads[ref]
	if w == nil {
		w = &workload{ready: true}
		s.workloads[ref] = w
	}
	if w.count != count || !w.counted {
		w.count = count
		w.version++
		s.counted(ref, w)
	}
}

// SetReady says whether the count of a ref is there, which it is at first.
func (s *Simulation) SetReady(ref string, ready bool) {
	if w := s.workloads[ref]; w != nil {
		w.ready = ready
	}
}

// SetBounds has a workload say bounds of its own.
func (s *Simulation) SetBounds(ref string, said rules.BoundsSaid) {
	if w := s.workloads[ref]; w != nil {
		w.said = &said
	}
}

// said is what a workload says of its own bounds: as it was set, as it was last read, or, where neither is known, the
// bounds of its target.
func (s *Simulation) said(c *engine.Cycle) (said rules.BoundsSaid, known bool) {
	if w := s.workloads[c.Name()]; w != nil && w.said != nil {
		return *w.said, true
	}
	if said, known = s.o.Said(c.Ref()); known || c.Target() == nil {
		return said, known
	}
	text := func(n *int) *string {
		if n == nil {
			return nil
		}
		text := strconv.Itoa(*n)
		return &text
	}
	if own := c.State().Own(); own != nil && !s.assumed[c.Name()] {
		return rules.BoundsSaid{Min: text(own.Min), Max: text(own.Max), Asked: true}, true
	}
	t := c.Target()
	s.assumed[c.Name()] = true
	return rules.BoundsSaid{Min: text(&t.Min), Max: text(&t.Max), Asked: true}, false
}

// Bounds returns the bounds of a ref; false where they are those of its target because it is not known what the workload
// says of its own.
func (s *Simulation) Bounds(ref rules.Ref) (b rules.Bounds, known bool) {
	t := s.refs[ref]
	if t == nil {
		return b, true
	}
	return t.cycle.Bounds(), !s.assumed[t.cycle.Name()] || !t.cycle.Target().WorkloadBounds
}

// Count returns the count of a ref; false where none is known.
func (s *Simulation) Count(ref string) (int, bool) {
	if w := s.workloads[ref]; w != nil {
		return w.count, true
	}
	return 0, false
}

func (s *Simulation) counted(ref string, w *workload) {
	w.counted = true
	s.o.Counted(s.now, ref, w.count)
}

// observe is the driver's read.
func (s *Simulation) observe(ref string) engine.Reply {
	s.o.Reads(s.now, ref)
	w := s.workloads[ref]
	if w == nil {
		return engine.Reply{Outcome: engine.NotFound, Text: s.o.Missing(ref)}
	}
	if !w.counted {
		s.counted(ref, w)
	}
	return engine.Reply{Outcome: engine.Succeeded, Observed: engine.Observed{
		Count: w.count, Version: strconv.Itoa(w.version), Ready: w.ready,
	}}
}

// scale is the driver's change. Nobody writes between a read and the change that was decided on it.
func (s *Simulation) scale(ref string, c engine.Change) engine.Reply {
	w := s.workloads[ref]
	if w == nil || strconv.Itoa(w.version) != c.Version {
		return engine.Reply{Outcome: engine.Conflicted, Text: fmt.Sprintf("%s: it is not what was read", ref)}
	}
	w.count = c.To
	w.version++
	s.counted(ref, w)
	return engine.Reply{Outcome: engine.Succeeded}
}
