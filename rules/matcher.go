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
	choice []string // the only values that match, sorted, of a matcher such as severity=~"warning|critical"
	place  int32    // among the matchers of the file
	label  int32    // the place of its name among the names that the file compares
	memo   int32    // the place of its result in a lookup; -1: it is not kept
}

// matches reports whether a value matches. One that is a choice is compared, which is cheaper than a regular expression.
func (t *test) matches(value string) bool {
	if t.choice != nil {
		_, ok := slices.BinarySearch(t.choice, value)
		return ok
	}
	return t.Matches(value)
}

// lists reports whether the matcher lists the values that match, so that trying it costs next to nothing.
func (t *test) lists() bool { return t.choice != nil || t.Type == labels.MatchEqual }

// costs reports whether trying the matcher takes a regular expression.
func (t *test) costs() bool {
	return t.choice == nil && (t.Type == labels.MatchRegexp || t.Type == labels.MatchNotRegexp)
}

// choiceOf returns the texts that a matcher leaves the choice of, nil where it is not of that kind. U+FFFD is no text:
// for an expression, bytes that are no UTF-8 are the same.
func choiceOf(m *labels.Matcher) []string {
	if m.Type != labels.MatchRegexp || strings.ContainsRune(m.Value, utf8.RuneError) {
		return nil
	}
	values := strings.Split(m.Value, "|")
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

// matcherTable is the distinct matchers of a file, and the names that they compare.
type matcherTable struct {
	tests    []*test
	labels   map[string]int32
	written  map[string][]*test // by their text
	distinct map[matcherID]*test
}

func newMatcherTable() *matcherTable {
	return &matcherTable{labels: map[string]int32{}, written: map[string][]*test{}, distinct: map[matcherID]*test{}}
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
	label, ok := mt.labels[m.Name]
	if !ok {
		label = int32(len(mt.labels))
		mt.labels[m.Name] = label
	}
	t := &test{Matcher: m, choice: choiceOf(m), place: int32(len(mt.tests)), label: label, memo: -1}
	mt.tests = append(mt.tests, t)
	mt.distinct[id] = t
	return t
}
