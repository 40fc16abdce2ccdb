// Package promql reads PromQL as far as is needed to say which labels its results can have. It is careful: of what it does
// not know, any labels are possible.
package promql

import (
	"alertscale/rules/possible"
)

// Recorded returns what is known of the labels of a metric that a rule records; false: no rule is known to record it.
type Recorded func(metric string) (possible.Labels, bool)

// Labels returns what is known of the labels of an expression's results, but for the metric's name. The error is that the
// expression could not be read; then any labels are possible. recorded may be nil.
func Labels(expr string, recorded Recorded) (possible.Labels, error) {
	tokens, err := lex(expr)
	if err != nil {
		return possible.AnyLabels(), err
	}
	p := &parser{tokens: tokens, recorded: recorded}
	result := p.expression(0)
	if p.err == nil && p.peek().kind != end {
		p.unexpected()
	}
	if p.err != nil {
		return possible.AnyLabels(), p.err
	}
	if result.kind != vector {
		return possible.NoLabels(), nil
	}
	return result.labels, nil
}

// metricName is the label that holds the name of a metric.
const metricName = "__name__"

// result is what is known of the results of a part of an expression.
type result struct {
	kind   resultKind
	labels possible.Labels // of a vector
	text   string          // of a text in quotes

	selects []possible.Matcher // of what is a selector and nothing else; else nil
}

// resultKind is what a part of an expression comes to.
type resultKind int

const (
	vector resultKind = iota
	scalar
	quoted
)

// anything is a vector of which nothing is known.
func anything() result { return result{labels: possible.AnyLabels()} }

// of is a vector with these labels.
func of(labels possible.Labels) result {
	return result{labels: labels.With(metricName, possible.Any())}
}
