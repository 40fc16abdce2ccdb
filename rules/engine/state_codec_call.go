package engine

import (
	"time"

	"alertscale/rules"
)

type storedCall struct {
	ID        uint64    `json:"id"`
	At        time.Time `json:"at"`
	AtEnd     bool      `json:"atEnd,omitempty"`
	Value     *int      `json:"value,omitempty"`
	Figure    *float64  `json:"figure,omitempty"`
	Broken    string    `json:"broken,omitempty"`
	Start     *int      `json:"start,omitempty"`
	Preempted bool      `json:"preempted,omitempty"`
	Goal      *int      `json:"goal,omitempty"`

	Named    []storedNamed `json:"named,omitempty"`
	More     int           `json:"more,omitempty"`
	Since    time.Time     `json:"since,omitzero"`
	Receiver string        `json:"receiver,omitempty"`
	Group    string        `json:"group,omitempty"`
}

type storedNamed struct {
	Labels      []storedLabel `json:"labels"`
	Fingerprint string        `json:"fingerprint"`
	StartsAt    time.Time     `json:"startsAt"`
}

func (c *Call) stored() *storedCall {
	if c == nil {
		return nil
	}
	return &storedCall{
		c.ID, c.At, c.AtEnd, c.Value, c.Figure, c.Broken, c.Start, c.Preempted, c.Goal,
		convert(c.Alerts, func(n NamedAlert) storedNamed {
			return storedNamed{convert(n.Labels, func(l rules.Label) storedLabel { return storedLabel(l) }), n.Fingerprint, n.StartsAt}
		}),
		c.More, writable(c.Since), c.Receiver, c.Group,
	}
}

func (o *storedCall) call() *Call {
	if o == nil {
		return nil
	}
	return &Call{o.ID, o.At, o.AtEnd, o.Value, o.Figure, o.Broken, o.Start, o.Preempted, o.Goal, Cause{
		convert(o.Named, func(n storedNamed) NamedAlert {
			return NamedAlert{convert(n.Labels, func(l storedLabel) rules.Label { return rules.Label(l) }), n.Fingerprint, n.StartsAt}
		}),
		o.More, o.Since, shared(o.Receiver), o.Group,
	}}
}
