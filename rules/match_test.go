package rules

import (
	"fmt"
	"strings"
	"testing"
	"unsafe"

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
		require.Equal(r, unmatched, m.Unmatched)
		got := map[string][]string{}
		for _, touch := range m.Touches {
			for _, h := range touch.Hits {
				got[h.Alert.Fingerprint] = ruleNames(h.Rules, nil)
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
	require.Len(t, m.Touches, 2)
	require.Equal(t, "kubernetes:Deployment/shop/cart", m.Touches[0].Ref.String())
	require.Len(t, m.Touches[0].Hits, 2)
	require.Equal(t, "web", m.Touches[1].Target.Name)
	require.Len(t, m.Touches[1].Hits, 1)
	require.Equal(t, []string{"busy", "web busy"}, ruleNames(m.Touches[1].Hits[0].Rules, nil))
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
	require.Equal(t, "kubernetes:Deployment.apps/shop/web", m.Touches[0].Ref.String())
	require.Equal(t, "web", m.Touches[0].Target.Name)
	require.Equal(t, "kubernetes:StatefulSet/shop/web", m.Touches[1].Ref.String())
	require.Equal(t, []string{"apps/v1/Deployment"}, set.Kinds("kubernetes"))
}

func TestMatch_NothingThatIsRememberedKeepsTheBodyOfANotification(t *testing.T) {
	w := newHand(t, busyIdle)
	body := strings.Repeat("x", 100) + "fingerprint"
	fingerprint := body[100:]
	for _, resolved := range []bool{false, false, true, false} {
		e := &Event{GroupKey: "g", Alerts: []Alert{{
			Fingerprint: fingerprint, Resolved: resolved, Labels: Labels{{"alertname", "Busy"}}, StartsAt: epoch, EndsAt: at("1m"),
		}}}
		touch := w.target.set.Match(e).Touches[0]
		w.mem, _ = Record(w.target, w.mem, touch, e, at("2m"))
		w.keepsNone(t, fingerprint)
		if !resolved && w.mem.Quiet(touch, e, e.Group()) {
			w.mem.Hear(touch, at("3m"))
			w.keepsNone(t, fingerprint)
		}
	}
}

func (h *hand) keepsNone(t *testing.T, fingerprint string) {
	t.Helper()
	for key := range h.mem.Alerts {
		require.NotSame(t, stringData(fingerprint), stringData(key))
	}
}

func stringData(s string) *byte { return unsafe.StringData(s) }

// set gives labels in the form that Alertmanager matches.
func (ls Labels) set() model.LabelSet {
	all := model.LabelSet{}
	for _, l := range ls {
		all[model.LabelName(l.Name)] = model.LabelValue(l.Value)
	}
	return all
}
