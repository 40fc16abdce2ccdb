// Package backtest makes, of what a Prometheus remembers of alerts, the notifications that an Alertmanager would have sent of
// them. It is arithmetic on its arguments: no I/O, no clock, no logger.
package backtest

import (
	"slices"
	"strings"
	"time"

	"alertscale/rules"
)

// Span is a time in which an alert fired.
type Span struct {
	Labels rules.Labels
	Start  time.Time // startsAt: the evaluation that made it fire
	Comes  time.Time // when it is first told of: its start, or the begin of the history where it fired before
	End    time.Time // the evaluation that found it to be over; zero: it still fires
}

// Firing finds out when alerts fired, of looks at them in equal steps: what an expression gives at a time, and when that was
// evaluated.
type Firing struct {
	begin  time.Time
	step   time.Duration
	alerts map[string]*looks
	order  []*looks
}

// looks is what is known of one alert so far.
type looks struct {
	labels rules.Labels
	spans  []Span

	at, evaluated time.Time     // of the last look that showed it
	every         time.Duration // the least time between two evaluations so far; zero: it is not known
}

// NewFiring returns a history that begins at the first look.
func NewFiring(begin time.Time, step time.Duration) *Firing {
	return &Firing{begin: begin, step: step, alerts: map[string]*looks{}}
}

// Alert is one alert of a history. Its looks are told in the order of time.
type Alert struct {
	of *Firing
	*looks
}

// Alert returns the alert with some labels.
func (f *Firing) Alert(labels rules.Labels) Alert {
	key := textOf(labels)
	l := f.alerts[key]
	if l == nil {
		l = &looks{labels: labels}
		f.alerts[key] = l
		f.order = append(f.order, l)
	}
	return Alert{f, l}
}

// textOf is a text that only equal labels have.
func textOf(labels rules.Labels) string {
	sorted := slices.SortedFunc(slices.Values(labels), func(a, b rules.Label) int { return strings.Compare(a.Name, b.Name) })
	var b strings.Builder
	for _, l := range sorted {
		b.WriteString(l.Name)
		b.WriteByte(0xff) // no byte of UTF-8
		b.WriteString(l.Value)
		b.WriteByte(0xff)
	}
	return b.String()
}

// Fires says that a look at a time showed the alert as firing, by an evaluation that was no later.
func (a Alert) Fires(at, evaluated time.Time) {
	open := len(a.spans) > 0 && a.spans[len(a.spans)-1].End.IsZero()
	since := evaluated.Sub(a.evaluated)
	switch {
	case open && (at.Sub(a.at) > a.of.step || a.every > 0 && since > a.forgotten(a.of)):
		a.end(a.of)
		open = false
	case open && since > 0 && (a.every == 0 || since < a.every):
		a.every = since
	}
	if !open {
		a.spans = append(a.spans, Span{Labels: a.labels, Start: evaluated, Comes: later(evaluated, a.of.begin)})
	}
	a.at, a.evaluated = at, evaluated
}

// Since says that the alert, where it fires at the first look, began to at a time before.
func (a Alert) Since(at time.Time) {
	if len(a.spans) > 0 && !a.spans[0].Start.After(a.of.begin) && at.Before(a.spans[0].Start) {
		a.spans[0].Start = at
	}
}

// forgotten is after which time an Alertmanager takes the alert for resolved where it is not told of it again: Prometheus
// says that of each alert that it sends.
func (l *looks) forgotten(f *Firing) time.Duration { return 4 * max(f.step, l.every, time.Minute) }

// end ends the last span. The alert was over at the evaluation after the last one that showed it. Where that did not say so,
// but nothing was evaluated any more, it is over when the looks do not show it any more, or when Alertmanager forgets it.
func (l *looks) end(f *Firing) {
	end := l.evaluated.Add(f.step)
	if l.at.Sub(l.evaluated) >= f.step {
		end = earlier(l.at.Add(f.step), l.evaluated.Add(l.forgotten(f)))
	}
	l.spans[len(l.spans)-1].End = end
}

// Spans returns the times in which alerts fired, in the order in which they began, after a last look.
func (f *Firing) Spans(last time.Time) []Span {
	var all []Span
	for _, l := range f.order {
		if len(l.spans) == 0 {
			continue
		}
		if l.spans[len(l.spans)-1].End.IsZero() && l.at.Before(last) {
			l.end(f)
		}
		all = append(all, l.spans...)
	}
	slices.SortStableFunc(all, func(a, b Span) int { return a.Comes.Compare(b.Comes) })
	return all
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
