package engine

import "time"

// alertEntry is what a table holds of an alert. It is replaced, never written to.
type alertEntry interface {
	latest() time.Time
	due(ttl time.Duration) time.Time
	// alert is all that is known of the alert. Its lists may be the entry's.
	alert() AlertState
}

// entryOf returns what a table holds of an alert: all of it, or, of the many that it fits, a plainAlert.
func entryOf(h AlertState) alertEntry {
	if p, fits := plainOf(&h); fits {
		return p
	}
	return &h
}

func (h *AlertState) alert() AlertState { return *h }

// plainAlert is an alert in less than half the memory: one of a single rule and of no more than one group, that there
// is nothing unusual about. Most are such ones, and there may be many.
type plainAlert struct {
	startsAt time.Time
	endsAt   time.Time
	at       time.Time
	group    [1]Membership
	rule     [1]string
	phase    int8 // its rank
	grouped  bool // there is a group
}

// plainOf returns an alert as a plainAlert, where it fits.
func plainOf(h *AlertState) (*plainAlert, bool) {
	if len(h.Groups) > 1 || len(h.Rules) != 1 || len(h.DisputedBy)+len(h.Figures) > 0 || h.Labels != nil || h.NeverFired || h.Hook != "" ||
		!h.LastAt.IsZero() || !h.DoubtedAt.IsZero() || !h.Until.IsZero() || !h.KnownUntil.IsZero() {
		return nil, false
	}
	p := &plainAlert{startsAt: h.StartsAt, endsAt: h.EndsAt, at: h.At, phase: int8(h.Phase.rank())}
	copy(p.rule[:], h.Rules)
	p.grouped = copy(p.group[:], h.Groups) > 0
	return p, true
}

func (p *plainAlert) alert() AlertState {
	h := AlertState{Phase: phases[p.phase], StartsAt: p.startsAt, EndsAt: p.endsAt, At: p.at, Rules: p.rule[:]}
	if p.grouped {
		h.Groups = p.group[:]
	}
	return h
}

func (p *plainAlert) latest() time.Time {
	h := p.alert()
	return h.latest()
}

func (p *plainAlert) due(ttl time.Duration) time.Time {
	h := p.alert()
	return h.due(ttl)
}
