package rules

import (
	"fmt"
	"strings"
	"testing"

	"github.com/prometheus/alertmanager/matcher/parse"
	"github.com/prometheus/alertmanager/pkg/labels"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// comparedNames are the labels of the property tests. The alerts lack some, and have one that no rule compares.
var comparedNames = []string{"alertname", "namespace", "deployment", "pod"}

var (
	comparedValues = []string{
		"", "a", "b", "c", "ab", "abc", "a|b", "a.b", "axb", "A", "ax", "bx", "é", "abb", "a\nb", "a\nb\n", "a\xff", "\xff", "\uFFFD", "ns-7-web", "ns-70-api",
	}
	comparedExpressions = []string{
		"a|b|c", "|a", "a|", ".*", ".+", "", "a", "(?i)A", "a.*", "ab.*", "(a|b).*", "(a|b)x?", "a(b|c)?", "[ab]x", "[^a].*", "^a", "b$",
		"^(a|b)$", "^a|b$", ".*b", "a+b", "(?s).+", "a[.]b", "ab|a.b", "a|b.*", "(?m)^a$", "a\\b.*", "(a|ab)(c|xb|)", "\uFFFD.*", "a\uFFFD",
		"ns-7-.*", ".*-web", ".*-api", ".*(web|i)", ".*b?c", "[a-z]+b", ".+\uFFFD", "(.*|x)b", "a.*b", "a.+b", "a.+", ".*a.*b.*", ".+a.+", "(a.*|.*b)", ".*-.*-.*", "ns.*-7.*web", "a.*b.*b", ".*.*", "a|b.+|.*c", "a.?b", "(?i)a.*", "(?s)a.*b",
		"ns-70-.*", "ns-(7|70)-(web|api)", "ns-\\d+-web", "(ns-7-.*|ax)", "a{2}", "a{1}b", "é|a", "ab|abc|b|c|ax|bx|axb|zz|z1|z2|z3|z4|z5|z6|z7|z8|z9|y1|y2",
	}
)

// anyMatcher draws a matcher as it is written in a file.
func anyMatcher(r *rapid.T) string {
	name := rapid.SampledFrom(comparedNames).Draw(r, "name")
	if op := rapid.SampledFrom([]string{"=", "=", "=", "!="}).Draw(r, "op"); rapid.Bool().Draw(r, "plain") {
		return fmt.Sprintf("%s%s%q", name, op, rapid.SampledFrom([]string{"", "a", "b", "ab", "é", "ns-7-web"}).Draw(r, "value"))
	}
	op := rapid.SampledFrom([]string{"=~", "=~", "=~", "!~"}).Draw(r, "op")
	return fmt.Sprintf("%s%s%q", name, op, rapid.SampledFrom(comparedExpressions).Draw(r, "expression"))
}

// anyRules draws a file of rules. Many begin alike, so that they crowd.
func anyRules(r *rapid.T) string {
	var text strings.Builder
	text.WriteString("targets: {web: {driver: sim, name: web, max: 9}}\nrules:\n")
	common := rapid.SliceOfN(rapid.Custom(anyMatcher), 0, 2).Draw(r, "common")
	for i := range rapid.IntRange(1, 40).Draw(r, "rules") {
		ms := rapid.SliceOfN(rapid.Custom(anyMatcher), 0, 4).Draw(r, "matchers")
		if len(ms) == 0 || rapid.IntRange(0, 3).Draw(r, "alike") > 0 {
			ms = append(ms, common...)
		}
		if len(ms) == 0 {
			ms = []string{`alertname="a"`}
		}
		fmt.Fprintf(&text, "  - {name: r%d, matchers: ['%s'], target: web, up: 1}\n", i, strings.Join(ms, "', '"))
	}
	return text.String()
}

func anyLabels(r *rapid.T) Labels {
	ls := Labels{{"region", "a"}}
	for _, name := range comparedNames {
		if rapid.IntRange(0, 4).Draw(r, "has") > 0 {
			ls = append(ls, Label{name, rapid.SampledFrom(comparedValues).Draw(r, "is")})
		}
	}
	return ls
}

// compiled returns the matchers of a rule as Alertmanager's own.
func compiled(t tester, rule *Rule) (all labels.Matchers) {
	for _, m := range rule.Matchers {
		own, err := labels.NewMatcher(m.Type, m.Name, m.Value)
		require.NoError(t, err)
		all = append(all, own)
	}
	return all
}

// TestProperty_MatchersAreParsedAsAlertmanagerDoes puts together what matchers consist of.
func TestProperty_MatchersAreParsedAsAlertmanagerDoes(t *testing.T) {
	tokens := []string{"a", "b.*", "=", "=~", "!=", "!~", "~", "!", `"`, `"a=~b"`, `"\""`, `\`, `"a|b"`, `"("`, `"\\Qa"`, "{", "}", ",", " ", "'", "é", `"\n.*"`}
	rapid.Check(t, func(r *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(tokens), 0, 10).Draw(r, "tokens"), "")
		if rapid.Bool().Draw(r, "whole") {
			text = "a" + rapid.SampledFrom(tokens[2:6]).Draw(r, "op") + text
		}
		want, wantErr := parse.Matchers(text)
		got, err := newMatcherTable().parse(text)
		require.Equal(r, wantErr, err, text)
		require.Len(r, got, len(want), text)
		for i, m := range want {
			require.Equal(r, m.String(), got[i].String(), text)
			for _, value := range comparedValues {
				require.Equal(r, m.Matches(value), got[i].Matches(value), text)
			}
		}
	})
}

// TestProperty_MatchAgreesWithTryingEveryRule compares the index with the matchers of every rule.
func TestProperty_MatchAgreesWithTryingEveryRule(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		set := newSet(r, anyRules(r))
		e := &Event{}
		want := map[string][]string{}
		oracle := map[*Rule]labels.Matchers{}
		for _, rule := range set.Rules {
			oracle[rule] = compiled(r, rule)
		}
		unmatched := 0
		for i := range 6 {
			a := Alert{Fingerprint: fmt.Sprint(i), Labels: anyLabels(r)}
			for _, rule := range set.Rules {
				if oracle[rule].Matches(a.Labels.set()) {
					want[a.Fingerprint] = append(want[a.Fingerprint], rule.Name)
				}
			}
			if want[a.Fingerprint] == nil {
				unmatched++
			}
			e.Alerts = append(e.Alerts, a)
		}
		m := set.Match(e)
		require.Len(r, m.Unmatched, unmatched)
		got := map[string][]string{}
		for _, ref := range m.Refs {
			for _, h := range ref.Alerts {
				got[h.Alert.Fingerprint] = namesOf(h.Rules)
			}
		}
		require.Equal(r, want, got)
	})
}

func TestMatch_GroupsByRefInTheOrderOfTheAlerts(t *testing.T) {
	set := newSet(t, fixedAndAny)
	e := &Event{}
	for _, s := range []*spoken{busyOf("shop", "cart"), busyOf("shop", "web"), busyOf("shop", "cart").with("pod", "b")} {
		s.add(e)
	}
	m := set.Match(e)
	require.Len(t, m.Refs, 2)
	require.Equal(t, "kubernetes:Deployment/shop/cart", m.Refs[0].Ref.String())
	require.Len(t, m.Refs[0].Alerts, 2)
	require.Equal(t, "web", m.Refs[1].Target.Name)
	require.Len(t, m.Refs[1].Alerts, 1)
	require.Equal(t, []string{"busy", "web busy"}, namesOf(m.Refs[1].Alerts[0].Rules))
}

func TestMatch_AKindIsSpelledAsTheFileDoes(t *testing.T) {
	set := newSet(t, `
targets:
  web: {driver: kubernetes, kind: apps/v1/Deployment, namespace: shop, name: web, max: 4}
  any: {driver: kubernetes, kind: '{{ .Labels.kind }}', namespace: shop, name: '{{ .Labels.name }}', max: 4}
rules:
  - {name: any, matchers: [alertname=Busy], target: any, up: 1}
`)
	e := &Event{}
	firing("Busy").with("kind", "Deployment").with("name", "web").add(e)
	firing("Busy").with("kind", "StatefulSet").with("name", "web").add(e)
	m := set.Match(e)
	require.Equal(t, "kubernetes:Deployment.apps/shop/web", m.Refs[0].Ref.String())
	require.Equal(t, "web", m.Refs[0].Target.Name)
	require.Equal(t, "kubernetes:StatefulSet/shop/web", m.Refs[1].Ref.String())
	require.Equal(t, []string{"apps/v1/Deployment"}, set.Kinds("kubernetes"))
}

// set gives labels in the form that Alertmanager matches.
func (ls Labels) set() model.LabelSet {
	all := model.LabelSet{}
	for _, l := range ls {
		all[model.LabelName(l.Name)] = model.LabelValue(l.Value)
	}
	return all
}

func namesOf(all []*Rule) []string {
	var names []string
	for _, r := range all {
		names = append(names, r.Name)
	}
	return names
}
