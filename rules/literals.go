package rules

import (
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/prometheus/alertmanager/pkg/labels"
)

// maxSpelled is how many texts a regular expression is spelled out as, beside those that it separates by |.
const maxSpelled = 16

// literals are texts of which one is all of every value that matches or, where not whole, its beginning or its end.
type literals struct {
	texts []string
	whole bool
}

// literals returns what values that match begin with or, backwards, end with; without texts where nothing is known,
// or where a missing label matches too.
func (m *Matcher) literals(backwards bool) literals {
	var l literals
	switch {
	case m.Type == labels.MatchEqual:
		l = literals{[]string{m.Value}, true}
	case m.Type != labels.MatchRegexp:
	case m.choice() != nil:
		l = literals{m.choice(), true}
	default:
		re, err := syntax.Parse(m.Value, syntax.Perl)
		if err != nil {
			return literals{} // such as a)|(b, which becomes whole only by what is put around it
		}
		l = speller{maxSpelled + strings.Count(m.Value, "|"), backwards}.spell(re)
	}
	if slices.Contains(l.texts, "") {
		return literals{}
	}
	return l
}

// speller spells a regular expression out, as no more than so many texts.
type speller struct {
	most      int
	backwards bool
}

// anyText says nothing of a value.
var anyText = literals{texts: []string{""}}

func (s speller) spell(re *syntax.Regexp) literals {
	switch re.Op {
	case syntax.OpLiteral:
		return literalOf(re)
	case syntax.OpCharClass:
		return s.class(re.Rune)
	case syntax.OpEmptyMatch, syntax.OpBeginText, syntax.OpEndText, syntax.OpBeginLine, syntax.OpEndLine,
		syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return literals{[]string{""}, true} // what an assertion forbids is left to the expression itself
	case syntax.OpCapture:
		return s.spell(re.Sub[0])
	case syntax.OpQuest:
		l := s.spell(re.Sub[0])
		return literals{append([]string{""}, l.texts...), l.whole}
	case syntax.OpPlus:
		return literals{texts: s.spell(re.Sub[0]).texts}
	case syntax.OpConcat:
		return s.concat(re.Sub)
	case syntax.OpAlternate:
		return s.alternate(re.Sub)
	default:
		return anyText
	}
}

func literalOf(re *syntax.Regexp) literals {
	if re.Flags&syntax.FoldCase != 0 || slices.Contains(re.Rune, utf8.RuneError) { // which bytes that are no UTF-8 are, too
		return anyText
	}
	return literals{[]string{string(re.Rune)}, true}
}

func (s speller) class(pairs []rune) literals {
	l := literals{whole: true}
	for i := 0; i+1 < len(pairs); i += 2 {
		for r := pairs[i]; r <= pairs[i+1]; r++ {
			if len(l.texts) == s.most || r == utf8.RuneError {
				return anyText
			}
			l.texts = append(l.texts, string(r))
		}
	}
	return l
}

func (s speller) concat(parts []*syntax.Regexp) literals {
	all := literals{[]string{""}, true}
	for i := range parts {
		part := parts[i]
		if s.backwards {
			part = parts[len(parts)-1-i]
		}
		next := s.spell(part)
		if len(all.texts)*len(next.texts) > s.most {
			return literals{texts: all.texts}
		}
		all.texts = s.joined(all.texts, next.texts)
		if !next.whole {
			return literals{texts: all.texts}
		}
	}
	return all
}

// joined returns each text with what comes next to it.
func (s speller) joined(texts, next []string) []string {
	all := make([]string, 0, len(texts)*len(next))
	for _, a := range texts {
		for _, b := range next {
			if s.backwards {
				all = append(all, b+a)
			} else {
				all = append(all, a+b)
			}
		}
	}
	return all
}

func (s speller) alternate(parts []*syntax.Regexp) literals {
	all := literals{whole: true}
	for _, part := range parts {
		l := s.spell(part)
		if len(all.texts)+len(l.texts) > s.most {
			return anyText
		}
		all.texts = append(all.texts, l.texts...)
		all.whole = all.whole && l.whole
	}
	return all
}
