package alertmanager

import (
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/prometheus/alertmanager/matcher/parse"
	"github.com/prometheus/alertmanager/pkg/labels"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"alertscale/rules"
)

// oddities are values that mean something to a parser, a regular expression or a URL.
var oddities = []string{
	"a b", " a", "a ", `"`, `""`, `\`, `\\`, `a\`, `\"`, `\n`, "\n", "a\nb", "\t", "\r\n", "{", "}", `{a="b"}`, "a,b", "=", "=~", "!=", "a|b", ".*",
	"(", "[", "^$", "a+b", "?", "$", "&", "#", "%", "%41", "a&filter=b", "+", "ä", "日本", "🔥", "\u2028", "\u0000", "\x7f", "'", "`", "<secret>", "\ufffd",
}

// TestOddities: an alert is found whatever its labels hold, alone and among others, and no other is taken for it.
func TestOddities(t *testing.T) {
	f := newFake(t)
	var all []rules.Labels
	for _, text := range oddities {
		value := set("alertname", "Busy", "value", text)
		name := set("alertname", "Busy", text, "x")
		all = append(all, value, name)
	}
	for i, asked := range all {
		f.has(in("active", set("alertname", "Busy")), in("active", append(set("more", "x"), asked...)))
		require.Equal(t, []string{"gone"}, newAsker(t, "", Options{}, f).ask(t, asked), "%v", asked)
		f.has(in("active", all[(i+1)%len(all)]), in("active", asked))
		require.Equal(t, []string{"firing"}, newAsker(t, "", Options{}, f).ask(t, asked), "%v", asked)
	}
	f.has()
	for i := 0; i < len(all); i += 2 {
		f.alerts = append(f.alerts, in("active", all[i]))
	}
	for i, said := range newAsker(t, "", Options{}, f).ask(t, all...) {
		require.Equal(t, []string{"firing", "gone"}[i%2], said, "%v", all[i])
	}
}

// TestSameLabels: the order of labels and those that are empty make no difference, nor does the one that is reserved.
func TestSameLabels(t *testing.T) {
	f := newFake(t, in("active", set("a", "b", "c", "d", "hook", "x")))
	require.Equal(t, []string{"firing", "firing", "gone"},
		newAsker(t, "", Options{}, f).ask(t, set("a", "b", "c", "d"), set("c", "d", "e", "", "a", "b"), set("a", "b")))
	f.has(in("active", set("a", "b", "hook", "x")), in("suppressed", set("a", "b", "hook", "y")))
	require.Equal(t, []string{"firing"}, newAsker(t, "", Options{}, f).ask(t, set("a", "b")), "of two that are one here, one is active")
}

func TestMatchers(t *testing.T) {
	for _, test := range []struct {
		name   string
		alerts []rules.Labels
		want   []string
	}{
		{"one alert", []rules.Labels{set("b", "2", "a", "1")}, []string{`a="1"`, `b="2"`}},
		{
			"what they have in common, then the most values", []rules.Labels{set("a", "1", "x", "1", "z", "1"), set("a", "2", "x", "1", "z", "1"), set("a", "3", "x", "2", "z", "1")},
			[]string{`z="1"`, `a=~"1|2|3"`, `x=~"1|2"`},
		},
		{"a label that one does not have", []rules.Labels{set("a", "1"), set("b", "1")}, []string{`a=~"|1"`, `b=~"|1"`}},
		{"regular expressions are quoted", []rules.Labels{set("a", "x.y"), set("a", `x\y"`)}, []string{`a=~"x\\.y|x\\\\y\""`}},
		{"names that need quotes are left out", []rules.Labels{set("a.b", "1", "ä", "1", "1a", "1", "", "1", "a:b", "1", "a1_", "1")}, []string{`a1_="1"`}},
		{"values that are no UTF-8 are left out", []rules.Labels{set("a", "\xff", "b", "1")}, []string{`b="1"`}},
	} {
		t.Run(test.name, func(t *testing.T) { require.Equal(t, test.want, matchers(questions(test.alerts))) })
	}
}

// TestQueryIsShort: what does not fit is left out, and what follows may still fit.
func TestQueryIsShort(t *testing.T) {
	var alerts []rules.Labels
	for i := range mostAsked {
		alerts = append(alerts, set("alertname", "Busy", "a", strings.Repeat("x", mostFilter), "long", strings.Repeat("%", 50)+strconv.Itoa(i), "short", strconv.Itoa(i%7)))
	}
	text := query(questions(alerts))
	require.Less(t, len(text), mostFilter+100)
	values, err := url.ParseQuery(text)
	require.NoError(t, err)
	require.Equal(t, []string{`alertname="Busy"`, `short=~"0|1|2|3|4|5|6"`}, values["filter"])
}

// TestMatchersMeet: whatever the labels, all alerts of a part meet its matchers, as either parser of Alertmanager reads them.
func TestMatchersMeet(t *testing.T) {
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom(oddities), rapid.SampledFrom([]string{"a", "b", "c"}))
	rapid.Check(t, func(t *rapid.T) {
		alerts := rapid.SliceOfN(rapid.Map(rapid.MapOfN(text, text, 1, 4), func(m map[string]string) rules.Labels {
			var ls rules.Labels
			for name, value := range m {
				ls = append(ls, rules.Label{Name: name, Value: value})
			}
			return ls
		}), 1, 5).Draw(t, "alerts")
		list := questions(alerts)
		for _, m := range matchers(list) {
			read, err := parse.Matcher(m)
			require.NoError(t, err, m)
			classic, err := labels.ParseMatcher(m)
			require.NoError(t, err, m)
			for _, q := range list {
				require.True(t, read.Matches(q.labels.Get(read.Name)), "%s %v", m, q.labels)
				require.True(t, classic.Matches(q.labels.Get(classic.Name)), "%s %v", m, q.labels)
			}
		}
	})
}

func TestSplit(t *testing.T) {
	var alerts []rules.Labels
	for i := range 2*mostAsked + 1 {
		alerts = append(alerts, set("alertname", string(rune('B'-i%2)), "i", strconv.Itoa(i)))
	}
	alerts = append(alerts, alerts[0])
	parts := split(questions(alerts))
	require.Len(t, parts, 3)
	require.Equal(t, []int{mostAsked, mostAsked, 1}, []int{len(parts[0]), len(parts[1]), len(parts[2])}, "the one that is there twice is one")
	for _, q := range parts[0] {
		require.Equal(t, "A", q.labels.Get("alertname"))
	}
}
