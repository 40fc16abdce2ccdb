package rules

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// maxAlerts is how many alerts are remembered for a ref.
const maxAlerts = 10_000

// advance lets time pass, and the file be what it is now. It tells whether anything came of it.
func (m *Memory) advance(t *Target, now time.Time) bool {
	changed := m.clip(now)
	if m.Target != t.Name {
		m.Target, changed = t.Name, true
	}
	changed = m.dropRules(t) || changed
	ttl := t.set.AlertTTL
	for _, fp := range m.due(ttl, now) {
		m.age(t, fp, now)
		changed = true
	}
	changed = m.dropEpisodes() || changed
	if m.Last != nil && !now.Before(m.lastForgotten(t)) {
		m.Last, changed = nil, true
	}
	if m.Intent != nil && !now.Before(m.Intent.At.Add(2*ttl)) {
		m.Intent, changed = nil, true
	}
	return changed
}

// clip counts every stored time that lies after now as now: a clock was set back.
func (m *Memory) clip(now time.Time) bool {
	changed := false
	for fp, h := range m.Alerts {
		if h.At.After(now) || h.LastAt.After(now) || h.Hook != "" && h.StartsAt.After(now) {
			h.At, h.LastAt = earlier(h.At, now), earlier(h.LastAt, now)
			h.clipHook(now)
			m.Alerts[fp], changed = h, true
		}
	}
	if m.Last != nil && m.Last.At.After(now) {
		last := *m.Last
		last.At = now
		m.Last, changed = &last, true
	}
	if m.Intent != nil && m.Intent.At.After(now) {
		intent := *m.Intent
		intent.At = now
		m.Intent, changed = &intent, true
	}
	return changed
}

func earlier(a, b time.Time) time.Time {
	if a.After(b) {
		return b
	}
	return a
}

// dropRules ends the episodes of rules that no longer act on this ref, and drops the calls of those that
// now act at the other end of an episode.
func (m *Memory) dropRules(t *Target) bool {
	changed := false
	for name, ep := range m.Episodes {
		rule := t.set.rule(name, t)
		switch {
		case rule == nil:
			delete(m.Episodes, name)
			changed = true
		case ep.Call != nil && ep.Call.Resolved != rule.Resolved:
			next := *ep
			next.Call = nil
			m.Episodes[name], changed = &next, true
		}
	}
	if !changed {
		return false
	}
	for fp, h := range m.Alerts {
		kept := slices.DeleteFunc(slices.Clone(h.Rules), func(name string) bool { return t.set.rule(name, t) == nil })
		if len(kept) < len(h.Rules) {
			h.Rules = kept
			m.Alerts[fp] = h
		}
	}
	return true
}

// due lists the alerts that something is due for, in a fixed order.
func (m *Memory) due(ttl time.Duration, now time.Time) []string {
	var fps []string
	for fp, h := range m.Alerts {
		if !now.Before(h.due(ttl)) {
			fps = append(fps, fp)
		}
	}
	slices.Sort(fps)
	return fps
}

// age suspends, resumes or forgets one alert that is due.
func (m *Memory) age(t *Target, fp string, now time.Time) {
	h := m.Alerts[fp]
	switch {
	case h.State == Firing && h.Hook != "":
		m.expire(t, fp, now)
	case h.State == Firing:
		h.State, h.LastAt, h.At = Suspended, h.At, now
		m.Alerts[fp] = h
	case h.State == Resolved && len(h.Claims) > 0:
		m.resume(t, fp, h, h.LastAt, now)
	default:
		delete(m.Alerts, fp)
	}
}

// due is when the next thing happens to an alert that nobody speaks of.
func (h *Heard) due(ttl time.Duration) time.Time {
	switch {
	case h.Hook != "":
		return h.hookDue()
	case h.State == Firing:
		return h.At.Add(ttl)
	case len(h.Claims) > 0:
		return h.At.Add(resumeAfter)
	default:
		return h.At.Add(2 * ttl)
	}
}

// resume takes the resolve of an alert back: its episodes go on where they were, with the call that
// the resolve dropped. Where there is none to go on, the alert is new. heard is when somebody last said
// that it fires.
func (m *Memory) resume(t *Target, fp string, h Heard, heard, now time.Time) {
	h.Rules = slices.DeleteFunc(slices.Clone(h.Rules), func(name string) bool { return t.set.rule(name, t) == nil })
	if h.Unheard && len(h.Rules) == 0 {
		delete(m.Alerts, fp) // its rules are gone; it is new to those that it may have by now
		return
	}
	fresh := h.Unheard || len(h.Rules) > 0 &&
		!slices.ContainsFunc(h.Rules, func(name string) bool { return m.Episodes[name] != nil })
	for _, name := range h.Rules {
		rule := t.set.rule(name, t)
		ep := m.Episodes[name]
		switch {
		case fresh && !m.fires(name):
			m.Episodes[name] = m.lateEpisode(rule, now)
		case ep == nil:
			m.Episodes[name] = &Episode{Since: now}
		case !ep.Ended.IsZero():
			next := *ep
			next.Ended, next.Call, next.Dropped = time.Time{}, ep.Dropped, ep.Call
			m.Episodes[name] = &next
		}
	}
	m.Alerts[fp] = Heard{State: Firing, StartsAt: h.StartsAt, At: heard, Groups: h.Claims, Rules: h.Rules}
}

// lateEpisode begins an episode apart from a notification, so that a template has nothing to be
// rendered from.
func (m *Memory) lateEpisode(rule *Rule, now time.Time) *Episode {
	ep := &Episode{Since: now}
	if !rule.Resolved {
		ep.Call = m.newCall(now)
		if rule.Action.templated() {
			ep.Call.Broken = "set: the template waits for the next notification"
		}
	}
	return ep
}

func (m *Memory) newCall(now time.Time) *Call {
	m.Calls++
	return &Call{ID: m.Calls, At: now}
}

// endEpisode ends an episode by a resolve: its call is dropped, and one for the end of it opened.
func (m *Memory) endEpisode(rule *Rule, name string, now time.Time) {
	ep := *m.Episodes[name]
	before := ep.Dropped
	ep.Ended, ep.Dropped, ep.Call = now, ep.Call, nil
	if rule != nil && rule.Resolved && !ep.Calmed {
		if before != nil && before.Resolved {
			ep.Call = &Call{ID: before.ID, At: now}
		} else {
			ep.Call = m.newCall(now)
		}
		ep.Call.Resolved, ep.Call.Want = true, ep.Want
		if rule.Action.templated() && ep.Want == nil {
			ep.Call.Broken = "set: the template gave no count while the alerts fired"
		}
	}
	m.Episodes[name] = &ep
}

// dropEpisodes forgets episodes that have no alert left: those that ended by a resolve may resume as
// long as one of their alerts is remembered. A call whose template gave no count cannot be mended then.
func (m *Memory) dropEpisodes() bool {
	alive, known := map[string]bool{}, map[string]bool{}
	for _, h := range m.Alerts {
		for _, name := range h.Rules {
			known[name] = true
			if h.State != Resolved {
				alive[name] = true
			}
		}
	}
	n := len(m.Episodes)
	maps.DeleteFunc(m.Episodes, func(name string, ep *Episode) bool {
		if ep.Ended.IsZero() {
			return !alive[name]
		}
		return (ep.Call == nil || ep.Call.Broken != "") && !known[name]
	})
	return len(m.Episodes) < n
}

// lastForgotten is when the last change does not matter any more.
func (m *Memory) lastForgotten(t *Target) time.Time {
	return m.Last.At.Add(max(2*t.set.AlertTTL, t.set.longest))
}

// fires tells whether an alert of a rule fires.
func (m *Memory) fires(rule string) bool {
	for _, h := range m.Alerts {
		if h.State == Firing && slices.Contains(h.Rules, rule) {
			return true
		}
	}
	return false
}

// Firing counts the alerts that fire, by rule.
func (m *Memory) Firing() map[string]int {
	n := map[string]int{}
	for _, h := range m.Alerts {
		if h.State == Firing {
			for _, name := range h.Rules {
				n[name]++
			}
		}
	}
	return n
}

// cap drops what is over maxAlerts: the oldest resolves first, then what was suspended, then what was
// heard of the longest ago. The last alert of a rule's episode goes after all others, since the rule would
// take it for new when it is heard of again.
func (m *Memory) cap() {
	over := len(m.Alerts) - maxAlerts
	if over <= 0 {
		return
	}
	rank := map[State]int{Resolved: 0, Suspended: 1, Firing: 2}
	all := slices.SortedFunc(maps.Keys(m.Alerts), func(a, b string) int {
		x, y := m.Alerts[a], m.Alerts[b]
		return cmp.Or(cmp.Compare(rank[x.State], rank[y.State]), x.At.Compare(y.At), cmp.Compare(a, b))
	})
	held := m.held()
	for _, fp := range all {
		h := m.Alerts[fp]
		if over == 0 || h.State != Resolved && slices.ContainsFunc(h.Rules, func(r string) bool { return held[r] == 1 }) {
			continue
		}
		if h.State != Resolved {
			for _, name := range h.Rules {
				held[name]--
			}
		}
		delete(m.Alerts, fp)
		over--
	}
	for _, fp := range all {
		if _, kept := m.Alerts[fp]; kept && over > 0 {
			delete(m.Alerts, fp)
			over--
		}
	}
}

// held counts the alerts that keep an episode open, by rule.
func (m *Memory) held() map[string]int {
	n := map[string]int{}
	for _, h := range m.Alerts {
		if h.State != Resolved {
			for _, name := range h.Rules {
				n[name]++
			}
		}
	}
	return n
}
