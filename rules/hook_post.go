package rules

import "time"

// knownFor is how long a POST to a hook is remembered by its idempotency key.
const knownFor = 24 * time.Hour

// HookPost is one POST to a hook.
type HookPost struct {
	Hook        string // the hook's name
	Fingerprint string // of the alert: one of its own, or, for an idempotency key, always the same
	Keyed       bool   // there was an idempotency key
	Labels      Labels
	At          time.Time
	For         time.Duration // how long the alert fires
}

// Event returns the notification that a POST to a hook stands for: one alert, which ends by itself. It is of
// no group, so that nothing can be concluded from what it leaves out.
func (p HookPost) Event() *Event {
	e := &Event{
		Receiver: "hook/" + p.Hook, Hook: p.Hook, Until: p.At.Add(p.For), CommonLabels: p.Labels,
		Alerts: []Alert{{Fingerprint: p.Fingerprint, Labels: p.Labels, StartsAt: p.At}},
	}
	if p.Keyed {
		e.KnownUntil = p.At.Add(knownFor)
	}
	return e
}
