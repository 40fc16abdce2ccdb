// Package storetest is the suite that every store passes.
package storetest

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/rules"
)

// Run checks a store against the contract of controller.Store. Each test opens an empty one, and
// closes it at its end.
func Run(t *testing.T, open func(t *testing.T) controller.Store) {
	for name, test := range map[string]func(*testing.T, controller.Store){
		"Absent":             absent,
		"Swap":               swap,
		"StaleRevision":      stale,
		"EmptyMemory":        empty,
		"RevisionsNeverTurn": revisions,
		"Refs":               refs,
		"RoundTrip":          roundTrip,
		"Isolation":          isolation,
		"BigMemory":          big,
		"OneRefManyWriters":  oneRef,
		"ManyRefs":           manyRefs,
		"CancelledContext":   cancelled,
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			t.Cleanup(func() { require.NoError(t, s.Close()) })
			test(t, s)
		})
	}
}

// RunDurable checks that what a store holds is there when it is opened again. Whatever open is
// given the same dir for is one store.
func RunDurable(t *testing.T, open func(t *testing.T, dir string) controller.Store) {
	dir := t.TempDir()
	s := open(t, dir)
	kept := mustSwap(t, s, ref("kept"), 0, full())
	gone := mustSwap(t, s, ref("gone"), 0, full())
	require.Zero(t, mustSwap(t, s, ref("gone"), gone, rules.Memory{}))
	require.NoError(t, s.Close())

	s = open(t, dir)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	requireStored(t, s, ref("kept"), kept, full())
	requireStored(t, s, ref("gone"), 0, rules.Memory{})
	requireRefs(t, s, ref("kept"))

	again := mustSwap(t, s, ref("gone"), 0, small(1))
	require.NotEqual(t, gone, again, "a revision from before was given again")
	requireConflict(t, s, ref("gone"), gone, small(2))
	mustSwap(t, s, ref("kept"), kept, small(3))
}

func absent(t *testing.T, s controller.Store) {
	requireStored(t, s, ref("web"), 0, rules.Memory{})
	requireRefs(t, s)
}

func swap(t *testing.T, s controller.Store) {
	first := mustSwap(t, s, ref("web"), 0, small(1))
	require.NotZero(t, first)
	requireStored(t, s, ref("web"), first, small(1))

	second := mustSwap(t, s, ref("web"), first, small(2))
	require.NotEqual(t, first, second)
	requireStored(t, s, ref("web"), second, small(2))
	requireStored(t, s, ref("cart"), 0, rules.Memory{})
}

func stale(t *testing.T, s controller.Store) {
	requireConflict(t, s, ref("web"), 1, small(1))
	requireRefs(t, s)

	first := mustSwap(t, s, ref("web"), 0, small(1))
	requireConflict(t, s, ref("web"), 0, small(2))
	requireConflict(t, s, ref("web"), first+1, small(2))

	second := mustSwap(t, s, ref("web"), first, small(3))
	requireConflict(t, s, ref("web"), first, small(4))
	requireConflict(t, s, ref("web"), first, rules.Memory{})
	requireConflict(t, s, ref("cart"), second, small(4))
	requireStored(t, s, ref("web"), second, small(3))
	requireStored(t, s, ref("cart"), 0, rules.Memory{})
}

func empty(t *testing.T, s controller.Store) {
	nothing := rules.Memory{Target: "web", Calls: 7} // of which nothing is worth storing
	require.True(t, nothing.Empty())
	require.Zero(t, mustSwap(t, s, ref("web"), 0, nothing))
	requireRefs(t, s)

	first := mustSwap(t, s, ref("web"), 0, small(1))
	require.Zero(t, mustSwap(t, s, ref("web"), first, nothing))
	requireStored(t, s, ref("web"), 0, rules.Memory{})
	requireRefs(t, s)
	requireConflict(t, s, ref("web"), first, nothing)
}

func revisions(t *testing.T, s controller.Store) {
	seen := map[controller.Revision]bool{}
	for i := range 10 {
		revision := mustSwap(t, s, ref("web"), 0, small(i))
		require.False(t, seen[revision], "revision %d stands for two memories of a ref", revision)
		for old := range seen {
			requireConflict(t, s, ref("web"), old, small(99))
		}
		seen[revision] = true
		mustSwap(t, s, ref("web"), revision, rules.Memory{})
	}
}

func refs(t *testing.T, s controller.Store) {
	all := []rules.Ref{
		{Driver: "kubernetes", Kind: "Deployment", Namespace: "shop", Name: "web"},
		{Driver: "kubernetes", Kind: "Rollout.argoproj.io", Namespace: "shop", Name: "web"},
		{Driver: "kubernetes", Kind: "HorizontalPodAutoscaler", Namespace: "shop", Name: "web", Path: "/spec/minReplicas"},
		{Driver: "swarm", Kind: "service", Name: "wéb <\"&\\>"},
		{Driver: "simulator", Name: "web"},
	}
	for i, ref := range all {
		mustSwap(t, s, ref, 0, small(i))
	}
	requireRefs(t, s, all...)
	for i, ref := range all {
		_, m := mustLoad(t, s, ref)
		requireSame(t, small(i), m)
	}
}

func roundTrip(t *testing.T, s controller.Store) {
	revision := mustSwap(t, s, ref("web"), 0, full())
	requireStored(t, s, ref("web"), revision, full())
}

// isolation checks that a store neither hands out what it holds nor holds what it was handed.
func isolation(t *testing.T, s controller.Store) {
	given := full()
	revision := mustSwap(t, s, ref("web"), 0, given)
	scribble(given)
	requireStored(t, s, ref("web"), revision, full())

	_, loaded := mustLoad(t, s, ref("web"))
	scribble(loaded)
	requireStored(t, s, ref("web"), revision, full())
}

func big(t *testing.T, s controller.Store) {
	m := rules.Memory{Alerts: map[string]rules.Heard{}}
	for i := range 10000 {
		h := full().Alerts["0f922923fccbbcce"]
		h.Groups = []rules.GroupID{rules.GroupID(i)}
		m.Alerts[fmt.Sprintf("%016x", i)] = h
	}
	first := mustSwap(t, s, ref("web"), 0, m)
	delete(m.Alerts, fmt.Sprintf("%016x", 0))
	second := mustSwap(t, s, ref("web"), first, m)
	_, got := mustLoad(t, s, ref("web"))
	require.Len(t, got.Alerts, 9999)
	for fp, h := range got.Alerts {
		require.Equal(t, m.Alerts[fp].Groups, h.Groups)
		require.True(t, m.Alerts[fp].At.Equal(h.At))
	}
	mustSwap(t, s, ref("web"), second, rules.Memory{})
}

func cancelled(t *testing.T, s controller.Store) {
	revision := mustSwap(t, s, ref("web"), 0, small(1))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()

	_, _, err := s.Load(ctx, ref("web"))
	require.ErrorIs(t, err, context.Canceled)
	_, err = s.Swap(ctx, ref("web"), revision, small(2))
	require.ErrorIs(t, err, context.Canceled)
	_, err = s.Refs(ctx)
	require.ErrorIs(t, err, context.Canceled)
	requireStored(t, s, ref("web"), revision, small(1))
}
