package rules

import (
	"fmt"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestProperty_MatchAgreesWithTryingEveryRule compares the index with the matchers of every rule.
func TestProperty_MatchAgreesWithTryingEveryRule(t *testing.T) {
	names := []string{"alertname", "namespace", "deployment", "pod"}
	values := []string{"", "a", "b", "a|b", "a.b", "c", "axb"}
	rapid.Check(t, func(r *rapid.T) {
		var text strings.Builder
		text.WriteString("targets: {web: {driver: sim, name: web, max: 9}}\nrules:\n")
		for i := range rapid.IntRange(1, 12).Draw(r, "rules") {
			var ms []string
			for range rapid.IntRange(1, 4).Draw(r, "matchers") {
				op := rapid.SampledFrom([]string{"=", "=", "=", "!=", "=~", "!~"}).Draw(r, "op")
				value := rapid.SampledFrom(append([]string{"a|b|c", "|a", ".*", ".+", "(?i)A"}, values...)).Draw(r, "value")
				ms = append(ms, fmt.Sprintf("'%s%s%q'", rapid.SampledFrom(names).Draw(r, "name"), op, value))
			}
			fmt.Fprintf(&text, "  - {name: r%d, matchers: [%s], target: web, up: 1}\n", i, strings.Join(ms, ", "))
		}
		set := newSet(r, text.String())
		e := &Event{}
		want := map[string][]string{}
		unmatched := 0
		for i := range 6 {
			a := Alert{Fingerprint: fmt.Sprint(i)}
			for _, name := range names {
				if rapid.IntRange(0, 3).Draw(r, "has") > 0 {
					a.Labels = append(a.Labels, Label{name, rapid.SampledFrom(values).Draw(r, "is")})
				}
			}
			for _, rule := range set.Rules {
				if rule.Matchers.Matches(a.Labels.set()) {
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
