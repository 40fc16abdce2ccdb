package rules

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// boundsSet is a file with a target of which workloads say their own bounds, and one of which they do not.
func boundsSet(t tester, low, high int) *Set {
	drivers := map[string]RefSchema{"sim": {Bounds: BoundsBy("label")}, "kubernetes": {Kind: true, Namespace: true, Bounds: BoundsBy("annotation")}}
	set, err := parseSetOf("targets:\n"+
		"  own: {driver: sim, name: own, min: "+strconv.Itoa(low)+", max: "+strconv.Itoa(high)+", bounds: workload}\n"+
		"  plain: {driver: sim, name: plain, min: "+strconv.Itoa(low)+", max: "+strconv.Itoa(high)+"}\n"+
		"  any: {driver: kubernetes, kind: Deployment, namespace: shop, name: '{{ .Labels.name }}', max: 3, bounds: workload}\n"+
		"rules: []\n", drivers)
	require.NoError(t, err)
	return set
}

// TestProperty_OwnBoundsStayWithinTheTargets: whatever a workload says, its bounds are bounds, within the target's, and as
// near to what it says as those let them be.
func TestProperty_OwnBoundsStayWithinTheTargets(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		low := rapid.IntRange(0, 20).Draw(r, "min")
		high := rapid.IntRange(max(low, 1), 40).Draw(r, "max")
		set := boundsSet(r, low, high)
		own := &OwnBounds{}
		for _, to := range []**int{&own.Min, &own.Max} {
			if n := rapid.IntRange(-1, 60).Draw(r, "said"); n >= 0 {
				*to = &n
			}
		}
		if own.Min != nil && own.Max != nil && *own.Min > *own.Max {
			own.Min, own.Max = own.Max, own.Min
		}
		b := set.Targets["own"].BoundsWith(own)
		require.LessOrEqual(r, b.Min, b.Max)
		require.GreaterOrEqual(r, b.Min, low)
		require.LessOrEqual(r, b.Max, high)
		if own.Max == nil {
			require.Equal(r, high, b.Max)
		} else if *own.Max >= low && *own.Max <= high {
			require.Equal(r, *own.Max, b.Max)
		}
		if own.Min != nil && *own.Min >= low && *own.Min <= b.Max {
			require.Equal(r, *own.Min, b.Min)
		}
		require.Equal(r, Bounds{low, high}, set.Targets["plain"].BoundsWith(own))
		require.Equal(r, Bounds{low, high}, set.Targets["own"].BoundsWith(nil))
	})
}

func TestWorkloadBounds_OfWhichRefs(t *testing.T) {
	set := boundsSet(t, 1, 9)
	require.True(t, set.WorkloadBounds(Ref{Driver: "sim", Name: "own"}))
	require.False(t, set.WorkloadBounds(Ref{Driver: "sim", Name: "plain"}))
	require.True(t, set.WorkloadBounds(Ref{Driver: "kubernetes", Kind: "Deployment", Namespace: "shop", Name: "web"}))
	require.False(t, set.WorkloadBounds(Ref{Driver: "kubernetes", Kind: "Deployment", Namespace: "other", Name: "web"}))
	require.Equal(t, "min 1", set.Targets["plain"].MinText(&OwnBounds{}))
}

func TestBoundsIn(t *testing.T) {
	require.Equal(t, BoundsSaid{Asked: true}, BoundsIn(nil))
	empty := ""
	require.Equal(t, BoundsSaid{Max: &empty, Asked: true}, BoundsIn(map[string]string{"alertscale.max": "", "alertscale": "x"}))
}
