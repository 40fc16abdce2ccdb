// Package chain follows alerts from the rules of Prometheus through the routes of Alertmanager to alertscale's rules, and says
// what is probably not meant. What cannot be known from the files is not reported.
package chain

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"alertscale/rules"
	"alertscale/rules/possible"
	"alertscale/rules/routing"
	"alertscale/rules/yamldoc"
)

// Input is the files that alerts are followed through.
type Input struct {
	File       string // alertscale's
	Rules      *rules.Set
	Hooks      []Hook
	Prometheus Prometheus
	Trees      []*routing.Tree
}

// Hook is a hook of alertscale's file.
type Hook struct {
	Name   string
	Labels rules.Labels
}

// Report is what there is to say.
type Report struct {
	Warnings []*yamldoc.Fault // in the order of files and lines
	Alerts   []Followed       // in the order in which they were given
}

// Follow follows all alerts.
func Follow(in Input) Report {
	f := &follower{Input: in, index: newIndex(in.Rules.Rules), byName: map[string][]*alert{}, warned: map[string]bool{}}
	f.receivers()
	if len(f.alertsOf()) == 0 {
		return f.report
	}
	for _, a := range f.alerts {
		f.follow(a)
	}
	f.unmatched()
	f.unreached()
	f.notifications()
	f.needs()
	for _, a := range f.alerts {
		f.report.Alerts = append(f.report.Alerts, f.followed(a))
	}
	slices.SortStableFunc(f.report.Warnings, func(a, b *yamldoc.Fault) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	return f.report
}

// follower is where alerts are followed.
type follower struct {
	Input
	index   *index
	entries []entries // of each tree
	alerts  []*alert
	byName  map[string][]*alert
	names   []string // of alerts, sorted

	compared int // how many names were compared with others

	report Report
	warned map[string]bool
}

// alert is an alert on its way.
type alert struct {
	*Alert
	labels   possible.Labels
	arrivals []arrival
	reaches  []reach
	ends     []end // where it goes that is not alertscale
}

// end is a route whose receiver is not alertscale.
type end struct {
	route    *routing.Route
	receiver *routing.Receiver
}

// arrival is a way on which an alert comes to alertscale.
type arrival struct {
	entry
	route  *routing.Route
	labels possible.Labels // as alertscale gets them
	sure   bool            // all come this way
}

// reach is a rule that an alert comes to.
type reach struct {
	arrival
	rule   *rules.Rule
	labels possible.Labels // of those alerts that the rule matches
	always bool            // all of the alerts come to it
}

// alertsOf makes the alerts to follow. Without a receiver of alertscale's there are none.
func (f *follower) alertsOf() []*alert {
	if !slices.ContainsFunc(f.entries, func(e entries) bool { return len(e) > 0 }) {
		return nil
	}
	l := newLabeler(&f.Prometheus)
	for i := range f.Prometheus.Alerts {
		a := &f.Prometheus.Alerts[i]
		followed := &alert{Alert: a, labels: l.alert(a)}
		f.alerts = append(f.alerts, followed)
		f.byName[a.Name] = append(f.byName[a.Name], followed)
	}
	f.names = slices.Sorted(maps.Keys(f.byName))
	return f.alerts
}

// follow finds the ways of an alert, and the rules that it comes to.
func (f *follower) follow(a *alert) {
	for i, tree := range f.Trees {
		for _, way := range tree.Ways(a.labels) {
			found := f.entries[i][way.Route.Receiver]
			if len(found) == 0 {
				a.ends = append(a.ends, end{way.Route, tree.Receivers[way.Route.Receiver]})
			}
			for _, e := range found {
				a.arrivals = append(a.arrivals, arrival{e, way.Route, f.arriving(e, way.Labels), way.Sure})
			}
		}
	}
	for _, at := range a.arrivals {
		for _, r := range f.index.candidates(at.labels) {
			if labels, verdict, _ := at.labels.Narrow(f.index.matchers[r.Index]...); verdict != possible.No {
				a.reaches = append(a.reaches, reach{at, r, labels, at.sure && verdict == possible.Yes})
			}
		}
	}
}

// hookLabel is the label that only alerts of hooks have.
const hookLabel = "hook"

// arriving is what is known of the labels of an alert as alertscale takes it. A hook makes one of its own.
func (f *follower) arriving(e entry, labels possible.Labels) possible.Labels {
	if e.hook == "" {
		return labels.With(hookLabel, possible.Missing())
	}
	for _, h := range f.Hooks {
		if h.Name == e.hook {
			return h.labels()
		}
	}
	return possible.AnyLabels()
}

// labels is what is known of the labels of a hook's alert: of what it is sent, they may be any.
func (h *Hook) labels() possible.Labels {
	known := possible.AnyLabels().With(hookLabel, possible.OneOf(h.Name))
	for _, l := range h.Labels {
		known = known.With(l.Name, possible.OneOf(l.Value))
	}
	return known
}

// warn warns, of one thing at one place once.
func (f *follower) warn(at yamldoc.Place, where, format string, args ...any) {
	w := &yamldoc.Fault{File: at.File, Line: at.Line, Where: where, What: fmt.Sprintf(format, args...), Warning: true}
	if text := w.Error(); !f.warned[text] {
		f.warned[text] = true
		f.report.Warnings = append(f.report.Warnings, w)
	}
}

// ruleAt is where a rule is, and how a user calls it.
func (f *follower) ruleAt(r *rules.Rule) (yamldoc.Place, string) {
	return r.Place(), r.Where()
}

// ruleText names a rule in a sentence.
func (f *follower) ruleText(r *rules.Rule) string {
	return fmt.Sprintf("rule %q (%s)", r.Name, r.Place())
}

func (a *Alert) where() string { return fmt.Sprintf("alert %q", a.Name) }
