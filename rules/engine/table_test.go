package engine

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestProperty_ATableIsAMapWithCopies puts and drops, in copies of copies, and compares each with a map.
func TestProperty_ATableIsAMapWithCopies(t *testing.T) {
	type pair struct {
		s    RefState
		want map[string]AlertState
	}
	rapid.Check(t, func(r *rapid.T) {
		all := []*pair{{RefState{}, map[string]AlertState{}}}
		keys := rapid.SampledFrom([]int{1, 8, 30, 100}).Draw(r, "keys")
		for range rapid.IntRange(1, 12).Draw(r, "steps") {
			p := all[rapid.IntRange(0, len(all)-1).Draw(r, "which")]
			switch rapid.SampledFrom([]string{"copy", "put", "put", "drop"}).Draw(r, "step") {
			case "copy":
				all = append(all, &pair{p.s.clone(), maps.Clone(p.want)})
			case "put":
				for i := range rapid.IntRange(1, keys).Draw(r, "puts") {
					fp := fmt.Sprint(rapid.IntRange(0, i).Draw(r, "key"), "/", i)
					h := AlertState{Phase: Firing, At: at("1m").Add(time.Duration(rapid.IntRange(0, 1000).Draw(r, "at")) * time.Second), Rules: []string{"busy"}}
					p.s.putAlert(fp, h)
					p.want[fp] = h
				}
			case "drop":
				for fp := range p.want {
					if rapid.IntRange(0, 3).Draw(r, "drops") > 0 {
						p.s.dropAlert(fp)
						delete(p.want, fp)
					}
				}
			}
		}
		for _, p := range all {
			p.s.isMap(r, p.want)
		}
	})
}

func (s *RefState) isMap(t tester, want map[string]AlertState) {
	require.Equal(t, want, s.plain().Alerts)
	require.Equal(t, len(want), s.alerts.n)
	require.Equal(t, len(want), s.firing("busy"))
	require.LessOrEqual(t, s.alerts.n, fullShard*max(1, len(s.alerts.shards)))
	require.GreaterOrEqual(t, s.alerts.n, emptyShard*(len(s.alerts.shards)-1))
	var first, last time.Time
	for fp, h := range want {
		require.Equal(t, h, s.known(fp))
		first, last = soonest(first, h.At), later(last, h.At)
	}
	if len(want) > 0 {
		require.Equal(t, first.Add(time.Hour), s.alerts.nextDue(time.Hour))
	}
	late := map[string]AlertState{}
	for fp, h := range copies(s.alerts.after(time.Hour, last.Add(-1))) {
		late[fp] = h
	}
	for fp, h := range want {
		if h.At.Equal(last) {
			require.Contains(t, late, fp)
		}
	}
	require.Zero(t, s.known("nobody"))
}

// What becomes of a shard's entries when it is split, and when it is merged again, is found by what they hash to.
func TestTable_PlaceMovesFewKeys(t *testing.T) {
	for shards := 1; shards < 100; shards++ {
		moved := 0
		for k := range uint64(10_000) {
			hash := groupKey(k).hash() * 0x9e3779b97f4a7c15
			before, after := place(hash, shards), place(hash, shards+1)
			require.Less(t, after, shards+1)
			if before != after {
				require.Equal(t, shards, after, "a key moves to no shard but the new one")
				moved++
			}
		}
		require.Positive(t, moved)
	}
}
