package rules

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/prometheus/alertmanager/matcher/parse"
	"github.com/prometheus/alertmanager/pkg/labels"
	"github.com/prometheus/common/model"
)

// Matcher is a matcher of the file. Rules that have the same one share it, so that a regular expression is compiled
// once, however many rules use it, and not at all where texts can be compared in its place.
type Matcher struct {
	*labels.Matcher
	simple *simple // of a regular expression that is not compiled; else nil
	place  int32   // among the matchers of the file
	label  int32   // the place of its name among the names that the file compares
	memo   int32   // the place of its result in a lookup; -1: it is not kept
}

// simple is a regular expression that is compared with texts.
type simple struct {
	choice []string // sorted, of one such as "warning|critical"; else nil
	globs  []glob
}

func (s *simple) matches(value string) bool {
	if s.choice != nil {
		_, ok := slices.BinarySearch(s.choice, value)
		return ok
	}
	return strings.IndexByte(value, '\n') < 0 && slices.ContainsFunc(s.globs, func(g glob) bool { return g.matches(value) })
}

// Matches reports whether a value matches.
func (m *Matcher) Matches(value string) bool {
	if m.simple != nil {
		return m.simple.matches(value) == (m.Type == labels.MatchRegexp)
	}
	return m.Matcher.Matches(value)
}

// Matchers are those of a rule.
type Matchers []*Matcher

// Matches reports whether all of them match.
func (ms Matchers) Matches(ls model.LabelSet) bool {
	return !slices.ContainsFunc(ms, func(m *Matcher) bool { return !m.Matches(string(ls[model.LabelName(m.Name)])) })
}

// lists reports whether the matcher lists the values that match, so that trying it costs next to nothing.
func (m *Matcher) lists() bool {
	return m.Type == labels.MatchEqual || m.Type == labels.MatchRegexp && m.choice() != nil
}

func (m *Matcher) choice() []string {
	if m.simple == nil {
		return nil
	}
	return m.simple.choice
}

func isRegexp(m *labels.Matcher) bool {
	return m.Type == labels.MatchRegexp || m.Type == labels.MatchNotRegexp
}

// simplified returns how to do without a regular expression, nil where there is no way.
func simplified(expression string) *simple {
	if choice := choiceOf(expression); choice != nil {
		return &simple{choice: choice}
	}
	if globs := globsOf(expression); globs != nil {
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
	tests    []*Matcher
	names    map[string]int32      // their places
	written  map[string][]*Matcher // by their text
	distinct map[matcherID]*Matcher
}

func newMatcherTable() *matcherTable {
	return &matcherTable{names: map[string]int32{}, written: map[string][]*Matcher{}, distinct: map[matcherID]*Matcher{}}
}

// parse reads what a rule lists under matchers.
func (mt *matcherTable) parse(text string) ([]*Matcher, error) {
	if all, ok := mt.written[text]; ok {
		return all, nil
	}
	ms, err := parseMatchers(text)
	if err != nil {
		return nil, err
	}
	all := make([]*Matcher, len(ms))
	for i, m := range ms {
		if all[i], err = mt.shared(m); err != nil {
			_, err := parse.Matchers(text) // which says it in its own words
			return nil, err
		}
	}
	mt.written[text] = all
	return all, nil
}

// shared returns the matcher that the file already has, else a new one.
func (mt *matcherTable) shared(parsed *labels.Matcher) (*Matcher, error) {
	id := matcherID{parsed.Type, parsed.Name, parsed.Value}
	if m := mt.distinct[id]; m != nil {
		return m, nil
	}
	label, ok := mt.names[parsed.Name]
	if !ok {
		label = int32(len(mt.names))
		mt.names[parsed.Name] = label
	}
	m := &Matcher{Matcher: parsed, place: int32(len(mt.tests)), label: label, memo: -1}
	if isRegexp(parsed) {
		if m.simple = simplified(parsed.Value); m.simple == nil {
			var err error
			if m.Matcher, err = labels.NewMatcher(parsed.Type, parsed.Name, parsed.Value); err != nil {
				return nil, err
			}
		}
	}
	mt.tests = append(mt.tests, m)
	mt.distinct[id] = m
	return m, nil
}

// parseMatchers parses matchers without compiling their regular expressions.
func parseMatchers(text string) (labels.Matchers, error) {
	plain, types := withoutExpressions(text)
	ms, err := parse.Matchers(plain)
	if err != nil || len(ms) != len(types) {
		return parse.Matchers(text)
	}
	for i, m := range ms {
		m.Type = types[i]
	}
	return ms, nil
}

// withoutExpressions puts = for =~ and != for !~, and returns what stood there. Outside of quotes no name or value has
// any of these characters. A space keeps what follows from being read as a part of them.
func withoutExpressions(text string) (string, []labels.MatchType) {
	var types []labels.MatchType
	plain := make([]byte, 0, len(text)+8)
	for rest := text; rest != ""; {
		op, ok := operatorAt(rest)
		end := 1
		switch {
		case ok:
			types = append(types, op.is)
			plain = append(plain, op.plain...)
			end = len(op.text)
		case rest[0] == '"':
			end = endOfQuoted(rest)
			fallthrough
		default:
			plain = append(plain, rest[:end]...)
		}
		rest = rest[end:]
	}
	return string(plain), types
}

// operator is what a matcher compares with, and what is put in its place.
type operator struct {
	text, plain string
	is          labels.MatchType
}

func operatorAt(text string) (operator, bool) {
	for _, op := range [...]operator{
		{"=~", "= ", labels.MatchRegexp}, {"!~", "!= ", labels.MatchNotRegexp}, {"!=", "!= ", labels.MatchNotEqual}, {"=", "=", labels.MatchEqual},
	} {
		if strings.HasPrefix(text, op.text) {
			return op, true
		}
	}
	return operator{}, false
}

// endOfQuoted returns where what is quoted at the beginning of a text ends, behind the closing quote.
func endOfQuoted(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}
