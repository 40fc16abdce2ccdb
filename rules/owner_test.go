package rules

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// anyTargets draws targets that fix different parts of their refs, of a driver of each kind.
func anyTargets(r *rapid.T) string {
	parts := []string{"a", "b", "'{{ .Labels.x }}'", "'{{ .Labels.x }}-b'"}
	draw := func(what string) string { return rapid.SampledFrom(parts).Draw(r, what) }
	var text strings.Builder
	text.WriteString("targets:\n")
	known := map[string]bool{}
	for i := range rapid.IntRange(1, 8).Draw(r, "targets") {
		var target string
		switch rapid.SampledFrom([]string{"kubernetes", "sim", "hosts"}).Draw(r, "driver") {
		case "kubernetes":
			driver := rapid.SampledFrom([]string{"kubernetes", "other", "'{{ .Labels.x }}'"}).Draw(r, "cluster")
			target = fmt.Sprintf("driver: %s, kind: %s, namespace: %s, name: %s", driver, draw("kind"), draw("namespace"), draw("name"))
		case "sim":
			target = "driver: sim, name: " + draw("name")
		default:
			target = fmt.Sprintf("driver: hosts, kind: host, selector: {%s: %s}", rapid.SampledFrom([]string{"pool", "tier"}).Draw(r, "label"), draw("pool"))
		}
		if !known[target] || strings.Contains(target, "{{") { // a ref belongs to one target
			fmt.Fprintf(&text, "  t%d: {%s, max: 9}\n", i, target)
		}
		known[target] = true
	}
	return text.String() + "rules: []\n"
}

func anyRef(r *rapid.T) Ref {
	text := func(what string) string { return rapid.SampledFrom([]string{"a", "b", "a-b", ""}).Draw(r, what) }
	switch rapid.SampledFrom([]string{"kubernetes", "sim", "hosts"}).Draw(r, "driver") {
	case "kubernetes":
		return Ref{Driver: rapid.SampledFrom([]string{"kubernetes", "other", "third"}).Draw(r, "cluster"), Kind: text("kind"), Namespace: text("namespace"), Name: text("name")}
	case "sim":
		return Ref{Driver: "sim", Name: text("name")}
	default:
		return Ref{Driver: "hosts", Kind: "host", Name: rapid.SampledFrom([]string{"pool=a", "pool=b", "tier=a-b", "pool", "pool=a,tier=b"}).Draw(r, "name")}
	}
}

// TestProperty_OwnerAgreesWithTryingEveryTarget compares what is found by the fixed parts with all targets.
func TestProperty_OwnerAgreesWithTryingEveryTarget(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		set, err := parseSetOf(anyTargets(r), map[string]RefSchema{
			"third": {Kind: true, Namespace: true}, "sim": {}, "kubernetes": {Kind: true, Namespace: true, FromLabels: true}, "other": {Kind: true, Namespace: true, FromLabels: true}, "hosts": {Kinds: map[string]RefSchema{"host": {Selector: true}}},
		})
		require.NoError(r, err)
		ref, remembered := anyRef(r), fmt.Sprint("t", rapid.IntRange(0, 8).Draw(r, "remembered"))
		var covering []*Target
		var group *Target
		for i := range 8 {
			target := set.Targets[fmt.Sprint("t", i)]
			if target == nil || !target.covers(ref) {
				continue
			}
			if target.ref == nil {
				covering = append(covering, target)
			}
			if group == nil && target.selector != nil && (set.fixed[ref] == nil || set.fixed[ref] == target) {
				group = target
			}
		}
		var want *Target
		switch last := set.Targets[remembered]; {
		case set.fixed[ref] != nil:
			want = set.fixed[ref]
		case last != nil && last.ref == nil && last.covers(ref):
			want = last
		case len(covering) == 1:
			want = covering[0]
		}
		require.Equal(r, want, set.Owner(ref, remembered), ref)
		pairs, _, ok := set.Group(ref)
		require.Equal(r, group != nil, ok)
		if ok {
			wanted, _ := group.Selector(ref)
			require.Equal(r, wanted, pairs)
		}
	})
}

// BenchmarkOwner is to cost the same whatever the number of targets.
func BenchmarkOwner(b *testing.B) {
	for _, n := range []int{10, 10_000} {
		var text strings.Builder
		text.WriteString("targets:\n")
		for i := range n {
			fmt.Fprintf(&text, "  t%d: {driver: kubernetes, kind: Deployment, namespace: n%d, name: '{{ .Labels.deployment }}', max: 9}\n", i, i)
		}
		set := newSet(b, text.String()+"rules: []\n")
		known := Ref{Driver: "kubernetes", Kind: "Deployment", Namespace: "n7", Name: "web"}
		b.Run(fmt.Sprintf("targets=%d/known", n), func(b *testing.B) {
			for b.Loop() {
				set.Owner(known, "")
			}
		})
		b.Run(fmt.Sprintf("targets=%d/respelled", n), func(b *testing.B) {
			gone := known
			gone.Kind = "StatefulSet.apps"
			for b.Loop() {
				set.Respelled(gone, "")
			}
		})
	}
}
