// Package log writes decisions to the log, and keeps the log safe from what others send.
package log

import (
	"strings"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"

	"alertscale/adapter/controller"
	"alertscale/rules/engine"
)

// Sink writes a line for each decision that is not a duplicate. It waits for its logger, so it belongs behind a
// queue.
type Sink struct{ logger log.Logger }

// New returns a sink that writes to a logger.
func New(logger log.Logger) *Sink { return &Sink{logger} }

// Record implements controller.Sink.
func (s *Sink) Record(d controller.DecisionRecord) {
	if d.Verdict == engine.Duplicate {
		return
	}
	at := level.Info
	if d.Verdict == engine.Failed || d.Verdict == engine.Rejected {
		at = level.Warn
	}
	line := []any{
		"msg", "decision", "ref", d.Ref, "target", d.Target, "rule", d.Rule, "verdict", string(d.Verdict),
		"from", count(d.From), "to", count(d.To), "why", strings.Join(d.Why, "; "),
	}
	if len(d.Alerts) > 0 {
		line = append(line, "alerts", strings.Join(d.AlertTexts(), "; "))
	}
	if d.Receiver != "" || d.Group != "" {
		line = append(line, "receiver", d.Receiver, "group", d.Group)
	}
	at(s.logger).Log(line...)
}

// count returns what a count is logged as: a number, in JSON too, or null where it is not known.
func count(n *int) any {
	if n == nil {
		return nil
	}
	return *n
}
