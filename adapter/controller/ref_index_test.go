package controller

import (
	"slices"
	"testing"

	"alertscale/rules"
	"alertscale/rules/engine"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// An index is a map, however few hashes its refs have.
func TestProperty_RefIndexIsAMap(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		x, want := newRefIndex(), map[rules.Ref]*tracker{}
		hashes := rapid.Uint64Range(1, 5).Draw(r, "hashes")
		hash := x.hash
		x.hash = func(ref rules.Ref) uint64 { return hash(ref) % hashes }
		for range rapid.IntRange(0, 40).Draw(r, "steps") {
			ref := rules.Ref{Driver: "sim", Name: rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f"}).Draw(r, "name")}
			if tr := want[ref]; tr != nil && rapid.Bool().Draw(r, "drop") {
				x.drop(tr)
				delete(want, ref)
			} else {
				want[ref] = newTracker(engine.NewCycle(ref, engine.CycleOptions{}))
				x.add(want[ref])
			}
			require.Equal(r, len(want), x.size())
			require.Len(r, slices.Collect(x.all()), len(want))
			for _, name := range []string{"a", "b", "c", "d", "e", "f"} {
				ref := rules.Ref{Driver: "sim", Name: name}
				require.Same(r, want[ref], x.get(ref))
			}
			for tr := range x.all() {
				require.Same(r, want[tr.ref()], tr)
			}
		}
	})
}

func TestRefIndexLeavesInPlaceWhatTookItsOwn(t *testing.T) {
	x, ref := newRefIndex(), rules.Ref{Driver: "sim", Name: "web"}
	old, next := newTracker(engine.NewCycle(ref, engine.CycleOptions{})), newTracker(engine.NewCycle(ref, engine.CycleOptions{}))
	x.add(old)
	x.add(next)
	x.drop(old)
	require.Same(t, next, x.get(ref))
}
