package rules

import (
	"fmt"
	"strings"
	"testing"

	"github.com/prometheus/alertmanager/pkg/labels"
	"github.com/stretchr/testify/require"
)

// TestIndex_NoPlaceIsCrowded looks at how much there is to try in the fullest place of many rules that are alike.
func TestIndex_NoPlaceIsCrowded(t *testing.T) {
	const most = 2 * crowd
	for _, s := range append([]shape{
		{"a regexp beside a choice", func(i int) string {
			return fmt.Sprintf(`alertname=Busy, 'severity=~"warning|critical"', 'pod=~"(web|api)-%d-.+"'`, i)
		}},
		{"a choice of which one is common to all", func(i int) string { return fmt.Sprintf(`alertname=Busy, 'namespace=~"kube-system|n%d"'`, i) }},
		{"choices that are too many together", func(i int) string {
			eight := strings.ReplaceAll("a#|b#|c#|d#|e#|f#|g#|h#", "#", fmt.Sprint(i))
			return fmt.Sprintf(`'namespace=~"%s"', 'pod=~"%s"', 'team=~"%s"'`, eight, eight, eight)
		}},
		{"ends", func(i int) string { return fmt.Sprintf(`alertname=Busy, 'pod=~".*-(%d|x%d)"'`, i, i) }},
		{"letters in brackets", func(i int) string { return fmt.Sprintf(`alertname=Busy, 'pod=~"web-%d[abc]?(-x)?"'`, i) }},
	}, shapes...) {
		t.Run(s.name, func(t *testing.T) {
			if s.name == "few regexps" || s.name == "only negative" {
				t.Skip("its rules say nothing that they could be filed under")
			}
			x := bigSet(t, s, 2000).index
			require.LessOrEqual(t, x.nodes[0].end-x.nodes[0].next, int32(most))
			fullest := 0
			for _, g := range x.groups() {
				for _, n := range g.nodes {
					fullest = max(fullest, x.weight(n))
				}
			}
			if s.name == "a choice of which one is common to all" {
				return // they all match there
			}
			require.LessOrEqual(t, fullest, most)
		})
	}
}

func (x *index) groups() []*group {
	var all []*group
	for _, groups := range x.under {
		all = append(all, groups...)
	}
	return all
}

// weight is how many matchers and rules are behind a node.
func (x *index) weight(at int32) int {
	n := x.nodes[at]
	all := int(n.end-n.next) + int(n.out-n.rules)
	for next := n.next; next < n.end; next++ {
		all += x.weight(next)
	}
	return all
}

// TestIndex_ARuleStandsInFewPlaces bounds what several choices of one rule come to.
func TestIndex_ARuleStandsInFewPlaces(t *testing.T) {
	long := func(name string) string {
		return fmt.Sprintf(`'%s=~"%s"'`, name, strings.Join(strings.Split("abcdefghij", ""), "|"))
	}
	matchers := []string{long("namespace"), long("pod"), long("team"), long("cluster"), `'severity=~"warning|critical"'`}
	x := bigSet(t, shape{matchers: func(int) string { return strings.Join(matchers, ", ") }}, 100).index
	require.LessOrEqual(t, len(x.filed), 100*maxPlaces)
}

// TestIndex_MatchersThatFailSkipTheirRules counts what is tried where rules have nothing that they could be filed under.
func TestIndex_MatchersThatFailSkipTheirRules(t *testing.T) {
	for _, name := range []string{"few regexps", "only negative"} {
		for _, s := range shapes {
			if s.name == name {
				x := bigSet(t, s, 2000).index
				require.LessOrEqual(t, len(x.nodes), 150, "one for each distinct matcher")
			}
		}
	}
}

// TestIndex_ValuesThatCollide has the value of one rule lead to another rule.
func TestIndex_ValuesThatCollide(t *testing.T) {
	set := newSet(t, web+rule("a", "A", "up: 1")+rule("b", "B", "up: 1"))
	g := set.index.groups()[0]
	part := g.parts[0]
	g.nodes[set.index.hash(part, "C")] = g.nodes[set.index.hash(part, "A")]
	require.Len(t, set.Match(eventOf(firing("A"))).Refs, 1)
	require.Empty(t, set.Match(eventOf(firing("C"))).Refs)
}

// TestIndex_ResultsAreForgotten has labels change, go and come between alerts and notifications.
func TestIndex_ResultsAreForgotten(t *testing.T) {
	set := newSet(t, web+`  - {name: r, matchers: ['pod=~"[a-z]+[0-9]+"'], target: web, up: 1}`+"\n")
	matching := firing("X").with("pod", "a1")
	for _, other := range []*spoken{firing("X").with("pod", "a"), firing("X"), firing("X").with("pod", "")} {
		for _, all := range [][]*spoken{{matching, other}, {other, matching}, {matching, matching, other}} {
			var unmatched int
			for _, s := range all {
				if s == other {
					unmatched++
				}
			}
			require.Len(t, set.Match(eventOf(all...)).Unmatched, unmatched)
		}
		require.Len(t, set.Match(eventOf(other)).Unmatched, 1)
		require.Empty(t, set.Match(eventOf(matching)).Unmatched)
	}
}

func TestMatchers_AreShared(t *testing.T) {
	set := newSet(t, web+`
  - {name: a, matchers: ['pod=~"a[0-9]+"', x=y], target: web, up: 1}
  - {name: b, matchers: ['pod =~ "a[0-9]+"', 'x="y"'], target: web, up: 1}
  - {name: c, matchers: ['pod!~"a[0-9]+"', 'y="y"'], target: web, up: 1}
`)
	a, b, c := set.Rules[0].Matchers, set.Rules[1].Matchers, set.Rules[2].Matchers
	require.Same(t, a[0], b[0])
	require.Same(t, a[1], b[1])
	require.NotSame(t, a[0], c[0])
	require.NotSame(t, a[1], c[1])
}

func TestLiterals(t *testing.T) {
	letters := "a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p|q|r|s|t"
	for expression, want := range map[string]literals{
		"ns-.*":           {texts: []string{"ns-"}},
		"(a|b)-.+":        {texts: []string{"a-", "b-"}},
		"(web|api)-[12]":  {[]string{"web-1", "web-2", "api-1", "api-2"}, true},
		"web|webhook":     {[]string{"web", "webhook"}, true},
		"^(web|api)$":     {[]string{"web", "api"}, true},
		"ab?":             {[]string{"a", "ab"}, true},
		"ab+":             {texts: []string{"ab"}},
		"a{2}":            {},
		"x[a-z]y":         {texts: []string{"x"}},
		"(?i)web":         {},
		".*web":           {},
		"|a":              {},
		"a)|(b":           {},
		"\uFFFD":          {},
		"[\uFFFCa\uFFFD]": {},
		letters:           {strings.Split(letters, "|"), true},
		"x(" + letters + ")" + "(" + letters + ")": {texts: strings.Split("x"+strings.ReplaceAll(letters, "|", "|x"), "|")},
	} {
		m := &Matcher{Matcher: &labels.Matcher{Type: labels.MatchRegexp, Name: "x", Value: expression}}
		got := m.literals(false)
		require.ElementsMatch(t, want.texts, got.texts, expression)
		if want.texts != nil {
			require.Equal(t, want.whole, got.whole, expression)
		}
	}
}

func TestLiterals_Backwards(t *testing.T) {
	for expression, want := range map[string][]string{
		".*-web": {"-web"}, ".+-(a|b)": {"-a", "-b"}, "[a-z]+-x[12]?": {"-x", "-x1", "-x2"}, "(?i)a.*b": nil, "a.*": nil, ".*(a|bc)d": {"ad", "bcd"},
	} {
		m := &Matcher{Matcher: &labels.Matcher{Type: labels.MatchRegexp, Name: "x", Value: expression}}
		require.ElementsMatch(t, want, m.literals(true).texts, expression)
	}
}

func TestGlobsOf(t *testing.T) {
	for expression, want := range map[string]bool{
		"ns-.*": true, ".+": true, ".*": true, ".*-web-.*": true, "a.+b|c.*": true, "(a.*)": true, "a|b.*": true,
		"a.*[bc]": false, ".*.*": false, "(?i)a.*": false, "(?s)a.*": false, "a.b": false, "a.*\uFFFD": false, "a(b.*)?": false, "a)|(b": false,
		"a\n.*": false, `\Qa.*`: false,
	} {
		require.Equal(t, want, globsOf(expression) != nil, expression)
	}
}

// eventOf is a notification of alerts.
func eventOf(all ...*spoken) *Event {
	e := &Event{}
	for _, s := range all {
		s.add(e)
	}
	return e
}
