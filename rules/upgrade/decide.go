package upgrade

import (
	"slices"
	"time"

	"alertscale/rules"
	"alertscale/rules/engine"
)

// read takes what was read of a workload: it says what became of an intent, and what is decided on.
func (m *Machine) read(w *workload, r Reply, now time.Time) []engine.Decision {
	e := m.effort(w.Ref)
	if r.Outcome != engine.Succeeded {
		return m.unread(w, r, now)
	}
	var all []engine.Decision
	if w.Intent == nil {
		w.Intent = w.landed(&r.Workload)
	}
	if w.Intent != nil {
		all = m.settle(w, &r.Workload, now)
	}
	switch {
	case w.Intent == nil && w.Open && m.upgrade != nil && m.state.Push != nil:
		return append(all, m.decide(w, &r.Workload, now)...)
	case w.Intent != nil && w.Open && m.next == nil:
		return append(all, m.tell(e, m.decision(w.Ref, engine.NotReady, "push "+m.state.Push.String(), "the upgrade before it is under way: "+r.Workload.Text))...)
	}
	return all
}

// unread takes that a workload could not be read.
func (m *Machine) unread(w *workload, r Reply, now time.Time) []engine.Decision {
	what := m.state.Push
	if w.Intent != nil {
		what = &w.Intent.Push
	}
	push := "push " + what.String()
	if r.Outcome == engine.NotFound || r.Outcome == engine.Refused {
		w.Intent = nil
		return m.reject(w, true, push, r.Text)
	}
	return m.retry(w, now, r.After, push, r.Text)
}

// made reports whether a change was made, of ours or of somebody else's.
func (in *intent) made(seen *Workload) bool {
	return seen.has(in.Images) && (!in.Restart || seen.Restarts != in.Before)
}

// drop forgets an intent that was not carried out so far. Where it would have to be finished, it may still land.
func (w *workload) drop() {
	if w.Intent.Finish {
		w.Tried = append(w.Tried, w.Intent)
		w.Tried = w.Tried[max(0, len(w.Tried)-maxTried):]
	}
	w.Intent = nil
}

// landed returns the change that was made after a read said that it was not; nil: none was.
func (w *workload) landed(seen *Workload) *intent {
	for _, in := range w.Tried {
		if in.made(seen) {
			return in
		}
	}
	return nil
}

// settle says what became of an intent, by what the workload is now.
func (m *Machine) settle(w *workload, seen *Workload, now time.Time) []engine.Decision {
	in, e := w.Intent, m.effort(w.Ref)
	there := in.made(seen)
	if !in.Taken {
		if !there {
			w.drop()
			m.unsaved = true
			return nil
		}
		return m.taken(w, append(slices.Clone(in.Steps), "it is there: the change was made, though its answer was lost"), seen.Phase == Idle || !in.Finish)
	}
	why := []string{"push " + in.Push.String()}
	switch {
	case seen.Phase == Idle && there:
		w.Intent, m.unsaved = nil, true
		return nil
	case seen.Phase == Idle, seen.Phase == Upgraded && !there:
		w.Intent, m.unsaved = nil, true
		return []engine.Decision{m.decision(w.Ref, engine.Rejected, append(why, "somebody else rolled it back, or upgraded it again, before it was finished")...)}
	case seen.Phase == Upgraded:
		m.next = &Command{Op: Finish, Ref: w.Ref, Driver: w.Ref.Driver}
		return nil
	case now.Sub(in.At) > maxWait:
		w.Intent, m.unsaved = nil, true
		return []engine.Decision{m.decision(w.Ref, engine.Rejected, append(why, givenUp+seen.Text)...)}
	}
	e.again(now, 0)
	if seen.Phase == Busy && !w.Open {
		return m.tell(e, m.decision(w.Ref, engine.NotReady, append(why, seen.Text)...))
	}
	return nil
}

// decide says what a push means for a workload.
func (m *Machine) decide(w *workload, seen *Workload, now time.Time) []engine.Decision {
	p, e := *m.state.Push, m.effort(w.Ref)
	push := "push " + p.String()
	images, there := m.upgrade.wanted(seen, p)
	steps := seen.steps(images)
	why := append([]string{push}, steps...)
	switch {
	case len(images) == 0:
		return m.unconcerned(w, push, m.upgrade.unwanted(seen, p))
	case there && p.Digest != "" && !m.upgrade.TagsOnly:
		w.Applied = &p
		return m.serve(w, engine.Duplicate, push, "it has that image already")
	case m.upgrade.DryRun:
		return m.serve(w, engine.DryRun, append(why, "dry run: nothing is changed")...)
	case seen.Phase != Idle && now.Sub(m.state.At) > maxWait:
		return m.reject(w, false, push, givenUp+seen.Text)
	case seen.Phase != Idle:
		e.again(now, 0)
		return m.tell(e, m.decision(w.Ref, engine.NotReady, append(why, seen.Text)...))
	}
	w.Intent = &intent{Push: p, Number: m.state.Number, At: now, Images: images, Steps: steps, Restart: there, Before: seen.Restarts, Finish: seen.Finishes}
	m.unsaved = true
	m.next = &Command{Op: Apply, Ref: w.Ref, Driver: w.Ref.Driver, Change: Change{
		Images: images, Restart: there, Pace: m.upgrade.Pace, Version: seen.Version, At: now,
	}}
	return nil
}

// serve ends what a push means for a workload.
func (m *Machine) serve(w *workload, v engine.Verdict, why ...string) []engine.Decision {
	m.shut(w)
	all := m.tell(m.effort(w.Ref), m.decision(w.Ref, v, why...))
	m.close()
	return all
}

// unconcerned is a workload without an image of the repository. Of those that a selector names, one decision tells where there
// is none else.
func (m *Machine) unconcerned(w *workload, push, why string) []engine.Decision {
	if _, named := m.upgrade.Ref(); named {
		return m.reject(w, false, push, why)
	}
	m.shut(w)
	if m.close(); m.state.Push != nil || m.told > 0 {
		return nil
	}
	return m.tell(&m.find, m.decision(rules.Ref{}, engine.Rejected, push,
		"none of the workloads with the labels "+pairs(m.upgrade.Where.Selector)+" has an image of the repository; of the last one: "+why))
}
