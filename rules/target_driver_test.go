package rules

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// clusters are drivers of which alerts may choose a and b.
var clusters = map[string]RefSchema{
	"a": {Type: "kubernetes", Kind: true, Namespace: true, FromLabels: true, Self: []string{"Deployment"}},
	"b": {Type: "kubernetes", Kind: true, Namespace: true, FromLabels: true, Self: []string{"Deployment"}},
	"c": {Type: "kubernetes", Kind: true, Namespace: true},
}

// anyCluster is a file with one rule for many clusters.
const anyCluster = `
targets:
  any: {driver: '{{ .Labels.cluster }}', kind: Deployment, namespace: '{{ .Labels.namespace }}', name: '{{ .Labels.deployment }}', max: 10}
  dns: {driver: '{{ .Labels.cluster }}', kind: Deployment, namespace: kube-system, name: coredns, max: 6}
  web: {driver: b, kind: Deployment, namespace: shop, name: web, max: 4}
rules:
  - {name: busy, matchers: [alertname=Busy], target: any, up: 5}
  - {name: dns busy, matchers: [alertname=DnsBusy], target: dns, up: 1}
`

func matchOf(set *Set, all ...*spoken) Match {
	e := &Event{Receiver: "alertscale", GroupKey: "g"}
	for _, s := range all {
		s.add(e)
	}
	return set.Match(e)
}

func TestDriverOfLabels(t *testing.T) {
	set, err := parseSetOf(anyCluster, clusters)
	require.NoError(t, err)
	web := func() *spoken { return busyOf("shop", "web") }
	m := matchOf(set, web().with("cluster", "a"), web().with("cluster", "b"), firing("DnsBusy").with("cluster", "b"),
		web().with("cluster", "c"), web().with("cluster", "d"), web(), web().with("cluster", "a b"))
	var refs, broken []string
	for _, r := range m.Refs {
		refs = append(refs, r.Ref.String()+" "+r.Target.Name)
	}
	for _, b := range m.Broken {
		broken = append(broken, b.Ref+b.Text)
	}
	require.Equal(t, []string{
		"a:Deployment/shop/web any",
		"b:Deployment/shop/web web", // the options of a fixed target hold for the rules of both
		"b:Deployment/kube-system/coredns dns",
	}, refs)
	require.Equal(t, []string{
		`driver: "c" has no from_labels: true; alerts may name a, b`,
		`driver: "d" is not defined; alerts may name a, b`,
		`driver: label "cluster" is missing or empty`,
		`driver: "a b" has " " in it, which no part of a ref may have`,
	}, broken)
	require.Empty(t, m.Unmatched)
}

func TestDriverOfLabels_OwnersAndNames(t *testing.T) {
	set, err := parseSetOf(anyCluster, clusters)
	require.NoError(t, err)
	owner := func(driver, namespace, name string) string {
		if owner := set.Owner(Ref{Driver: driver, Kind: "Deployment", Namespace: namespace, Name: name}, ""); owner != nil {
			return owner.Name
		}
		return ""
	}
	require.Equal(t, "any", owner("a", "shop", "web"))
	require.Equal(t, "web", owner("b", "shop", "web"))
	require.Empty(t, owner("c", "shop", "web"), "alerts cannot choose it")
	require.Empty(t, owner("gone", "shop", "web"))
	require.Empty(t, owner("a", "kube-system", "coredns"), "two targets could name it")

	ref, err := set.RefNamed("a:Deployment/shop/cart")
	require.NoError(t, err)
	require.Equal(t, "a:Deployment/shop/cart", ref)
	_, err = set.RefNamed("c:Deployment/shop/cart")
	require.ErrorContains(t, err, "is no target of the file, and no ref that one of its targets has")
	_, err = set.RefNamed("any")
	require.EqualError(t, err, `target "any" is a family: name one of its refs, such as DRIVER:Deployment/NAMESPACE/NAME`)
	require.Contains(t, set.Rules[1].Needs(), Need{"Labels", "cluster", `target "dns": driver`})
}

// TestDriverOfLabels_Faults: what names a ref is checked for the type of the drivers, and a template of one needs drivers
// that alerts may choose.
func TestDriverOfLabels_Faults(t *testing.T) {
	text, err := os.ReadFile("testdata/from-labels.yml")
	require.NoError(t, err)
	swarm := RefSchema{Type: "swarm", Kinds: map[string]RefSchema{"service": {}}}
	chosen := swarm
	chosen.FromLabels = true
	for name, drivers := range map[string]map[string]RefSchema{
		"none":      {"a": swarm, "b": swarm},
		"two-types": {"a": chosen, "b": {Type: "kubernetes", FromLabels: true}},
		"swarm":     {"a": chosen, "b": chosen},
		"clusters":  clusters,
	} {
		_, err := parseSetOf(string(text), drivers)
		require.Error(t, err)
		beside := "testdata/from-labels-" + name + ".txt"
		if *update {
			require.NoError(t, os.WriteFile(beside, []byte(err.Error()+"\n"), 0o600))
		}
		want, readErr := os.ReadFile(beside)
		require.NoError(t, readErr)
		require.Equal(t, string(want), err.Error()+"\n", name)
	}
}

func TestDriverOfLabels_AKindIsSpelledOneWay(t *testing.T) {
	const other = "\ntargets:\n  fixed: {driver: b, kind: apps/v1/Deployment, namespace: shop, name: web, max: 4}\n" +
		"  any: {driver: '{{ .Labels.cluster }}', kind: %s, namespace: shop, name: '{{ .Labels.deployment }}', max: 10}\nrules: []\n"
	_, err := parseSetOf(fmt.Sprintf(other, "Deployment"), clusters)
	require.ErrorContains(t, err, `targets.any: kind: "Deployment" is spelled "apps/v1/Deployment" on line 3; one file spells a kind one way`)
	require.Equal(t, 1, strings.Count(err.Error(), "\n")+1, "once, not for each driver")
	set, err := parseSetOf(fmt.Sprintf(other, "apps/v1/Deployment"), clusters)
	require.NoError(t, err)
	require.Equal(t, []string{"apps/v1/Deployment"}, set.Kinds("a"))
	require.Empty(t, set.Kinds("c"), "no target is of it")
	set, err = parseSetOf(fmt.Sprintf(other, "'{{ .Labels.kind }}'"), clusters)
	require.NoError(t, err)
	m := matchOf(set, busyOf("shop", "web").with("kind", "Deployment").with("cluster", "b"))
	require.Empty(t, m.Refs, "no rule")
	ref, err := set.Targets["any"].render(Labels{{"kind", "Deployment"}, {"cluster", "b"}, {"deployment", "web"}})
	require.NoError(t, err)
	require.Equal(t, "b:Deployment.apps/shop/web", ref.String())
}

func TestDriverOfLabels_ManyAreNotAllNamed(t *testing.T) {
	drivers := map[string]RefSchema{}
	for i := range 1000 {
		drivers[fmt.Sprintf("c%03d", i)] = RefSchema{FromLabels: true}
	}
	set, err := parseSetOf("targets: {any: {driver: '{{ .Labels.cluster }}', name: '{{ .Labels.name }}', max: 3}}\nrules: [{name: r, matchers: [a=b], target: any, up: 1}]", drivers)
	require.NoError(t, err)
	_, err = set.Targets["any"].render(Labels{{"cluster", "d"}})
	require.EqualError(t, err, `driver: "d" is not defined; alerts may name c000, c001, c002, c003, c004 and 995 more`)
	require.Len(t, set.owners.fixing, 1, "what is looked through does not grow with the drivers")
	require.Len(t, set.owners.places, 1)
}

// BenchmarkDriverOfLabels is to cost the same whatever the number of drivers.
func BenchmarkDriverOfLabels(b *testing.B) {
	for _, n := range []int{2, 1000} {
		drivers := map[string]RefSchema{}
		for i := range n {
			drivers[fmt.Sprintf("c%d", i)] = RefSchema{Kind: true, Namespace: true, FromLabels: true}
		}
		set, err := parseSetOf(strings.Replace(anyCluster, "driver: b", "driver: c1", 1), drivers)
		require.NoError(b, err)
		e := &Event{}
		busyOf("shop", "web").with("cluster", "c0").add(e)
		b.Run(fmt.Sprintf("drivers=%d/match", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				set.Match(e)
			}
		})
		known := Ref{Driver: "c0", Kind: "Deployment", Namespace: "shop", Name: "web"}
		b.Run(fmt.Sprintf("drivers=%d/owner", n), func(b *testing.B) {
			for b.Loop() {
				set.Owner(known, "")
			}
		})
	}
}
