package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/rules"
)

func ref(name string) rules.Ref {
	return rules.Ref{Driver: "kubernetes", Kind: "Deployment", Namespace: "shop", Name: name}
}

// small is a memory that is worth storing; n tells it from others.
func small(n int) rules.Memory {
	return rules.Memory{
		Target: "web", Calls: uint64(n),
		Last: &rules.LastChange{At: time.Date(2026, 11, 20, 5, 24, 0, n, time.UTC), From: 3, To: 5, Rule: "web is busy"},
	}
}

// full is a memory with something in each of its fields. Each call makes another.
func full() rules.Memory {
	at := time.Date(2026, 11, 20, 5, 24, 45, 479651176, time.UTC)
	east := at.In(time.FixedZone("", 5*3600+1800))
	m := small(1<<53 + 1)
	m.Count = new(5)
	m.Alerts = map[string]rules.Heard{
		"0f922923fccbbcce": {
			State: rules.Firing, StartsAt: east, At: at.Add(1), LastAt: at.Add(2),
			Groups: []rules.GroupID{1, 1<<64 - 1}, Rules: []string{"web is busy", "wéb <\"&\\>"},
		},
		"2277d70e6d77570e": {State: rules.Resolved, EndsAt: at.Add(time.Hour), At: at, Claims: []rules.GroupID{2}, Unheard: true},
		"bdfd6d5f289edbb2": {State: rules.Suspended},
	}
	m.Episodes = map[string]*rules.Episode{
		"web is busy": {
			Since: at, Ended: at.Add(3), Want: new(0), Calmed: true,
			Call:    &rules.Call{ID: 1<<64 - 1, At: at, Resolved: true, Want: new(7), Seen: new(0), Lost: true},
			Dropped: &rules.Call{ID: 4, At: east, Broken: "want: no \"x\""},
		},
		"web is idle": {},
	}
	m.Intent = &rules.Intent{At: at, From: 3, To: 5, Rule: "web is busy", Calls: []uint64{1, 1<<64 - 1}, Attempts: 2}
	return m
}

// scribble writes over all that a memory refers to.
func scribble(m rules.Memory) {
	h := m.Alerts["0f922923fccbbcce"]
	h.Groups[0], h.Rules[0] = 99, "scribbled"
	delete(m.Alerts, "2277d70e6d77570e")
	m.Alerts["new"] = rules.Heard{}
	m.Episodes["web is busy"].Call.ID = 99
	delete(m.Episodes, "web is idle")
	m.Last.To, *m.Count, m.Intent.Calls[0] = 99, 99, 99
}

func mustLoad(t *testing.T, s controller.Store, ref rules.Ref) (controller.Revision, rules.Memory) {
	t.Helper()
	m, revision, err := s.Load(t.Context(), ref)
	require.NoError(t, err)
	return revision, m
}

func mustSwap(t *testing.T, s controller.Store, ref rules.Ref, old controller.Revision, m rules.Memory) controller.Revision {
	t.Helper()
	revision, err := s.Swap(t.Context(), ref, old, m)
	require.NoError(t, err)
	return revision
}

func requireConflict(t *testing.T, s controller.Store, ref rules.Ref, old controller.Revision, m rules.Memory) {
	t.Helper()
	revision, err := s.Swap(t.Context(), ref, old, m)
	require.ErrorIs(t, err, controller.ErrConflict)
	require.Zero(t, revision)
}

func requireStored(t *testing.T, s controller.Store, ref rules.Ref, revision controller.Revision, m rules.Memory) {
	t.Helper()
	got, loaded := mustLoad(t, s, ref)
	require.Equal(t, revision, got)
	requireSame(t, m, loaded)
}

// requireSame compares times as instants, and takes what is empty for what is nil.
func requireSame(t *testing.T, want, got rules.Memory) {
	t.Helper()
	require.Empty(t, cmp.Diff(want, got, cmpopts.EquateEmpty()))
}

func requireRefs(t *testing.T, s controller.Store, want ...rules.Ref) {
	t.Helper()
	got, err := s.Refs(t.Context())
	require.NoError(t, err)
	require.ElementsMatch(t, want, got)
}
