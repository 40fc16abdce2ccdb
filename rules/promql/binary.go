package promql

import (
	"alertscale/rules/possible"
)

// matching is how an operator pairs the series of its two sides.
type matching struct {
	on       bool
	labels   []string // of on or ignoring
	many     string   // group_left, group_right; empty: one to one
	included []string // labels that the many get from the one
	filled   bool     // what has no partner gets one
}

// matching reads what stands behind an operator.
func (p *parser) matching() (m matching) {
	p.takes("bool")
	switch {
	case p.takes("on"):
		m.on = true
		m.labels = p.names()
	case p.takes("ignoring"):
		m.labels = p.names()
	}
	for _, side := range []string{"group_left", "group_right"} {
		if p.takes(side) {
			m.many = side
			if p.isNext("(") {
				m.included = p.names()
			}
		}
	}
	for p.isNext("fill", "fill_left", "fill_right") {
		p.next()
		m.filled = true
		p.want("(")
		p.skipTo(")")
	}
	return m
}

// combine returns what is known of the results of an operator.
func combine(op string, left, right result, m matching) result {
	switch {
	case left.kind != vector && right.kind != vector:
		return result{kind: scalar}
	case right.kind != vector, op == "and", op == "unless":
		return of(left.labels)
	case left.kind != vector:
		return of(right.labels)
	case op == "or":
		return of(left.labels.Or(right.labels))
	case m.filled:
		return anything()
	case m.many == "group_left":
		return of(manyToOne(left.labels, right.labels, m))
	case m.many == "group_right":
		return of(manyToOne(right.labels, left.labels, m))
	}
	return of(oneToOne(left.labels, right.labels, m))
}

// oneToOne is what two series have in common that are paired: the labels that they are paired by.
func oneToOne(left, right possible.Labels, m matching) possible.Labels {
	both := left.And(right)
	if m.on {
		return both.Keep(m.labels...)
	}
	return both.Drop(m.labels...)
}

// manyToOne is the labels of the many, with those that they get from the one.
func manyToOne(many, one possible.Labels, m matching) possible.Labels {
	if m.on {
		both := many.And(one)
		for _, name := range m.labels {
			many = many.With(name, both.Get(name))
		}
	}
	for _, name := range m.included {
		many = many.With(name, one.Get(name))
	}
	return many
}
