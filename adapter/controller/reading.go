package controller

import (
	"sync"

	"alertscale/rules"
	"alertscale/rules/engine"
)

// reading is a survey's of its targets, while it goes on.
type reading struct {
	done chan struct{} // closed when all are read

	mu    sync.Mutex // guards what follows
	all   []Finding
	left  map[rules.Ref]int // what is not read so far, by its place in all
	ended bool
}

func newReading(targets []Finding) *reading {
	r := &reading{done: make(chan struct{}), all: append([]Finding(nil), targets...), left: map[rules.Ref]int{}}
	for i := range targets {
		r.left[targets[i].Ref] = i
	}
	r.check()
	return r
}

// note enters what came of a read, of whomever it was, and reports whether the survey still waited for it.
func (r *reading) note(ref rules.Ref, reply engine.Reply) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	i, waits := r.left[ref]
	if waits {
		r.all[i].enter(reply)
		delete(r.left, ref)
		r.check()
	}
	return waits
}

func (r *reading) check() {
	if len(r.left) == 0 && !r.ended {
		r.ended = true
		close(r.done)
	}
}

func (r *reading) copyTo(targets []Finding) {
	r.mu.Lock()
	defer r.mu.Unlock()
	copy(targets, r.all)
}

// readings are those under way, by the driver.
type readings struct {
	mu  sync.RWMutex
	all map[string]*reading
}

func (s *readings) set(driver string, r *reading) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all[driver] = r
}

func (s *readings) end(driver string, r *reading) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all[driver] == r {
		delete(s.all, driver)
	}
}

func (s *readings) of(driver string) *reading {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.all[driver]
}

// readTarget has the ref of a fixed target read for a survey. One that is looked at by itself is known by what that look
// comes to, or by what was read before.
func (c *Controller) readTarget(r *reading, ref rules.Ref) {
	tr := c.registry.get(ref)
	if tr == nil || c.readAgain(tr) {
		return
	}
	tr.mu.Lock()
	defer tr.unlock()
	if count := tr.cycle.State().Count; count != nil {
		r.note(ref, engine.Reply{Outcome: engine.Succeeded, Observed: engine.Observed{Count: *count}})
	}
}

// noteRead tells a survey what came of a read. Where there is none that waits for it, what a fixed target lost, or has
// again, is logged. The caller holds the tracker.
func (c *Controller) noteRead(tr *tracker, cmd engine.Command, reply engine.Reply) {
	missing := reply.Outcome == engine.NotFound || reply.Outcome == engine.Refused
	was := tr.missing
	if missing || reply.Outcome == engine.Succeeded {
		tr.missing = missing
	}
	if r := c.readings.of(tr.ref().Driver); r != nil && r.note(tr.ref(), reply) || cmd.Begins || was == tr.missing {
		return
	}
	t := tr.cycle.Target()
	if t == nil {
		return
	}
	if ref, fixed := t.Ref(); fixed && ref == tr.ref() {
		f := Finding{Target: t.Name, Ref: ref}
		f.enter(reply)
		f.log(c.Logger)
	}
}
