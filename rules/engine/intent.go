package engine

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"alertscale/rules"
)

// settleFor is how long an attempt of unknown outcome may still be on its way.
const settleFor = 10 * time.Minute

// intentFor is for how long at the least an intent is remembered: longer than any call takes.
const intentFor = time.Hour

// maxAttempts is how many attempts with different counts an intent keeps apart.
const maxAttempts = 16

// attempt returns the intent for one more attempt on the count that the earlier ones of unknown outcome were made on.
func (s *RefState) attempt(a Attempt, from int, now time.Time) *Intent {
	in := &Intent{At: now, From: from, Attempts: []Attempt{a}}
	if s.Intent != nil {
		in.Attempts = append(s.Intent.merged(s.callIDs()), a)
	}
	return in
}

// merged returns the attempts, those for one count as one, each with what is still open of its calls.
func (in *Intent) merged(open []uint64) []Attempt {
	var all []Attempt
	for _, a := range in.Attempts {
		a.Calls = slices.DeleteFunc(slices.Clone(a.Calls), func(id uint64) bool { return !slices.Contains(open, id) })
		i := slices.IndexFunc(all, func(o Attempt) bool { return o.To == a.To })
		if i < 0 && len(all) == maxAttempts { // as of one direction, one settles for the other
			i = max(0, slices.IndexFunc(all, func(o Attempt) bool {
				return rules.DirectionOf(in.From, o.To) == rules.DirectionOf(in.From, a.To)
			}))
		}
		if i < 0 {
			all = append(all, a)
			continue
		}
		all[i].Rule, all[i].Calls = a.Rule, union(all[i].Calls, a.Calls)
	}
	return all
}

// callIDs lists the calls that may still be served.
func (s *RefState) callIDs() []uint64 {
	var ids []uint64
	for _, ep := range s.episodes() {
		for _, c := range []*Call{ep.Call, ep.Cancelled} {
			if c != nil {
				ids = append(ids, c.ID)
			}
		}
	}
	return ids
}

// settledBy returns the attempts that a count which is read may have come from: those that asked for it, else those
// of its direction. It may have come from somebody else, too; where it is of no attempt's direction it has, and any
// attempt may have been carried out before.
func (in *Intent) settledBy(count int) Attempt {
	came := func(a Attempt) bool { return a.To == count }
	if !slices.ContainsFunc(in.Attempts, came) {
		came = func(a Attempt) bool { return rules.DirectionOf(in.From, a.To) == rules.DirectionOf(in.From, count) }
	}
	if !slices.ContainsFunc(in.Attempts, came) {
		came = func(Attempt) bool { return true }
	}
	settled := Attempt{To: count, Rule: in.last().Rule}
	for _, a := range in.Attempts {
		if came(a) {
			settled.Rule, settled.Calls = a.Rule, union(settled.Calls, a.Calls)
		}
	}
	return settled
}

// settle finds out what became of a change whose outcome is not known. From is read: it was not
// applied so far. Anything else: it was, or somebody else made a change; then a step may be too few,
// but never one too many. A workload that nothing can be done to now does not settle anything: what is
// asked of it may be stored there without being done.
func (d *decider) settle() {
	in := d.next.Intent
	if _, stopped := d.observed.Obstacle(); in == nil || d.observed.Count == in.From || stopped {
		return
	}
	count := d.observed.Count
	settled := in.settledBy(count)
	why := fmt.Sprintf("a change %d → %d of unknown outcome: %d is read, it counts as applied now", in.From, in.last().To, count)
	if !slices.ContainsFunc(in.Attempts, func(a Attempt) bool { return a.To == count }) {
		why += ", though it may be somebody else's"
	}
	from := in.From
	d.settled = &Decision{Target: d.target.Name, Rule: settled.Rule, Verdict: Scaled, From: &from, To: &count, Why: []string{why}}
	d.next.apply(d.set, d.target, settled, d.now)
	d.changed = true
}

// applied enters that the last attempt of the intent was carried out: the cooldown counts from now, and the calls that
// it was made for are served. Those of earlier attempts are not: had one of them been carried out, the guard of the
// last would have failed.
func (s *RefState) applied(set *rules.Set, t *rules.Target, now time.Time) {
	s.apply(set, t, *s.Intent.last(), now)
}

// notApplied enters that nothing was changed by the last attempt. That is an outcome for the only attempt; after an
// attempt of unknown outcome it is none, and the intent stays until a read settles it.
func (s *RefState) notApplied() {
	if s.Intent == nil {
		return
	}
	in := *s.Intent
	in.Attempts, in.Plan = in.Attempts[:len(in.Attempts)-1], nil
	s.Intent = &in
	if len(in.Attempts) == 0 {
		s.Intent = nil
	}
}

// plan notes how the change of the intent is to be carried out; nil ends it.
func (s *RefState) plan(plan json.RawMessage) {
	in := *s.Intent
	in.Plan = plan
	s.Intent = &in
}

// resumePlan returns the change that an intent with a plan stands for: it is to be carried on, whatever was
// done of it so far. False: there is none.
func (s *RefState) resumePlan() (Change, bool) {
	if s.Intent == nil || s.Intent.Plan == nil {
		return Change{}, false
	}
	return Change{From: s.Intent.From, To: s.Intent.last().To, Plan: s.Intent.Plan}, true
}

// abandonPlan ends a plan whose rest was refused for so long that nobody is about to mend it. What came of it is
// settled by a read. False: it is to be carried on.
func (s *RefState) abandonPlan(now time.Time) bool {
	if s.Intent == nil || now.Before(s.Intent.At.Add(settleFor)) {
		return false
	}
	s.plan(nil)
	return true
}

// isFor reports whether a change of unknown outcome was asked for a call.
func (in *Intent) isFor(c *Call) bool {
	return in != nil && slices.ContainsFunc(in.Attempts, func(a Attempt) bool { return slices.Contains(a.Calls, c.ID) })
}

// intentForgotten is when an intent that nothing settles is forgotten. Zero: not before the count was read again, unless
// there is no target to read it for.
func (s *RefState) intentForgotten(set *rules.Set, t *rules.Target) time.Time {
	if s.Intent == nil || t != nil && !s.ReadAt.After(s.Intent.At) {
		return time.Time{}
	}
	return s.Intent.At.Add(max(2*set.AlertTTL, intentFor))
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
