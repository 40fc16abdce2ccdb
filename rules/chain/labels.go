package chain

import (
	"regexp"
	"strings"

	"alertscale/rules"
	"alertscale/rules/possible"
	"alertscale/rules/promql"

	"github.com/prometheus/alertmanager/pkg/labels"
)

// labeler knows which labels alerts may have when they leave Prometheus.
type labeler struct {
	from    *Prometheus
	records map[string][]Record
	metrics map[string]*possible.Labels // by the metric that is recorded; nil while they are worked out
}

func newLabeler(p *Prometheus) *labeler {
	l := &labeler{from: p, records: map[string][]Record{}, metrics: map[string]*possible.Labels{}}
	for _, r := range p.Records {
		l.records[r.Metric] = append(l.records[r.Metric], r)
	}
	return l
}

// recorded implements promql.Recorded.
func (l *labeler) recorded(metric string) (possible.Labels, bool) {
	if known, ok := l.metrics[metric]; ok {
		if known == nil { // a rule that reads what it records
			return possible.AnyLabels(), true
		}
		return *known, true
	}
	records := l.records[metric]
	if len(records) == 0 {
		return possible.Labels{}, false
	}
	l.metrics[metric] = nil
	var all possible.Labels
	for i, r := range records {
		if of := l.of(r.Expr, r.Labels); i == 0 {
			all = of
		} else {
			all = all.Or(of)
		}
	}
	l.metrics[metric] = &all
	return all, true
}

// of is what is known of an expression's results with the labels of its rule.
func (l *labeler) of(expr string, own rules.Labels) possible.Labels {
	results, _ := promql.Labels(expr, l.recorded) // of what cannot be read any labels are possible
	known := results
	for _, label := range own {
		known = known.With(label.Name, templated(label.Value, results))
	}
	return known
}

// copies is a label's template that takes the value of another label.
var copies = regexp.MustCompile(`^{{-?\s*\$labels\.([A-Za-z_][A-Za-z0-9_]*)\s*-?}}$`)

// templated is what is known of the value that a rule gives to a label.
func templated(value string, results possible.Labels) possible.Value {
	if !strings.Contains(value, "{{") {
		return possible.OneOf(value)
	}
	if m := copies.FindStringSubmatch(value); m != nil {
		return results.Get(m[1])
	}
	return possible.Any()
}

// alert is what is known of the labels of an alert when it comes to Alertmanager.
func (l *labeler) alert(a *Alert) possible.Labels {
	known := l.of(a.Expr, a.Labels).With("__name__", possible.Missing()).With(alertName, possible.OneOf(a.Name))
	if m := a.Manifest; m != nil {
		known = l.byOperator(known, m)
	}
	for _, label := range l.from.External {
		known = known.With(label.Name, orElse(known.Get(label.Name), label.Value))
	}
	for _, r := range l.from.Relabel {
		known = r.apply(known)
	}
	return known
}

// orElse is a value, or another one where it is missing.
func orElse(v possible.Value, otherwise string) possible.Value {
	there, verdict := v.Narrow(possible.Matcher{Type: labels.MatchNotEqual, Match: func(value string) bool { return value != "" }})
	switch verdict {
	case possible.No:
		return possible.OneOf(otherwise)
	case possible.Yes:
		return v
	}
	return there.Or(possible.OneOf(otherwise))
}

// byOperator leaves open what a Prometheus that an operator runs adds: a label of its own, and, where it enforces one, the
// namespace of the rule.
func (l *labeler) byOperator(known possible.Labels, m *Manifest) possible.Labels {
	for _, name := range []string{"prometheus", "prometheus_replica"} {
		if known.Get(name).IsMissing() {
			known = known.With(name, possible.Any())
		}
	}
	if known.Get("namespace").IsMissing() {
		if m.Namespace == "" {
			return known.With("namespace", possible.Any())
		}
		known = known.With("namespace", possible.OneOf("", m.Namespace))
	}
	return known
}

// apply is what is known of labels that are relabeled.
func (r *Relabel) apply(known possible.Labels) possible.Labels {
	switch r.Action {
	case "drop", "keep", "dropequal", "keepequal":
		return known
	case "labeldrop", "labelkeep":
		for _, name := range known.Names() {
			if r.Regex.MatchString(name) == (r.Action == "labeldrop") {
				known = known.With(name, possible.Missing())
			}
		}
		return known
	case "labelmap":
		return possible.AnyLabels()
	}
	return known.With(r.Target, possible.Any())
}
