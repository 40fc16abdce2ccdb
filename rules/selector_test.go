package rules

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// hostSet reads a file for a driver that has services and groups of hosts, as Rancher does.
func hostSet(text string) (*Set, error) {
	return parseSetOf(text, map[string]RefSchema{"rancher": {Kinds: map[string]RefSchema{"service": {Namespace: true}, "host": {Selector: true}}}})
}

const hostRules = "\nrules: [{name: r, matchers: [alertname=A], target: t, up: 1}]\n"

func TestSelector_NamesTheRefInSortedOrder(t *testing.T) {
	set, err := hostSet("targets: {t: {driver: rancher, kind: host, selector: {tier: a, pool: web}, remove: oldest, max: 3}}" + hostRules)
	require.NoError(t, err)
	ref, fixed := set.Targets["t"].Ref()
	require.True(t, fixed)
	require.Equal(t, "rancher:host/pool=web,tier=a", ref.String())
	pairs, first, ok := set.Group(ref)
	require.True(t, ok)
	require.Equal(t, []Label{{"pool", "web"}, {"tier", "a"}}, pairs)
	require.Equal(t, RemoveOldest, first)
	_, _, ok = set.Group(Ref{Driver: "rancher", Kind: "host", Name: "pool=db,tier=a"})
	require.False(t, ok)
}

func TestSelector_MayBeATemplate(t *testing.T) {
	set, err := hostSet("targets: {t: {driver: rancher, kind: host, selector: {pool: '{{ .Labels.pool }}', tier: a}, max: 3}}" + hostRules)
	require.NoError(t, err)
	match := func(pool string) Match {
		return set.Match(&Event{Alerts: []Alert{{Fingerprint: "f", Labels: Labels{{"alertname", "A"}, {"pool", pool}}}}})
	}
	m := match("web")
	require.Len(t, m.Refs, 1)
	require.Equal(t, "rancher:host/pool=web,tier=a", m.Refs[0].Ref.String())
	pairs, first, ok := set.Group(m.Refs[0].Ref)
	require.True(t, ok)
	require.Equal(t, []Label{{"pool", "web"}, {"tier", "a"}}, pairs)
	require.Equal(t, RemoveNewest, first)
	for pool, why := range map[string]string{
		"":      `selector: pool: label "pool" is missing or empty`,
		"a,b=c": `selector: pool: "a,b=c" has "," in it, which no part of a selector may have`,
		"a/b":   `selector: pool: "a/b" has "/" in it, which no part of a ref may have`,
	} {
		m := match(pool)
		require.Empty(t, m.Refs)
		require.Equal(t, why, m.Broken[0].Text)
	}
}

func TestSelector_Faults(t *testing.T) {
	for text, want := range map[string]string{
		"kind: host, max: 3":                                           `test.yml:1: targets.t: selector is missing: the labels of the hosts to scale, such as {pool: web}`,
		"kind: host, selector: {}, max: 3":                             `test.yml:1: targets.t: selector: is empty: it would take every host`,
		"kind: host, selector: {a: b}, name: x, max: 3":                `test.yml:1: targets.t: name: a host target has a selector instead`,
		"kind: host, selector: {a: b}, min: 0, max: 3":                 `test.yml:1: targets.t: min of a host target is at least 1: an empty group has nothing to clone`,
		"kind: host, selector: {a: b}, remove: any, max: 3":            `test.yml:1: targets.t: remove: "any" is neither oldest nor newest`,
		"kind: host, selector: {a: b}, namespace: n, max: 3":           `test.yml:1: targets.t: a host of driver "rancher" has none`,
		"kind: service, namespace: s, name: n, remove: oldest, max: 3": `test.yml:1: targets.t: remove is for groups of hosts only`,
		"kind: pod, namespace: s, name: n, max: 3":                     `test.yml:1: targets.t: driver "rancher" has no kind "pod"; it has host, service`,
		"namespace: s, name: n, max: 3":                                `test.yml:1: targets.t: kind is missing: driver "rancher" has host, service`,
		"kind: service, name: n, max: 3":                               `test.yml:1: targets.t: namespace is missing`,
	} {
		_, err := hostSet("targets: {t: {driver: rancher, " + text + "}}" + hostRules)
		require.EqualError(t, err, want)
	}
}
