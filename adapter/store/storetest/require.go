package storetest

import (
	"cmp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"alertscale/adapter/controller"
	"alertscale/rules/engine"
)

func mustPut(t *testing.T, s Store, ref string, old engine.Revision, data string) engine.Revision {
	t.Helper()
	revision, err := s.Put(t.Context(), engine.Record{Ref: ref, Revision: old, Data: []byte(data)})
	require.NoError(t, err)
	return revision
}

func requireConflict(t *testing.T, s Store, ref string, old engine.Revision, data string) {
	t.Helper()
	revision, err := s.Put(t.Context(), engine.Record{Ref: ref, Revision: old, Data: []byte(data)})
	require.ErrorIs(t, err, controller.ErrConflict, "ref %q, revision %q", ref, old)
	require.Empty(t, revision)
}

func requireStored(t *testing.T, s Store, ref string, revision engine.Revision, data string) {
	t.Helper()
	got, err := s.Load(t.Context(), ref)
	require.NoError(t, err)
	require.Equal(t, ref, got.Ref)
	require.Equal(t, revision, got.Revision)
	if data != string(got.Data) { // which may be large
		t.Errorf("%.100q is stored of %.100q, not %.100q", got.Data, ref, data)
	}
}

func requireList(t *testing.T, s Store, want ...engine.Record) {
	t.Helper()
	got, err := list(t, s)
	require.NoError(t, err)
	require.ElementsMatch(t, want, got)
}

func requireRefs(t *testing.T, s Store, want ...string) {
	t.Helper()
	var got []string
	require.NoError(t, s.List(t.Context(), func(r engine.Record) error {
		got = append(got, r.Ref)
		return nil
	}))
	slices.Sort(got)
	slices.Sort(want)
	require.Equal(t, want, got)
}

// list returns what is stored, sorted by ref.
func list(t *testing.T, s Store) (all []engine.Record, err error) {
	err = s.List(t.Context(), func(r engine.Record) error {
		all = append(all, r)
		return nil
	})
	slices.SortFunc(all, func(a, b engine.Record) int { return cmp.Compare(a.Ref, b.Ref) })
	return all, err
}

// together calls do with 0 to n-1, many at a time.
func together(n int, do func(int) error) error {
	var group errgroup.Group
	group.SetLimit(500)
	for i := range n {
		group.Go(func() error { return do(i) })
	}
	return group.Wait()
}
