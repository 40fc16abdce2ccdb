package possible

import (
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/alertmanager/pkg/labels"
)

// Verdict is whether a matcher matches what is known.
type Verdict int

// A matcher matches none of what is possible, some of it, or all.
const (
	No Verdict = iota
	Maybe
	Yes
)

// Matcher is a matcher of a label's value: of a route, a rule, or a selector.
type Matcher struct {
	Type        labels.MatchType
	Name, Value string
	Match       func(value string) bool
}

// MatcherOf returns a matcher of Alertmanager's package.
func MatcherOf(m *labels.Matcher) Matcher { return Matcher{m.Type, m.Name, m.Value, m.Matches} }

// NewMatcher makes a matcher. The error is that of a regular expression.
func NewMatcher(how labels.MatchType, name, value string) (Matcher, error) {
	m, err := labels.NewMatcher(how, name, value)
	if err != nil {
		return Matcher{}, err
	}
	return MatcherOf(m), nil
}

// String returns the matcher as it is written.
func (m Matcher) String() string {
	return (&labels.Matcher{Type: m.Type, Name: m.Name, Value: m.Value}).String()
}

// choices returns all values that match, where there are few; nil: there are many. The slice is the caller's.
func (m Matcher) choices() []string {
	switch m.Type {
	case labels.MatchEqual:
		return []string{m.Value}
	case labels.MatchRegexp:
		values := strings.Split(m.Value, "|")
		if len(values) <= maxValues && !slices.ContainsFunc(values, func(v string) bool { return regexp.QuoteMeta(v) != v }) {
			return values
		}
	}
	return nil
}

func (m Matcher) matchesAll() bool { return m.Type == labels.MatchRegexp && m.Value == ".*" }

func (m Matcher) same(other Matcher) bool {
	return m.Type == other.Type && m.Value == other.Value
}

// opposites are the types of which one matches what the other does not.
var opposites = map[labels.MatchType]labels.MatchType{
	labels.MatchEqual: labels.MatchNotEqual, labels.MatchNotEqual: labels.MatchEqual,
	labels.MatchRegexp: labels.MatchNotRegexp, labels.MatchNotRegexp: labels.MatchRegexp,
}

func (m Matcher) opposite(other Matcher) bool {
	return opposites[m.Type] == other.Type && m.Value == other.Value
}
