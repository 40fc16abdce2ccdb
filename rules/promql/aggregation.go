package promql

import (
	"slices"

	"alertscale/rules/possible"
)

// aggregations are the operators that make few series of many.
var aggregations = []string{
	"sum", "avg", "count", "min", "max", "group", "stddev", "stdvar", "quantile", "count_values", "topk", "bottomk", "limitk", "limit_ratio",
}

// choosing are the aggregations whose results are some of the series, with all their labels.
var choosing = []string{"topk", "bottomk", "limitk", "limit_ratio"}

// grouping is the clause of an aggregation.
type grouping struct {
	without bool
	labels  []string
}

// aggregation reads an aggregation behind its name. Its clause is before or behind the brackets.
func (p *parser) aggregation(op string) result {
	g, before := p.grouping()
	p.want("(")
	args := p.arguments()
	if !before {
		g, _ = p.grouping()
	}
	if len(args) == 0 {
		p.unexpected()
		return anything()
	}
	in := args[len(args)-1].labels
	switch {
	case slices.Contains(choosing, op):
		return of(in)
	case g.without:
		in = in.Drop(g.labels...)
	default:
		in = in.Keep(g.labels...)
	}
	if op == "count_values" {
		in = in.With(args[0].text, possible.Any())
	}
	return of(in)
}

func (p *parser) grouping() (g grouping, ok bool) {
	switch {
	case p.takes("by"):
		g.labels = p.names()
	case p.takes("without"):
		g = grouping{true, p.names()}
	default:
		return g, false
	}
	return g, true
}
