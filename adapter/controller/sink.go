package controller

import (
	"time"

	"alertscale/rules/engine"
)

// DecisionRecord is a decision, when it was made, and the alerts that it came from.
type DecisionRecord struct {
	At time.Time `json:"at"`
	engine.Decision
	Alerts []string  `json:"alerts,omitempty"` // at most five, each as its labels: {alertname="WebBusy"}
	Since  time.Time `json:"-"`                // when the first of the alerts began; zero: not known
}

// Sink takes decisions. Record must not block: a slow sink drops and counts.
type Sink interface{ Record(DecisionRecord) }

// report tells all sinks of decisions.
func (c *Controller) report(all ...engine.Decision) {
	now := c.Now()
	for i := range all {
		r := DecisionRecord{At: now, Decision: all[i], Alerts: all[i].Alerts, Since: all[i].Since}
		for _, s := range c.Sinks {
			s.Record(r)
		}
	}
}
