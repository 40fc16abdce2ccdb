package rules

import (
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"
)

// glob is a regular expression of texts with .* and .+ between them, such as "shop-.*". No value of several lines matches.
type glob struct {
	begin, end string
	inner      []globText // what comes between them, in this order
	gap        int        // how much comes before the end at the least; -1: there is nothing between begin and end
	least      int        // the length of the shortest value
}

// globText is a text, and how much comes before it at the least.
type globText struct {
	gap  int
	text string
}

func (g *glob) matches(value string) bool {
	if g.gap < 0 {
		return value == g.begin
	}
	if len(value) < g.least || !strings.HasPrefix(value, g.begin) || !strings.HasSuffix(value, g.end) {
		return false
	}
	rest := value[len(g.begin) : len(value)-len(g.end)]
	for _, in := range g.inner {
		if len(rest) < in.gap {
			return false
		}
		_, after, ok := strings.Cut(rest[in.gap:], in.text)
		if !ok {
			return false
		}
		rest = after
	}
	return len(rest) >= g.gap
}

// globsOf takes an expression apart into globs, of which a value matches one; nil where it is not of that kind.
func globsOf(expression string) []glob {
	re, err := syntax.Parse(expression, syntax.Perl)
	if err != nil || strings.Contains(expression, `\Q`) { // which quotes what is put behind it, too
		return nil
	}
	for re.Op == syntax.OpCapture {
		re = re.Sub[0]
	}
	alternatives := []*syntax.Regexp{re}
	if re.Op == syntax.OpAlternate {
		alternatives = re.Sub
	}
	globs := make([]glob, len(alternatives))
	for i, a := range alternatives {
		parts := []*syntax.Regexp{a}
		if a.Op == syntax.OpConcat {
			parts = a.Sub
		}
		var ok bool
		if globs[i], ok = globOf(parts); !ok {
			return nil
		}
	}
	return globs
}

// globOf makes a glob of the parts of an expression.
func globOf(parts []*syntax.Regexp) (glob, bool) {
	g := glob{gap: -1}
	for _, part := range parts {
		if gap, ok := gapOf(part); ok {
			if g.gap >= 0 && g.end == "" {
				return glob{}, false // one gap after another
			}
			if g.gap >= 0 {
				g.inner = append(g.inner, globText{g.gap, g.end})
			}
			g.gap, g.end = gap, ""
			g.least += gap
			continue
		}
		if part.Op != syntax.OpLiteral || part.Flags&syntax.FoldCase != 0 || slices.ContainsFunc(part.Rune, isOdd) {
			return glob{}, false
		}
		text := string(part.Rune)
		g.least += len(text)
		if g.gap < 0 {
			g.begin += text
		} else {
			g.end += text
		}
	}
	return g, true
}

// gapOf returns how much .* and .+ stand for at the least.
func gapOf(re *syntax.Regexp) (least int, ok bool) {
	if re.Op != syntax.OpStar && re.Op != syntax.OpPlus || re.Sub[0].Op != syntax.OpAnyCharNotNL {
		return 0, false
	}
	if re.Op == syntax.OpPlus {
		least = 1
	}
	return least, true
}

// isOdd reports whether a text with a letter is no part of a glob: the end of a line, and what bytes that are no UTF-8
// are to an expression.
func isOdd(r rune) bool { return r == '\n' || r == utf8.RuneError }
