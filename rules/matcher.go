package rules

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/prometheus/alertmanager/matcher/parse"
	"github.com/prometheus/alertmanager/pkg/labels"
)

// test is one matcher of the file. Rules that have the same one share it, so that a regular expression is compiled
// once, however many rules use it.
type test struct {
	*labels.Matcher
	simple *simple // of a regular expression that needs none; else nil
	place  int32   // among the matchers of the file
	label  int32   // the place of its name among the names that the file compares
	memo   int32   // the place of its result in a lookup; -1: it is not kept
}

// simple is a regular expression that is compared with texts, which is cheaper.
type simple struct {
	choice []string // sorted, of one such as "warning|critical"; else nil
	globs  []glob   // on values of one line
}

// matches reports whether a value matches.
func (t *test) matches(value string) bool {
	switch {
	case t.simple == nil:
	case t.simple.choice != nil:
		_, ok := slices.BinarySearch(t.simple.choice, value)
		return ok == (t.Type == labels.MatchRegexp)
	case strings.IndexByte(value, '\n') < 0:
		for i := range t.simple.globs {
			if t.simple.globs[i].matches(value) {
				return t.Type == labels.MatchRegexp
			}
		}
		return t.Type != labels.MatchRegexp
	}
	return t.Matches(value)
}

// lists reports whether the matcher lists the values that match, so that trying it costs next to nothing.
func (t *test) lists() bool {
	return t.Type == labels.MatchEqual || t.Type == labels.MatchRegexp && t.choice() != nil
}

func (t *test) choice() []string {
	if t.simple == nil {
		return nil
	}
	return t.simple.choice
}

func isRegexp(m *labels.Matcher) bool {
	return m.Type == labels.MatchRegexp || m.Type == labels.MatchNotRegexp
}

// simplified returns how to do without a regular expression, nil where there is no way, or no expression.
func simplified(m *labels.Matcher) *simple {
	if !isRegexp(m) {
		return nil
	}
	if choice := choiceOf(m.Value); choice != nil {
		return &simple{choice: choice}
	}
	if globs := globsOf(m.Value); globs != nil {
		return &simple{globs: globs}
	}
	return nil
}

// choiceOf returns the texts that an expression leaves the choice of, nil where it is not of that kind. U+FFFD is no
// text: for an expression, bytes that are no UTF-8 are the same.
func choiceOf(expression string) []string {
	if strings.ContainsRune(expression, utf8.RuneError) {
		return nil
	}
	values := strings.Split(expression, "|")
	if slices.ContainsFunc(values, func(v string) bool { return v == "" || regexp.QuoteMeta(v) != v }) {
		return nil
	}
	slices.Sort(values)
	return slices.Compact(values)
}

// matcherID is what two matchers that are the same have in common.
type matcherID struct {
	how         labels.MatchType
	name, value string
}

// matcherTable is the distinct matchers of a file, and the names of labels that they compare.
type matcherTable struct {
	tests    []*test
	names    map[string]int32   // their places
	written  map[string][]*test // by their text
	distinct map[matcherID]*test
}

func newMatcherTable() *matcherTable {
	return &matcherTable{names: map[string]int32{}, written: map[string][]*test{}, distinct: map[matcherID]*test{}}
}

// parse reads what a rule lists under matchers.
func (mt *matcherTable) parse(text string) ([]*test, error) {
	if tests, ok := mt.written[text]; ok {
		return tests, nil
	}
	ms, err := parse.Matchers(text)
	if err != nil {
		return nil, err
	}
	tests := make([]*test, len(ms))
	for i, m := range ms {
		tests[i] = mt.shared(m)
	}
	mt.written[text] = tests
	return tests, nil
}

// shared returns the matcher that the file already has, else this one.
func (mt *matcherTable) shared(m *labels.Matcher) *test {
	id := matcherID{m.Type, m.Name, m.Value}
	if t := mt.distinct[id]; t != nil {
		return t
	}
	label, ok := mt.names[m.Name]
	if !ok {
		label = int32(len(mt.names))
		mt.names[m.Name] = label
	}
	t := &test{Matcher: m, simple: simplified(m), place: int32(len(mt.tests)), label: label, memo: -1}
	mt.tests = append(mt.tests, t)
	mt.distinct[id] = t
	return t
}
