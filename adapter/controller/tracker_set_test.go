package controller

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestProperty_ATrackerSetIsASet(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		some := []*tracker{{}, {}, {}, {}}
		var s trackerSet
		want := map[*tracker]bool{}
		for range rapid.IntRange(0, 20).Draw(r, "steps") {
			tr := some[rapid.IntRange(0, len(some)-1).Draw(r, "which")]
			if rapid.Bool().Draw(r, "with") {
				s = s.with(tr)
				want[tr] = true
			} else {
				s = s.without(tr)
				delete(want, tr)
			}
			require.Equal(r, len(want), s.size())
			require.ElementsMatch(r, slices.Collect(maps.Keys(want)), slices.Collect(s.all()))
			for _, tr := range some {
				require.Equal(r, want[tr], s.has(tr))
			}
		}
	})
}
