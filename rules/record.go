package rules

import (
	"slices"
	"strings"
	"time"
)

// The times by which a firing alert that did not start after its resolve takes that resolve back
// (spec of episodes: a sender that lags, or one that had lost sight of a firing alert).
const (
	staleAfter  = 5 * time.Minute  // heard later than this after the resolve, it resumes its episode at once
	resumeAfter = 10 * time.Minute // heard earlier, it does so this long after the resolve, if nobody denies it
)

// Record enters what an event says of a ref of t into its memory. touch.Hits is empty where the event
// only leaves alerts out that its group had told of.
func Record(t *Target, mem Memory, touch *Touch, e *Event, now time.Time) (Memory, News) {
	r := recorder{target: t, mem: mem.clone(), event: e, group: e.Group(), now: now, began: map[string]bool{}}
	r.changed = r.mem.advance(t, now)
	r.count()
	known, fresh, gone := r.sort(touch.Hits)
	for _, h := range known {
		r.known(h)
	}
	if e.Hook != "" && len(fresh) > 0 {
		r.endHooked()
	}
	for _, h := range fresh {
		r.leave(h.Alert.Fingerprint)
	}
	for _, h := range fresh {
		r.fresh(h)
	}
	for _, h := range gone {
		r.resolve(h)
	}
	if r.group != 0 && e.Truncated == 0 {
		r.absent(touch.Hits)
	}
	r.end()
	r.mem.cap()
	return r.mem, r.news(touch.Hits)
}

// recorder enters one event into a memory.
type recorder struct {
	target  *Target
	mem     Memory
	event   *Event
	group   GroupID
	now     time.Time
	changed bool

	firing, held map[string]int  // how many alerts of a rule fire, and fire or are suspended
	began        map[string]bool // rules whose episode began with this event
	resolved     []string        // rules that lost an alert by a resolve
	ended        []string        // rules whose episode ended by one
	stale        bool
}

func (r *recorder) count() {
	r.firing, r.held = map[string]int{}, map[string]int{}
	for _, h := range r.mem.Alerts {
		r.add(h, 1)
	}
}

// add counts an alert in the rules that it is in, or, with -1, out of them.
func (r *recorder) add(h Heard, n int) {
	for _, rule := range h.Rules {
		if h.State == Firing {
			r.firing[rule] += n
		}
		if h.State != Resolved {
			r.held[rule] += n
		}
	}
}

// set replaces what is known of an alert. The fingerprint is copied: a map takes over the key that it is
// given even where it has that key, and this one would keep the body of the notification in memory.
func (r *recorder) set(fingerprint string, h Heard) {
	r.add(r.mem.Alerts[fingerprint], -1)
	r.mem.Alerts[strings.Clone(fingerprint)] = h
	r.add(h, 1)
	r.changed = true
}

// leave takes an alert out of its rules without an end of their episodes: it comes anew.
func (r *recorder) leave(fingerprint string) {
	if h, ok := r.mem.Alerts[fingerprint]; ok {
		r.add(h, -1)
		delete(r.mem.Alerts, fingerprint)
	}
}

// sort parts the hits into firing alerts that are known, firing ones that are new, and resolves.
func (r *recorder) sort(hits []Hit) (known, fresh, gone []Hit) {
	for _, h := range hits {
		rec, heard := r.mem.Alerts[h.Alert.Fingerprint]
		switch {
		case h.Alert.Resolved:
			gone = append(gone, h)
		case !heard:
			fresh = append(fresh, h)
		case rec.knows(h.Alert):
			known = append(known, h)
		case rec.Hook != "", rec.outlived(h.Alert):
			fresh = append(fresh, h)
		case rec.State == Resolved && r.now.Sub(rec.At) > staleAfter && r.mem.beginsAnew(&rec, h.Rules):
			fresh = append(fresh, h)
		default:
			known = append(known, h)
		}
	}
	return known, fresh, gone
}

// outlived tells whether a firing alert is a new one under the same fingerprint.
func (h *Heard) outlived(a *Alert) bool {
	if h.State == Resolved {
		return a.StartsAt.After(h.EndsAt)
	}
	return a.StartsAt.After(h.StartsAt) && a.StartsAt.After(h.lastHeard())
}

// beginsAnew tells whether a resolved alert that fires all the same has no episode to resume. One that is
// known from other rules of the ref than those that it has now is not new to these.
func (m *Memory) beginsAnew(h *Heard, rs []*Rule) bool {
	return h.Unheard || !slices.ContainsFunc(rs, func(r *Rule) bool {
		return m.Episodes[r.Name] != nil || !slices.Contains(h.Rules, r.Name)
	})
}

func (h *Heard) lastHeard() time.Time {
	if h.State == Suspended {
		return h.LastAt
	}
	return h.At
}

// known enters a firing alert that is known: it refreshes, or ends its suspension, or claims that
// its resolve is not true.
func (r *recorder) known(hit Hit) {
	fp := hit.Alert.Fingerprint
	h := r.mem.Alerts[fp]
	switch {
	case h.Hook != "":
		r.again(hit, h)
		return
	case h.State == Resolved:
		r.claim(hit, h)
		return
	}
	next := h
	next.State, next.At, next.LastAt = Firing, r.now, time.Time{}
	if hit.Alert.StartsAt.After(h.StartsAt) {
		next.StartsAt = hit.Alert.StartsAt
	}
	next.Groups = with(h.Groups, r.group)
	next.Rules = ruleNames(hit.Rules, h.Rules)
	if !next.same(&h) {
		r.set(fp, next)
	} else {
		r.mem.Alerts[strings.Clone(fp)] = next
	}
	for _, rule := range hit.Rules {
		r.join(rule)
		r.renderLate(rule, hit.Alert)
	}
}

// same tells whether nothing is different but when the alert was heard of.
func (h *Heard) same(o *Heard) bool {
	return h.State == o.State && h.StartsAt.Equal(o.StartsAt) &&
		slices.Equal(h.Groups, o.Groups) && slices.Equal(h.Rules, o.Rules)
}

// claim enters a firing alert that did not start after its resolve.
func (r *recorder) claim(hit Hit, h Heard) {
	fp := hit.Alert.Fingerprint
	r.stale = true
	if !h.Unheard {
		r.takeOver(&h, hit.Rules)
	}
	h.Rules, h.LastAt = ruleNames(hit.Rules, h.Rules), r.now
	if r.now.Sub(h.At) > staleAfter {
		h.Claims = with(h.Claims, r.group)
		r.mem.resume(r.target, strings.Clone(fp), h, r.now, r.now)
		r.add(r.mem.Alerts[fp], 1)
		r.changed = true
		for _, rule := range hit.Rules {
			r.renderLate(rule, hit.Alert)
		}
		return
	}
	if slices.Contains(h.Claims, r.group) {
		r.mem.Alerts[strings.Clone(fp)] = h
		return
	}
	h.Claims = with(h.Claims, r.group)
	r.set(fp, h)
}

// takeOver gives the rules that did not know a resolved alert, and now would, an episode to resume: one
// without a call.
func (r *recorder) takeOver(h *Heard, rs []*Rule) {
	for _, rule := range rs {
		if r.mem.Episodes[rule.Name] == nil && !slices.Contains(h.Rules, rule.Name) {
			r.mem.Episodes[rule.Name] = &Episode{Since: r.now, Ended: r.now}
			r.changed = true
		}
	}
}

// fresh enters an alert that is new.
func (r *recorder) fresh(hit Hit) {
	for _, rule := range hit.Rules {
		switch {
		case r.firing[rule.Name] == 0:
			r.begin(rule, hit.Alert)
		case r.began[rule.Name]:
			r.renderMore(rule, hit.Alert)
		default:
			r.renderLate(rule, hit.Alert)
		}
	}
	r.set(hit.Alert.Fingerprint, Heard{
		State: Firing, StartsAt: hit.Alert.StartsAt, At: r.now,
		Groups: []GroupID{r.group}, Rules: ruleNames(hit.Rules, nil),
		Hook: r.event.Hook, Until: r.event.Until, KnownUntil: r.event.KnownUntil,
	})
}

// begin starts an episode of a rule, with its call. What was suspended goes over into it.
func (r *recorder) begin(rule *Rule, a *Alert) {
	ep := &Episode{Since: r.now}
	if !rule.Resolved {
		ep.Call = r.mem.newCall(r.now)
	}
	r.mem.Episodes[rule.Name] = ep
	r.began[rule.Name], r.changed = true, true
	r.renderMore(rule, a)
}

// join makes sure that a rule which has an alert has an episode: one without a call, for an alert that
// another rule knew.
func (r *recorder) join(rule *Rule) {
	ep := r.mem.Episodes[rule.Name]
	if ep == nil || !ep.Ended.IsZero() {
		r.mem.Episodes[rule.Name] = &Episode{Since: r.now}
		r.changed = true
	}
}

// ruleNames returns the names of rules; those that were there before, if they are the same.
func ruleNames(rs []*Rule, before []string) []string {
	if slices.EqualFunc(rs, before, func(r *Rule, name string) bool { return r.Name == name }) {
		return before
	}
	names := make([]string, 0, len(rs))
	for _, r := range rs {
		names = append(names, r.Name)
	}
	return names
}

func with(groups []GroupID, g GroupID) []GroupID {
	if slices.Contains(groups, g) {
		return groups
	}
	return append(slices.Clone(groups), g)
}

func without(groups []GroupID, g GroupID) []GroupID {
	if !slices.Contains(groups, g) {
		return groups
	}
	return slices.DeleteFunc(slices.Clone(groups), func(o GroupID) bool { return o == g })
}
