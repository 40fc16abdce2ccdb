package engine

import (
	"slices"
	"time"

	"alertscale/rules"
)

// Prometheus itself says of each alert when it ends unless it says so again, and says nothing by leaving one out. So such
// an alert is of no group, and fires until the latest end that was heard. An end that passes suspends it: nobody said that
// it is over. Where an Alertmanager tells of it too, it goes on by that.

// until is when a firing alert ends unless it is heard of again, after one more word of it; zero: nobody said.
func (h *AlertState) until(a *rules.Alert, ttl time.Duration, now time.Time) time.Time {
	if !a.IsDirect() {
		return h.Until
	}
	return later(h.Until, earlier(writable(a.EndsAt), now.Add(ttl)))
}

// goesOn reports whether a word of Prometheus itself is about an alert that still fires by an earlier one. As at
// Alertmanager that is the same alert, whenever it says that it began: a Prometheus that was restarted has another start.
func (h *AlertState) goesOn(a *rules.Alert) bool {
	return a.IsDirect() && h.Phase != Resolved && h.Hook == "" && !h.Until.IsZero() && !a.StartsAt.After(h.Until)
}

// silenced reports whether an alert is suspended since Alertmanager does not have it or suppresses it, though Prometheus
// goes on saying that it fires.
func (h *AlertState) silenced() bool { return h.Phase == Suspended && !h.Until.IsZero() }

// silence suspends an alert as by Alertmanager.
func (h *AlertState) silence(now time.Time) {
	until := h.Until
	h.suspend(now)
	h.Until = until
}

// staysSilenced reports whether a word leaves an alert suspended as by Alertmanager, of which Prometheus knows nothing:
// it is looked up again until Alertmanager says otherwise.
func (r *recorder) staysSilenced(h *AlertState, a *rules.Alert) bool {
	return h.silenced() && a.IsDirect() && r.set.LookupAfter > 0
}

// keepSilenced notes that Prometheus goes on saying that a suspended alert fires.
func (r *recorder) keepSilenced(fp string, h AlertState, a *rules.Alert) {
	h.At, h.LastAt, h.Until = r.now, r.now, h.until(a, r.set.AlertTTL, r.now)
	r.state.putAlert(fp, h)
}

// lapse takes out what Prometheus said of an alert, where the end of it has passed. Where nobody else tells of it, it is
// suspended.
func (h *AlertState) lapse(now time.Time) {
	if h.Phase == Resolved || h.Until.IsZero() || now.Before(h.Until) {
		return
	}
	if h.Until = (time.Time{}); h.Phase == Suspended {
		return
	}
	h.Groups = slices.DeleteFunc(slices.Clone(h.Groups), func(m Membership) bool { return m.Group == 0 })
	if len(h.Groups) == 0 {
		h.Groups = nil
		h.suspend(now)
	}
}

// clipDirect moves the end of an alert back where a clock was set back since it was heard of.
func (h *AlertState) clipDirect(now time.Time) {
	if ahead := h.At.Sub(now); h.Hook == "" && !h.Until.IsZero() && ahead > 0 {
		h.Until = h.Until.Add(-ahead)
	}
}
