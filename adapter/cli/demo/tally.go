package demo

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"alertscale/adapter/controller"
	"alertscale/rules/engine"
)

// tally counts what happened, for the summary.
type tally struct {
	first, last   int // replicas
	steps         int
	alerts        []string // the names of those that fired
	notifications int
	repeats       int
	deferred      []*deferral
	shrank        time.Time // when the first step down was taken; zero: none was
}

// deferral is a call that had to wait.
type deferral struct {
	rule    string
	verdict engine.Verdict
	since   time.Time
	served  time.Time // zero: it waits
}

// note counts a decision.
func (t *tally) note(r *controller.DecisionRecord) {
	switch r.Verdict {
	case engine.Scaled:
		t.steps++
		t.last = *r.To
		if *r.To < *r.From && t.shrank.IsZero() {
			t.shrank = r.At
		}
		if d := t.waiting(); d != nil && d.rule == r.Rule {
			d.served = r.At
		}
	case engine.Cooling:
		if t.waiting() == nil {
			t.deferred = append(t.deferred, &deferral{rule: r.Rule, verdict: r.Verdict, since: r.At})
		}
	default:
	}
}

// waiting returns the call that waits; nil: there is none.
func (t *tally) waiting() *deferral {
	if n := len(t.deferred); n > 0 && t.deferred[n-1].served.IsZero() {
		return t.deferred[n-1]
	}
	return nil
}

// sent counts a notification of an alert.
func (t *tally) sent(a *alarm, n news) {
	t.notifications++
	switch n {
	case fires:
		t.alerts = append(t.alerts, a.labels["alertname"])
	case repeated:
		t.repeats++
	default:
	}
}

// lines are the summary.
func (t *tally) lines(past time.Duration) []string {
	all := []string{
		fmt.Sprintf("In %s the service went from %d to %d replicas.", short(past), t.first, t.last),
		fmt.Sprintf("  steps taken    %d", t.steps),
		fmt.Sprintf("  alerts         %d%s", len(t.alerts), t.names()),
		fmt.Sprintf("  notifications  %d, of which %d repeats did nothing", t.notifications, t.repeats),
		fmt.Sprintf("  deferred       %d", len(t.deferred)),
	}
	for _, d := range t.deferred {
		became := "and still waits"
		if !d.served.IsZero() {
			became = fmt.Sprintf("and was done after %s", short(d.served.Sub(d.since)))
		}
		all = append(all, fmt.Sprintf("    %q met a %s at %s, %s", d.rule, d.verdict, clockTime(d.since), became))
	}
	return all
}

// names says how many alerts there were of each name.
func (t *tally) names() string {
	sorted := slices.Sorted(slices.Values(t.alerts))
	var parts []string
	for len(sorted) > 0 {
		n := len(sorted)
		if i := slices.IndexFunc(sorted, func(name string) bool { return name != sorted[0] }); i > 0 {
			n = i
		}
		parts = append(parts, fmt.Sprintf("%d × %s", n, sorted[0]))
		sorted = sorted[n:]
	}
	if len(parts) == 0 {
		return ""
	}
	return ": " + strings.Join(parts, ", ")
}
