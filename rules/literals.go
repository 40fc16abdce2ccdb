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

// literals are texts of which one is the beginning of every value that matches, or, where whole, all of it.
type literals struct {
	texts []string
	whole bool
}

// anyText says nothing of a value.
var anyText = literals{texts: []string{""}}

// literals returns what values that match begin with, without texts where nothing is known, or where a missing label
// matches too.
func (t *test) literals() literals {
	var l literals
	switch {
	case t.Type == labels.MatchEqual:
		l = literals{[]string{t.Value}, true}
	case t.Type != labels.MatchRegexp:
	case t.choice() != nil:
		l = literals{t.choice(), true}
	default:
		re, err := syntax.Parse(t.Value, syntax.Perl)
		if err != nil {
			return literals{} // such as a)|(b, which becomes whole only by what is put around it
		}
		l = spell(re, maxSpelled+strings.Count(t.Value, "|"))
	}
	if slices.Contains(l.texts, "") {
		return literals{}
	}
	return l
}

// spell finds the literals of a part of a regular expression, as long as they are no more than most.
func spell(re *syntax.Regexp, most int) literals {
	switch re.Op {
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase != 0 || slices.Contains(re.Rune, utf8.RuneError) { // which bytes that are no UTF-8 are, too
			return anyText
		}
		return literals{[]string{string(re.Rune)}, true}
	case syntax.OpCharClass:
		return spellClass(re.Rune, most)
	case syntax.OpEmptyMatch, syntax.OpBeginText, syntax.OpEndText, syntax.OpBeginLine, syntax.OpEndLine,
		syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return literals{[]string{""}, true} // what an assertion forbids is left to the expression itself
	case syntax.OpCapture:
		return spell(re.Sub[0], most)
	case syntax.OpQuest:
		l := spell(re.Sub[0], most)
		return literals{append([]string{""}, l.texts...), l.whole}
	case syntax.OpPlus:
		return literals{texts: spell(re.Sub[0], most).texts}
	case syntax.OpConcat:
		return spellConcat(re.Sub, most)
	case syntax.OpAlternate:
		return spellAlternate(re.Sub, most)
	default:
		return anyText
	}
}

func spellClass(pairs []rune, most int) literals {
	l := literals{whole: true}
	for i := 0; i+1 < len(pairs); i += 2 {
		for r := pairs[i]; r <= pairs[i+1]; r++ {
			if len(l.texts) == most || r == utf8.RuneError {
				return anyText
			}
			l.texts = append(l.texts, string(r))
		}
	}
	return l
}

func spellConcat(parts []*syntax.Regexp, most int) literals {
	all := literals{[]string{""}, true}
	for _, part := range parts {
		next := spell(part, most)
		if len(all.texts)*len(next.texts) > most {
			return literals{texts: all.texts}
		}
		var longer []string
		for _, a := range all.texts {
			for _, b := range next.texts {
				longer = append(longer, a+b)
			}
		}
		all.texts = longer
		if !next.whole {
			return literals{texts: all.texts}
		}
	}
	return all
}

func spellAlternate(parts []*syntax.Regexp, most int) literals {
	all := literals{whole: true}
	for _, part := range parts {
		l := spell(part, most)
		if len(all.texts)+len(l.texts) > most {
			return anyText
		}
		all.texts = append(all.texts, l.texts...)
		all.whole = all.whole && l.whole
	}
	return all
}
