package drivertest

import (
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/rules"
	"alertscale/rules/engine"
)

func observes(t *testing.T, h Harness) {
	for _, count := range []int{0, 1, 3} {
		ref := h.Make(t, count)
		require.Equal(t, count, h.observe(t, ref).Count)
		h.Change(t, ref, count+4)
		require.Equal(t, count+4, h.observe(t, ref).Count)
	}
}

func scales(t *testing.T, h Harness) {
	ref := h.Make(t, 3)
	for _, to := range []int{5, 4, 0, 2, 2} {
		require.NoError(t, h.scale(t.Context(), ref, h.observe(t, ref), to))
		require.Equal(t, to, h.Count(t, ref))
		require.Equal(t, to, h.observe(t, ref).Count)
	}
}

func conflicts(t *testing.T, h Harness) {
	ref := h.Make(t, 3)
	o := h.observe(t, ref)
	h.Change(t, ref, 7)
	require.ErrorIs(t, h.scale(t.Context(), ref, o, 5), controller.ErrConflict)
	require.Equal(t, 7, h.Count(t, ref))

	require.NoError(t, h.scale(t.Context(), ref, h.observe(t, ref), 5), "on a new read it is carried out")
	require.Equal(t, 5, h.Count(t, ref))
}

func staleVersion(t *testing.T, h Harness) {
	ref := h.Make(t, 3)
	o := h.observe(t, ref)
	must(t, o.Version != "")
	h.Change(t, ref, 7)
	h.Change(t, ref, 3)
	require.ErrorIs(t, h.scale(t.Context(), ref, o, 5), controller.ErrConflict)
	require.Equal(t, 3, h.Count(t, ref))
}

func secondWrite(t *testing.T, h Harness) {
	ref := h.Make(t, 3)
	o := h.observe(t, ref)
	require.NoError(t, h.scale(t.Context(), ref, o, 4))
	require.ErrorIs(t, h.scale(t.Context(), ref, o, 5), controller.ErrConflict)
	require.Equal(t, 4, h.Count(t, ref))
}

func notFound(t *testing.T, h Harness) { missing(t, h, h.Missing(t)) }

func kindNotFound(t *testing.T, h Harness) {
	must(t, h.MissingKind != nil)
	missing(t, h, h.MissingKind(t))
}

func missing(t *testing.T, h Harness, ref rules.Ref) {
	_, err := h.Driver.Observe(t.Context(), ref)
	require.ErrorIs(t, err, controller.ErrNotFound)
	err = h.Driver.Scale(t.Context(), ref, engine.Change{From: 1, To: 2, Version: "1"})
	require.ErrorIs(t, err, controller.ErrNotFound)
}

func forbidden(t *testing.T, h Harness) {
	must(t, h.Forbidden != nil)
	ref := h.Forbidden(t, 3)
	_, err := h.Driver.Observe(t.Context(), ref)
	require.ErrorIs(t, err, controller.ErrForbidden)
	err = h.Driver.Scale(t.Context(), ref, engine.Change{From: 3, To: 4, Version: "1"})
	require.ErrorIs(t, err, controller.ErrForbidden)
	require.Equal(t, 3, h.Count(t, ref))
}

func forbiddenToWrite(t *testing.T, h Harness) {
	must(t, h.ReadOnly != nil)
	ref := h.ReadOnly(t, 3)
	require.ErrorIs(t, h.scale(t.Context(), ref, h.observe(t, ref), 4), controller.ErrForbidden)
	require.Equal(t, 3, h.Count(t, ref))
}

func refusedWrite(t *testing.T, h Harness) {
	ref := h.Make(t, 3)
	o := h.observe(t, ref)
	require.ErrorIs(t, h.scale(t.Context(), ref, o, -1), controller.ErrInvalid)
	require.Equal(t, 3, h.Count(t, ref))
	require.Equal(t, o.Version, h.observe(t, ref).Version)
}

func independent(t *testing.T, h Harness) {
	a, b := h.Make(t, 3), h.Make(t, 6)
	seenA, seenB := h.observe(t, a), h.observe(t, b)
	require.NoError(t, h.scale(t.Context(), a, seenA, 4))
	require.Equal(t, 6, h.Count(t, b))
	require.NoError(t, h.scale(t.Context(), b, seenB, 5), "a change of another ref is no conflict")
	require.Equal(t, 4, h.Count(t, a))
	require.Equal(t, 5, h.Count(t, b))
}

// concurrentWriters step one ref, each by a read and a guarded write, until each has done its
// share: the count rises by exactly one for each write that succeeded.
func concurrentWriters(t *testing.T, h Harness) {
	const writers, share = 12, 2
	ref := h.Make(t, 1)
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for done := 0; done < share; {
				o, err := h.Driver.Observe(t.Context(), ref)
				if !assert.NoError(t, err) {
					return
				}
				err = h.scale(t.Context(), ref, o, o.Count+1)
				if err == nil {
					done++
				} else if !errors.Is(err, controller.ErrConflict) {
					assert.NoError(t, err)
					return
				}
			}
		})
	}
	wg.Wait()
	require.Equal(t, 1+writers*share, h.Count(t, ref))
}
