package rules

import (
	"maps"
	"slices"
	"time"
)

// knownFor is how long a POST to a hook is remembered by its idempotency key.
const knownFor = 24 * time.Hour

// Press is one POST to a hook.
type Press struct {
	Hook        string // the hook's name
	Fingerprint string // of the alert: one of its own, or, for an idempotency key, always the same
	Keyed       bool   // there was an idempotency key
	Labels      Labels
	At          time.Time
	For         time.Duration // how long the alert fires
}

// Event returns the notification that a POST to a hook stands for: one alert, which ends by itself. It is of
// no group, so that nothing can be concluded from what it leaves out.
func (p Press) Event() *Event {
	e := &Event{
		Receiver: "hook/" + p.Hook, Hook: p.Hook, Until: p.At.Add(p.For), CommonLabels: p.Labels,
		Alerts: []Alert{{Fingerprint: p.Fingerprint, Labels: p.Labels, StartsAt: p.At}},
	}
	if p.Keyed {
		e.KnownUntil = p.At.Add(knownFor)
	}
	return e
}

// knows tells whether a firing alert is one that a hook brought before: a POST of the same idempotency key.
func (h *Heard) knows(a *Alert) bool {
	return h.Hook != "" && (h.KnownUntil.IsZero() || a.StartsAt.Before(h.KnownUntil))
}

// again enters a POST that is known by its key. It stands for what the first one said: of what it says itself,
// a template that gave no count may be mended, and that is all.
func (r *recorder) again(hit Hit, h Heard) {
	for _, rule := range hit.Rules {
		if h.State == Firing && slices.Contains(h.Rules, rule.Name) {
			r.renderLate(rule, hit.Alert)
		}
	}
}

// endHooked ends what the hook of the event brought before, so that its new alert begins an episode.
func (r *recorder) endHooked() {
	for _, fp := range slices.Sorted(maps.Keys(r.mem.Alerts)) {
		h := r.mem.Alerts[fp]
		if h.Hook != r.event.Hook || h.State != Firing {
			continue
		}
		r.resolved = append(r.resolved, h.Rules...)
		if r.mem.forgets(&h, r.held, r.now) {
			r.leave(fp)
		} else {
			r.set(fp, h.over(r.now))
		}
	}
}

// over returns what is remembered of a hook's alert that has ended.
func (h Heard) over(now time.Time) Heard {
	h.State, h.EndsAt, h.At, h.Groups = Resolved, now, now, nil
	return h
}

// forgets tells whether nothing is remembered of a hook's alert that ends: it has no key, or nothing came of
// it, so that whoever sends it again by its key wants it done.
func (m *Memory) forgets(h *Heard, held map[string]int, now time.Time) bool {
	if !now.Before(h.KnownUntil) {
		return true
	}
	return len(h.Rules) > 0 && !slices.ContainsFunc(h.Rules, func(name string) bool {
		ep := m.Episodes[name]
		return ep == nil || ep.Call == nil || held[name] > 1 || m.Intent.isFor(ep.Call)
	})
}

// isFor tells whether a change of unknown outcome was asked for a call.
func (in *Intent) isFor(c *Call) bool {
	return in != nil && (slices.Contains(in.Calls, c.ID) || slices.Contains(in.Before, c.ID))
}

// expire ends a hook's alert whose time is over, as a resolve does.
func (m *Memory) expire(t *Target, fp string, now time.Time) {
	h, held := m.Alerts[fp], m.held()
	if m.forgets(&h, held, now) {
		delete(m.Alerts, fp)
	} else {
		m.Alerts[fp] = h.over(now)
	}
	for _, name := range h.Rules {
		if ep := m.Episodes[name]; ep != nil && ep.Ended.IsZero() && held[name] == 1 { // by this alert alone
			m.endEpisode(t.set.rule(name, t), name, now)
		}
	}
}

// hookDue is when a hook's alert ends, or is forgotten.
func (h *Heard) hookDue() time.Time {
	if h.State == Firing {
		return h.Until
	}
	return h.KnownUntil
}

// clipHook moves the times of a hook's alert back where a clock was set back.
func (h *Heard) clipHook(now time.Time) {
	ahead := h.StartsAt.Sub(now)
	if h.Hook == "" || ahead <= 0 {
		return
	}
	h.StartsAt, h.Until = now, h.Until.Add(-ahead)
	if !h.KnownUntil.IsZero() {
		h.KnownUntil = h.KnownUntil.Add(-ahead)
	}
}
