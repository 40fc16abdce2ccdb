package controller

import (
	"slices"
	"strings"
	"time"

	"alertscale/rules/engine"
)

// DecisionRecord is a decision, when it was made, and the alerts that it came from.
type DecisionRecord struct {
	At time.Time `json:"at"`
	engine.Decision
	Alerts   []engine.NamedAlert `json:"alerts,omitempty"`      // at most five
	More     int                 `json:"more_alerts,omitempty"` // how many there were beside these
	Since    time.Time           `json:"-"`                     // when the first of them began; zero: not known
	Receiver string              `json:"receiver,omitempty"`    // of the notification that brought them
	Group    string              `json:"group,omitempty"`       // likewise: its groupKey
}

// AlertTexts lists the alerts as they are logged, and how many more there were.
func (d *DecisionRecord) AlertTexts() []string {
	return engine.Cause{Alerts: d.Alerts, More: d.More}.Texts()
}

// Own returns a record that keeps nothing alive but itself: its texts may be parts of a whole notification, and its lists may
// be used again. What it tells of alerts is nobody else's.
func (d DecisionRecord) Own() DecisionRecord {
	d.Ref = strings.Clone(d.Ref)
	d.Why = slices.Clone(d.Why)
	for i := range d.Why {
		d.Why[i] = strings.Clone(d.Why[i])
	}
	return d
}

// Sink takes decisions. Record must not block: a slow sink drops and counts.
type Sink interface{ Record(DecisionRecord) }

// NewRecord returns the record of a decision that was made at a time.
func NewRecord(at time.Time, d engine.Decision) DecisionRecord {
	return DecisionRecord{At: at, Decision: d, Alerts: d.Alerts, More: d.More, Since: d.Since, Receiver: d.Receiver, Group: d.Group}
}

// report tells all sinks of decisions.
func (c *Controller) report(all ...engine.Decision) {
	now := c.Now()
	for i := range all {
		r := NewRecord(now, all[i])
		for _, s := range c.Sinks {
			s.Record(r)
		}
	}
}
