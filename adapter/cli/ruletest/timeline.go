package ruletest

import (
	"fmt"
	"time"

	"alertscale/adapter/config"
	"alertscale/adapter/source/webhook"
	"alertscale/rules"
	"alertscale/rules/engine"
	"alertscale/rules/simulation"
)

// timeline is what happens in a test.
type timeline struct {
	*test
	set       *rules.Set
	sim       *simulation.Simulation
	alerts    map[string]*rules.Alert // by fingerprint, as last told of
	posts     int                     // to hooks
	decisions []decision
	changes   []count
	unmatched []unmatched
}

// decision is one that was made at a time.
type decision struct {
	at time.Duration
	engine.Decision
}

// count is one that a ref has from a time on.
type count struct {
	at  time.Duration
	ref string
	n   int
}

// unmatched is an alert that no rule matches.
type unmatched struct {
	at     time.Duration
	labels rules.Labels
}

// play lets happen all that a test says, up to the last that is expected.
func play(t *test, f *config.File) *timeline {
	l := &timeline{test: t, set: f.Rules, alerts: map[string]*rules.Alert{}}
	l.sim = simulation.New(simulation.Options{
		Set: f.Rules, Start: t.start, Counts: t.counts, Said: f.Said,
		Decided: func(at time.Time, d engine.Decision) { l.decisions = append(l.decisions, decision{at.Sub(t.start), d}) },
		Matched: func(at time.Time, m *rules.Match) {
			for _, a := range m.Unmatched {
				l.unmatched = append(l.unmatched, unmatched{at.Sub(t.start), a.Labels})
			}
		},
		Counted: func(at time.Time, ref string, n int) { l.changes = append(l.changes, count{at.Sub(t.start), ref, n}) },
		Missing: func(ref string) string { return fmt.Sprintf("%s: the test has no count of it; add it to counts", ref) },
	})
	for ref, said := range t.bounds {
		l.sim.SetBounds(ref, said)
	}
	for _, in := range t.inputs {
		l.happen(in)
	}
	for _, w := range t.wants {
		l.sim.AdvanceTo(t.start.Add(w.at))
	}
	return l
}

func (l *timeline) happen(in *input) {
	at := l.start.Add(in.at)
	l.sim.AdvanceTo(at)
	switch {
	case in.hook != nil:
		l.sim.Post(l.posted(in, at), at)
	case len(in.firing)+len(in.resolved) > 0:
		l.sim.Post(l.notification(in, at), at)
	}
	for ref, n := range in.counts {
		l.sim.SetCount(ref, n)
	}
	for ref, ready := range in.ready {
		l.sim.SetReady(ref, ready)
	}
	for ref, said := range in.bounds {
		l.sim.SetBounds(ref, said)
	}
}

// posted is what a POST to a hook stands for.
func (l *timeline) posted(in *input, at time.Time) *rules.Event {
	l.posts++
	p := rules.HookPost{
		Hook: in.hook.Name, Labels: in.hook.Alert(in.labels), At: at, For: in.hook.For, Keyed: in.key != "",
		Fingerprint: fmt.Sprintf("hook/%s/%d", in.hook.Name, l.posts),
	}
	if p.Keyed {
		p.Fingerprint = fmt.Sprintf("hook/%s/key %s", in.hook.Name, in.key)
	}
	return p.Event()
}

// notification is what Alertmanager would send.
func (l *timeline) notification(in *input, at time.Time) *rules.Event {
	e := &rules.Event{Receiver: in.receiver, GroupKey: in.group}
	for _, a := range in.firing {
		e.Alerts = append(e.Alerts, l.tell(a, false, at))
	}
	for _, a := range in.resolved {
		e.Alerts = append(e.Alerts, l.tell(a, true, at))
	}
	e.CommonLabels = common(e.Alerts, func(a *rules.Alert) rules.Labels { return a.Labels })
	e.CommonAnnotations = common(e.Alerts, func(a *rules.Alert) rules.Labels { return a.Annotations })
	return e
}

// tell is an alert as it is told of at a time. It starts when it is first told of as firing, again after each resolve.
func (l *timeline) tell(a alert, resolved bool, at time.Time) rules.Alert {
	next := rules.Alert{Fingerprint: webhook.Fingerprint(a.labels), Labels: a.labels, Annotations: a.annotations, StartsAt: at, Resolved: resolved}
	before := l.alerts[next.Fingerprint]
	switch {
	case before == nil:
	case resolved || !before.Resolved:
		next.StartsAt = before.StartsAt
	}
	switch {
	case !resolved:
	case before != nil && before.Resolved: // said again
		next.EndsAt = before.EndsAt
	default:
		next.EndsAt = at
	}
	l.alerts[next.Fingerprint] = &next
	return next
}

// common are the labels that all alerts have alike.
func common(all []rules.Alert, of func(*rules.Alert) rules.Labels) rules.Labels {
	var same rules.Labels
	for _, label := range of(&all[0]) {
		shared := true
		for i := range all {
			shared = shared && of(&all[i]).Get(label.Name) == label.Value
		}
		if shared {
			same = append(same, label)
		}
	}
	return same
}

// countAt is the count of a ref after all that happens at a time; false where it is not known.
func (l *timeline) countAt(ref string, at time.Duration) (n int, known bool) {
	n, known = l.counts[ref]
	for _, c := range l.changes {
		if c.ref == ref && c.at <= at {
			n, known = c.n, true
		}
	}
	return n, known
}
