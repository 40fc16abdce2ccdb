package stack

import (
	"context"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func newShared(t *testing.T) *shared {
	ctx, cancel := context.WithCancel(t.Context())
	return &shared{ctx: ctx, cancel: cancel, dir: t.TempDir()}
}

func TestSharedCleansUpBackwards(t *testing.T) {
	t.Parallel()
	s := newShared(t)
	var order []int
	require.True(t, s.run(func(t T) {
		t.Cleanup(func() { order = append(order, 1) })
		t.Cleanup(func() { order = append(order, 2) })
		if _, err := os.Stat(t.TempDir()); err != nil {
			fatalf(t, "%v", err)
		}
	}))
	s.cleanup()
	require.Equal(t, []int{2, 1}, order)
	require.Error(t, s.Context().Err())
}

func TestSharedSetupThatFailsEnds(t *testing.T) {
	t.Parallel()
	s, reached := newShared(t), false
	require.False(t, s.run(func(t T) {
		fatalf(t, "as expected")
		reached = true
	}))
	require.False(t, reached)
	require.True(t, s.Failed())
	require.False(t, newShared(t).run(func(T) { panic("as expected") }))
}

func TestVersionsArePinned(t *testing.T) {
	t.Parallel()
	for _, c := range Components() {
		version, err := c.Version()
		require.NoError(t, err)
		require.Regexp(t, `^\d+\.\d+\.\d+$`, version, "%s", c)
	}
	_, err := Component("none").Version()
	require.ErrorContains(t, err, `component "none": not defined`)
}
