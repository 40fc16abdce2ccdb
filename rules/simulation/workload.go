package simulation

import (
	"fmt"
	"strconv"

	"alertscale/rules/engine"
)

// workload is what a driver sees of a ref. Its version tells one change from another.
type workload struct {
	count   int
	version int
	ready   bool
	counted bool // somebody was told of the count
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
