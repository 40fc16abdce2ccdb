package rules

import (
	"encoding/json"
	"slices"
	"time"
)

func sortRules(rs []*Rule) {
	slices.SortFunc(rs, func(a, b *Rule) int { return a.index - b.index })
}

// Applied returns the memory after a driver said that the last attempt of its intent was carried out: the
// cooldown counts from now, and the calls that it was made for are served. Those of earlier attempts are
// not: had one of them been carried out, the guard of the last would have failed.
func Applied(t *Target, mem Memory, now time.Time) Memory {
	next := mem.clone()
	next.applied(t, now)
	return next
}

// NotApplied returns the memory after a driver said that nothing was changed. That is an outcome for
// the only attempt; after an attempt of unknown outcome it is none, and the intent stays until a
// read settles it.
func NotApplied(mem Memory) Memory {
	next := mem.clone()
	switch {
	case next.Intent == nil:
	case next.Intent.Attempts <= 1:
		next.Intent = nil
	default: // of the calls of this attempt it is known that they were not served by it
		in := *next.Intent
		in.Calls = nil
		next.Intent = &in
	}
	return next
}

// Planned returns the memory with the plan of its intent, to be stored before the change is begun.
func Planned(mem Memory, plan json.RawMessage) Memory {
	next := mem.clone()
	in := *next.Intent
	in.Plan = plan
	next.Intent = &in
	return next
}

// GiveUp ends the plan of an intent whose rest was refused for good, where that was so for long enough for nobody
// to be about to mend it. What came of it is settled by a read. False: it is to be carried on.
func GiveUp(mem Memory, now time.Time) (Memory, bool) {
	if mem.Intent == nil || now.Before(mem.Intent.At.Add(settleFor)) {
		return mem, false
	}
	return Planned(mem, nil), true
}

// Carry returns the change that an intent with a plan stands for: it is to be carried on, whatever was
// done of it so far. False: the memory has none.
func (m *Memory) Carry() (Change, bool) {
	if m.Intent == nil || m.Intent.Plan == nil {
		return Change{}, false
	}
	return Change{From: m.Intent.From, To: m.Intent.To, Plan: m.Intent.Plan}, true
}

// union returns the numbers that are in a or in b, in their order.
func union(a, b []uint64) []uint64 {
	all := slices.Clone(a)
	for _, id := range b {
		if !slices.Contains(all, id) {
			all = append(all, id)
		}
	}
	return all
}

func (m *Memory) applied(t *Target, now time.Time) {
	in := m.Intent
	m.Last = &LastChange{At: now, From: in.From, To: in.To, Rule: in.Rule}
	to := in.To
	m.Count = &to
	m.Intent = nil
	for name, ep := range m.Episodes {
		if ep.Call != nil && slices.Contains(in.Calls, ep.Call.ID) {
			m.serveOrKeep(t, name, ep.Call, in.To)
		}
		if ep.Dropped != nil && slices.Contains(in.Calls, ep.Dropped.ID) {
			next := *m.Episodes[name]
			next.Calmed = next.Calmed || ep.Dropped.Resolved
			next.Dropped = nil
			m.Episodes[name] = &next
		}
	}
}

// serveOrKeep serves a call, but keeps a set that lost until the count is at or past what it asks for.
func (m *Memory) serveOrKeep(t *Target, name string, c *Call, count int) {
	rule := t.set.rule(name, t)
	if rule == nil || !rule.Action.isSet() || c.Seen == nil {
		m.serve(name)
		return
	}
	want := rule.Action.Set
	if rule.Action.templated() {
		if c.Want == nil {
			m.serve(name)
			return
		}
		want = *c.Want
	}
	if rule.Name == m.Last.Rule || passed(*c.Seen, count, want) {
		m.serve(name)
		return
	}
	lost := *c
	lost.Lost = true
	m.setCall(name, &lost)
}

// serve closes the call of a rule.
func (m *Memory) serve(name string) {
	ep := *m.Episodes[name]
	ep.Calmed = ep.Calmed || ep.Call != nil && ep.Call.Resolved
	ep.Call = nil
	m.Episodes[name] = &ep
}

func (m *Memory) setCall(name string, c *Call) {
	ep := *m.Episodes[name]
	ep.Call = c
	m.Episodes[name] = &ep
}

// NextWake is when something happens to a ref by itself: upkeep is due, or an open call is to be
// looked at. Zero: nothing.
func (m *Memory) NextWake(t *Target, now time.Time) time.Time {
	wake := m.Upkeep(t, now)
	m.eachOpen(t, func(r *Rule, c *Call) {
		if r.lacksCount(c) {
			return // nothing but a notification mends it
		}
		due := m.cooled(t, r)
		if !due.After(now) {
			due = now.Add(lookAgain)
		}
		wake = soonest(wake, due)
	})
	return wake
}

// Upkeep is when an alert is to be suspended, resumed or forgotten, or a change of unknown outcome
// to be read. Zero: never.
func (m *Memory) Upkeep(t *Target, now time.Time) time.Time {
	var wake time.Time
	for _, h := range m.Alerts {
		wake = soonest(wake, h.due(t.set.AlertTTL))
	}
	if m.Last != nil {
		wake = soonest(wake, m.lastForgotten(t))
	}
	if m.Intent != nil {
		wake = soonest(wake, m.intentDue(t, now))
	}
	return wake
}

func soonest(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// Pending tells whether an open call is past its cooldown, so that it is worth a look now.
func (m *Memory) Pending(t *Target, now time.Time) bool {
	pending := false
	m.eachOpen(t, func(r *Rule, c *Call) {
		pending = pending || !r.lacksCount(c) && !m.cooled(t, r).After(now)
	})
	return pending
}

// lacksCount tells whether the template of a set gave no count for a call.
func (r *Rule) lacksCount(c *Call) bool { return r.Action.templated() && c.Want == nil }

func (m *Memory) eachOpen(t *Target, do func(*Rule, *Call)) {
	if !m.Open() {
		return
	}
	firing := m.Firing()
	for name, ep := range m.Episodes {
		if r := t.set.rule(name, t); r != nil && ep.waits(firing[name]) {
			do(r, ep.Call)
		}
	}
}

// cooled is when the cooldown of a rule's calls ends; of a set, which may go either way, the sooner.
func (m *Memory) cooled(t *Target, r *Rule) time.Time {
	if m.Last == nil {
		return time.Time{}
	}
	if d := r.Action.Direction; d != Stay {
		return m.Last.At.Add(r.cooldown(t, d))
	}
	return m.Last.At.Add(min(r.cooldown(t, Up), r.cooldown(t, Down)))
}

// intentDue is when to read what became of an intent: each minute while the attempt may still be on
// its way; then only when something else is read, until it is forgotten.
func (m *Memory) intentDue(t *Target, now time.Time) time.Time {
	if now.Before(m.Intent.At.Add(settleFor)) {
		return now.Add(lookAgain)
	}
	return m.Intent.At.Add(2 * t.set.AlertTTL)
}

// Unread is the decision where the count could not be read or the change not be made: of the first
// open call of the file.
func Unread(t *Target, mem Memory, v Verdict, why ...string) Decision {
	var open []*Rule
	mem.eachOpen(t, func(r *Rule, _ *Call) { open = append(open, r) })
	sortRules(open)
	d := Decision{Target: t.Name, Verdict: v, Why: why}
	if len(open) > 0 {
		d.Rule = open[0].Name
	}
	return d
}
