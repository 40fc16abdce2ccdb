package controller

import (
	"time"

	"alertscale/rules/engine"
)

// DecisionRecord is a decision, when it was made, and the alerts that it came from.
type DecisionRecord struct {
	At time.Time `json:"at"`
	engine.Decision
	Alerts []string  `json:"alerts,omitempty"` // at most five, each as its labels: {a="b"}
	Since  time.Time `json:"-"`                // the earliest startsAt of the alerts; zero where there is none
}

// Sink takes decisions. Record must not block: a slow sink drops and counts.
type Sink interface {
	Record(DecisionRecord)
}
