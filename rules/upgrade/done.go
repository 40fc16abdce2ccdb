package upgrade

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"alertscale/rules"
	"alertscale/rules/engine"
)

// Done takes what came of a command, and returns what was decided.
func (m *Machine) Done(c Command, r Reply, now time.Time) []engine.Decision {
	switch c.Op {
	case Save:
		return m.saved(r, now)
	case Find:
		return m.found(r, now)
	}
	i := slices.IndexFunc(m.state.Workloads, func(w *workload) bool { return w.Ref == c.Ref })
	if i < 0 {
		return nil // another push came meanwhile, and it is not of its workloads
	}
	w := m.state.Workloads[i]
	switch c.Op {
	case Read:
		return m.read(w, r, now)
	case Apply:
		return m.applied(w, r, now)
	case Finish:
		return m.finished(w, r, now)
	}
	return nil
}

func (m *Machine) saved(r Reply, now time.Time) []engine.Decision {
	switch r.Outcome {
	case engine.Succeeded:
		m.save = effort{}
		return nil
	case engine.Conflicted:
		return m.reload(r.Data, now)
	}
	m.unsaved, m.next = true, nil // the intent is read about again before anything is asked for
	m.save.again(now, r.After)
	return m.tell(&m.save, m.decision(rules.Ref{}, engine.Failed, "it cannot be stored: "+r.Text))
}

// reload goes on with what somebody else stored, and with the push that it lacks.
func (m *Machine) reload(data []byte, now time.Time) []engine.Decision {
	pending := m.state.Push
	m.state, m.next, m.unsaved = state{Number: m.state.Number}, nil, false
	if len(data) > 0 {
		_, stored, err := decode(data)
		if err != nil {
			m.unsaved = true
			m.save.again(now, maxDelay)
			return m.tell(&m.save, m.decision(rules.Ref{}, engine.Failed, err.Error()))
		}
		m.state = stored
	}
	if pending != nil && m.upgrade != nil {
		return m.Push(*pending, now)
	}
	return nil
}

// found takes the workloads of the push. What is known of others is forgotten, unless something was begun.
func (m *Machine) found(r Reply, now time.Time) []engine.Decision {
	s := &m.state
	if s.Push == nil || m.upgrade == nil {
		return nil
	}
	push := "push " + s.Push.String()
	switch {
	case r.Outcome == engine.NotFound, r.Outcome == engine.Refused:
		return m.dropPush(push, r.Text)
	case r.Outcome != engine.Succeeded && now.Sub(s.At) > maxWait:
		return m.dropPush(push, givenUp+r.Text)
	case r.Outcome != engine.Succeeded:
		m.find.again(now, r.After)
		return m.tell(&m.find, m.decision(rules.Ref{}, engine.Failed, push, r.Text))
	case len(r.Refs) == 0:
		return m.dropPush(push, "no workload has the labels "+pairs(m.upgrade.Where.Selector))
	case len(r.Refs) > MaxWorkloads:
		return m.dropPush(push, fmt.Sprintf("%d workloads have the labels %s, and %d at most are upgraded: narrow the selector", len(r.Refs), pairs(m.upgrade.Where.Selector), MaxWorkloads))
	}
	return m.adopt(r.Refs, push)
}

// adopt takes workloads for those of the push.
func (m *Machine) adopt(refs []rules.Ref, push string) (all []engine.Decision) {
	s := &m.state
	known := map[rules.Ref]*workload{}
	var kept []*workload
	for _, w := range s.Workloads {
		known[w.Ref] = w
		if w.Open = false; w.Intent != nil && !slices.Contains(refs, w.Ref) {
			kept = append(kept, w)
		}
	}
	for _, ref := range sorted(refs) {
		w := known[ref]
		if w == nil {
			w = &workload{Ref: ref}
		}
		w.Open = w.Number != s.Number && !w.repeats(*s.Push)
		if !w.Open && w.Number != s.Number {
			w.Number = s.Number
			all = append(all, m.tell(m.effort(ref), m.decision(ref, engine.Duplicate, push, "it was applied already"))...)
		}
		kept = append(kept, w)
	}
	s.Workloads, s.Found = kept, true
	m.close()
	return all
}

// dropPush ends a push that can be applied to nothing.
func (m *Machine) dropPush(why ...string) []engine.Decision {
	d := m.decision(rules.Ref{}, engine.Rejected, why...)
	if ref, named := m.upgrade.Ref(); named {
		d.Ref = ref.String()
	}
	d.Refused = true
	m.state.Push, m.unsaved = nil, true
	return m.tell(&m.find, d)
}

func sorted(refs []rules.Ref) []rules.Ref {
	refs = slices.Clone(refs)
	slices.SortFunc(refs, func(a, b rules.Ref) int { return strings.Compare(a.String(), b.String()) })
	return slices.Compact(refs)
}

func pairs(ls rules.Labels) string {
	var all []string
	for _, l := range ls {
		all = append(all, l.Name+"="+l.Value)
	}
	return strings.Join(all, ",")
}

// applied takes what came of a change.
func (m *Machine) applied(w *workload, r Reply, now time.Time) []engine.Decision {
	in, e := w.Intent, m.effort(w.Ref)
	if in == nil {
		return nil
	}
	m.unsaved = true
	push := "push " + in.Push.String()
	switch r.Outcome {
	case engine.Succeeded:
		return m.taken(w, in.Steps, !in.Finish)
	case engine.Conflicted:
		w.Intent = nil
		if e.fails++; e.fails < maxConflicts {
			e.notBefore = now
			return nil
		}
	case engine.Throttled:
		w.Intent = nil
	case engine.NotFound, engine.Refused:
		w.Intent = nil
		return m.reject(w, true, push, r.Text)
	}
	return m.retry(w, now, r.After, push, r.Text)
}

// retry has a workload looked at again, for a day at the most.
func (m *Machine) retry(w *workload, now time.Time, after time.Duration, push, text string) []engine.Decision {
	since := m.state.At
	if !w.Open && w.Intent != nil { // of a push before
		since = w.Intent.At
	}
	if now.Sub(since) > maxWait {
		w.Intent = nil
		return m.reject(w, false, push, givenUp+text)
	}
	e := m.effort(w.Ref)
	e.again(now, after)
	return m.tell(e, m.decision(w.Ref, engine.Failed, push, text))
}

// taken is a change that the API took.
func (m *Machine) taken(w *workload, why []string, whole bool) []engine.Decision {
	in, e := w.Intent, m.effort(w.Ref)
	push := in.Push
	w.Applied, w.Tried = &push, nil
	if in.Taken = true; whole {
		w.Intent = nil
	} else {
		why = append(slices.Clone(why), "it is finished by itself once it is upgraded")
	}
	w.Number = max(w.Number, in.Number)
	w.Open = w.Open && in.Number != m.state.Number
	e.fails, e.notBefore = 0, in.At // at once
	m.close()
	return m.tell(e, m.decision(w.Ref, engine.Upgraded, slices.Concat([]string{"push " + push.String()}, why)...))
}

// reject gives a workload up.
func (m *Machine) reject(w *workload, refused bool, why ...string) []engine.Decision {
	m.shut(w)
	d := m.decision(w.Ref, engine.Rejected, why...)
	d.Refused = refused
	all := m.tell(m.effort(w.Ref), d)
	m.close()
	return all
}

// finished takes what came of finishing an upgrade.
func (m *Machine) finished(w *workload, r Reply, now time.Time) []engine.Decision {
	in, e := w.Intent, m.effort(w.Ref)
	switch {
	case in == nil:
		return nil
	case r.Outcome == engine.Succeeded:
		w.Intent, m.unsaved = nil, true
		e.fails, e.notBefore = 0, now
		return nil
	}
	e.again(now, r.After)
	why := []string{"push " + in.Push.String(), "it is upgraded, and not finished: " + r.Text}
	if r.Outcome == engine.NotFound || r.Outcome == engine.Refused || now.Sub(in.At) > maxWait {
		w.Intent, m.unsaved = nil, true
		d := m.decision(w.Ref, engine.Rejected, append(why, "finish it by hand")...)
		d.Refused = true
		return m.tell(e, d)
	}
	return m.tell(e, m.decision(w.Ref, engine.Failed, why...))
}
