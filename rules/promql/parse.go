package promql

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// parser reads an expression, and works out its labels on the way.
type parser struct {
	tokens   []token
	recorded Recorded
	depth    int
	err      error // the first fault; everything after it is of no meaning
}

// maxDepth is how deep expressions may lie in each other.
const maxDepth = 200

func (p *parser) peek() token { return p.tokens[0] }

func (p *parser) next() token {
	t := p.tokens[0]
	if t.kind != end {
		p.tokens = p.tokens[1:]
	}
	return t
}

func (p *parser) fail(err error) {
	if p.err == nil {
		p.err = err
	}
	p.tokens = []token{{kind: end}} // so that every loop ends
}

func (p *parser) unexpected() {
	if t := p.peek(); t.kind != end {
		p.fail(fmt.Errorf("unexpected %q", t.text))
		return
	}
	p.fail(errors.New("it ends too early"))
}

// takes takes a sign or a keyword if it is next.
func (p *parser) takes(s string) bool {
	if !p.isNext(s) {
		return false
	}
	p.next()
	return true
}

func (p *parser) isNext(words ...string) bool {
	t := p.peek()
	switch t.kind {
	case sign:
		return slices.Contains(words, t.text)
	case word:
		return slices.Contains(words, strings.ToLower(t.text))
	default:
		return false
	}
}

func (p *parser) want(s string) {
	if !p.takes(s) {
		p.unexpected()
	}
}

// oneOf takes the next token, which is to be of one of some kinds.
func (p *parser) oneOf(kinds ...kind) token {
	if !slices.Contains(kinds, p.peek().kind) {
		p.unexpected()
		return token{}
	}
	return p.next()
}

// precedences are those of the operators, the loosest first.
var precedences = [][]string{
	{"or"}, {"and", "unless"}, {"==", "!=", "<=", "<", ">=", ">", "</", ">/"}, {"+", "-"}, {"*", "/", "%", "atan2"}, {"^"},
}

// expression reads operands and the operators between them that are no looser than a precedence.
func (p *parser) expression(loosest int) result {
	if p.depth++; p.depth > maxDepth {
		p.fail(errors.New("it is too deep"))
	}
	defer func() { p.depth-- }()
	left := p.operand()
	for {
		op, precedence := p.operator()
		if precedence < loosest {
			return left
		}
		p.next()
		m := p.matching()
		tighter := precedence + 1
		if op == "^" {
			tighter = precedence
		}
		left = combine(op, left, p.expression(tighter), m)
	}
}

// operator returns the operator that is next, and its precedence; -1: there is none.
func (p *parser) operator() (op string, precedence int) {
	for i, ops := range precedences {
		if p.isNext(ops...) {
			return strings.ToLower(p.peek().text), i
		}
	}
	return "", -1
}

// operand reads what operators combine, with its range, its offset and the like, which change no labels.
func (p *parser) operand() result {
	signed := false
	for p.isNext("+", "-") {
		p.next()
		signed = true
	}
	r := p.primary()
	if signed {
		r.selects = nil
	}
	for {
		switch {
		case p.takes("["):
			if p.skipRange() {
				r.selects = nil
			}
		case p.takes("offset"), p.takes("@"):
			p.takes("-")
			p.takes("+")
			p.skipTime()
		case p.isNext("anchored", "smoothed"):
			p.next()
		default:
			return r
		}
	}
}

// skipRange passes over a range behind its bracket, and reports whether it is that of a subquery.
func (p *parser) skipRange() (subquery bool) {
	before := p.tokens
	p.skipTo("]")
	return slices.ContainsFunc(before[:len(before)-len(p.tokens)], func(t token) bool {
		return t.kind != text && strings.HasPrefix(t.text, ":")
	})
}

// skipTime passes over a duration or a time: 5m, (2 * 5m), 1609746000, start().
func (p *parser) skipTime() {
	if p.takes("(") {
		p.skipTo(")")
		return
	}
	if p.oneOf(number, word).kind == word {
		p.want("(")
		p.skipTo(")")
	}
}

// skipTo passes over all up to a closing bracket, other brackets that are opened on the way with what is in them.
func (p *parser) skipTo(closing string) {
	for p.err == nil && !p.takes(closing) {
		switch t := p.next(); {
		case t.kind == end:
			p.unexpected()
		case t.kind == sign && t.text == "(":
			p.skipTo(")")
		}
	}
}

// primary reads what has no operator outside of brackets.
func (p *parser) primary() result {
	t := p.peek()
	switch {
	case t.kind == number:
		p.next()
		return result{kind: scalar}
	case t.kind == text:
		p.next()
		return result{kind: quoted, text: t.text}
	case p.takes("("):
		r := p.expression(0)
		p.want(")")
		return r
	case p.isNext("{"):
		return p.selector("")
	case t.kind == word:
		p.next()
		return p.named(t.text)
	}
	p.unexpected()
	return anything()
}

// named reads what begins with a name: a number, an aggregation, a function or a selector.
func (p *parser) named(name string) result {
	lower := strings.ToLower(name)
	switch {
	case (lower == "inf" || lower == "nan") && !p.isNext("{", "("):
		return result{kind: scalar}
	case slices.Contains(aggregations, lower) && p.isNext("(", "by", "without"):
		return p.aggregation(lower)
	case p.takes("("):
		return p.function(name, p.arguments())
	}
	return p.selector(name)
}

// arguments reads the arguments of a function, behind its bracket.
func (p *parser) arguments() (all []result) {
	for p.err == nil && !p.takes(")") {
		all = append(all, p.expression(0))
		if !p.isNext(")") {
			p.want(",")
		}
	}
	return all
}

// names reads names of labels in brackets.
func (p *parser) names() (all []string) {
	p.want("(")
	for p.err == nil && !p.takes(")") {
		all = append(all, p.oneOf(word, text).text)
		if !p.isNext(")") {
			p.want(",")
		}
	}
	return all
}
