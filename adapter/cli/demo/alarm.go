package demo

import (
	"fmt"
	"time"

	"alertscale/rules/chain"

	"github.com/prometheus/alertmanager/template"
	"github.com/prometheus/common/model"
)

// alarm is an alert of the simulated service: its rule, as Prometheus evaluates it, and the group that Alertmanager makes
// of it.
type alarm struct {
	rule      chain.Alert
	threshold threshold
	labels    template.KV
	group     group
	byHand    bool // no rule makes it

	pending time.Time // since when its expression is true; zero: it is not
	quiet   time.Time // of one that fires: since when its expression is not true; zero: it is
	firing  bool
	starts  time.Time
	ends    time.Time // of one that is resolved
	ratio   float64   // when it was evaluated last
}

// evaluate does what Prometheus does at an evaluation, and reports whether the alert became pending.
func (a *alarm) evaluate(ratio float64, now time.Time) bool {
	a.ratio = ratio
	if !a.threshold.crossed(ratio) {
		a.cease(now)
		return false
	}
	a.quiet = time.Time{}
	began := a.pending.IsZero()
	if began {
		a.pending = now
	}
	if !a.firing && now.Sub(a.pending) >= a.rule.For {
		a.firing, a.starts = true, now
	}
	return began && !a.firing
}

// cease is an evaluation by which the expression is not true: what fires goes on for as long as keep_firing_for says.
func (a *alarm) cease(now time.Time) {
	a.pending = time.Time{}
	if !a.firing {
		return
	}
	if a.quiet.IsZero() {
		a.quiet = now
	}
	if now.Sub(a.quiet) >= a.rule.KeepFiring {
		a.firing, a.ends, a.quiet = false, now, time.Time{}
	}
}

// handLasts is how long an alert lasts that is posted to Alertmanager without an end: its resolve_timeout.
const handLasts = 5 * time.Minute

// byHand returns the alert of another one's rule as a person posts it: with another severity, and at once.
func byHand(like *alarm) *alarm {
	a := &alarm{byHand: true, labels: template.KV{}, group: like.group}
	for name, value := range like.labels {
		a.labels[name] = value
	}
	a.labels["severity"] = "critical"
	return a
}

// story says why an alert is told of as it is.
func (a *alarm) story(n news) string {
	switch {
	case n == repeated && a.byHand:
		return a.labels["alertname"] + " by hand fires still"
	case n == repeated:
		return fmt.Sprintf("%s fires still, at %.0f%%", a.rule.Name, 100*a.ratio)
	case n == resolved && a.byHand:
		return fmt.Sprintf("%s by hand: %s are over", a.labels["alertname"], short(handLasts))
	case n == resolved:
		return fmt.Sprintf("%s: not %s for %s", a.rule.Name, a.threshold, short(a.rule.KeepFiring))
	case a.byHand:
		return text(a.labels) + ": posted by hand, before a rush"
	default:
		return fmt.Sprintf("%s: %.0f%% %s for %s", text(a.labels), 100*a.ratio, a.threshold, short(a.rule.For))
	}
}

// short writes a duration as files have it: 2m.
func short(d time.Duration) string { return model.Duration(d).String() }
