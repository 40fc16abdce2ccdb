// Package drivertest is the suite that every driver passes, whatever API is behind it.
package drivertest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/rules"
	"alertscale/rules/engine"
)

// Harness is a driver and a hand on the API behind it. The functions below the first five are
// faults and looks that not every API can be brought to: where one is nil its tests are skipped.
type Harness struct {
	Driver controller.Driver

	// Make brings a workload with a count into being, each time another one.
	Make func(t *testing.T, count int) rules.Ref
	// Count reads the true count, not by way of the driver.
	Count func(t *testing.T, ref rules.Ref) int
	// Change sets the count as somebody else would.
	Change func(t *testing.T, ref rules.Ref, count int)
	// Missing names a workload that does not exist.
	Missing func(t *testing.T) rules.Ref

	// MissingKind names a workload of a kind that does not exist.
	MissingKind func(t *testing.T) rules.Ref
	// Forbidden makes a workload that the driver's credentials may neither read nor change.
	Forbidden func(t *testing.T, count int) rules.Ref
	// ReadOnly makes a workload that the driver's credentials may read and not change.
	ReadOnly func(t *testing.T, count int) rules.Ref
	// Settle makes the count that a workload is asked to have the count that it has.
	Settle func(t *testing.T, ref rules.Ref)

	// Down makes the API unreachable until Up.
	Down, Up func(t *testing.T)
	// Lose lets the next write be carried out and its answer be lost on the way.
	Lose func(t *testing.T)
	// Refuse lets the next request be answered with an HTTP status, and with Retry-After where that
	// is not zero, and not be carried out.
	Refuse func(t *testing.T, status int, retryAfter time.Duration)
	// Slow delays every answer until it is called with zero.
	Slow func(t *testing.T, delay time.Duration)
	// Requests counts what reached the API so far.
	Requests func(t *testing.T) (reads, writes int)
}

// patience is how long a call may take that is to return promptly, on a machine with much to do.
const patience = 5 * time.Second

// Run tests a driver.
func Run(t *testing.T, h Harness) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, Harness)
	}{
		{"observes the count", observes},
		{"scales up, down, to zero and back", scales},
		{"a change after the read is a conflict", conflicts},
		{"a change that was taken back is a conflict", staleVersion},
		{"a second write on one read is a conflict", secondWrite},
		{"not found", notFound},
		{"the kind is not found", kindNotFound},
		{"forbidden", forbidden},
		{"forbidden to write", forbiddenToWrite},
		{"a refused write changes nothing", refusedWrite},
		{"ready", ready},
		{"refs are independent", independent},
		{"concurrent writers", concurrentWriters},
		{"a cancelled call", cancelled},
		{"a call that is cancelled while it waits", cancelledWhileSlow},
		{"an unreachable API is transient", unreachable},
		{"a lost answer says nothing of the outcome", lostAnswer},
		{"busy", busy},
		{"unavailable", unavailable},
		{"one request a call", requests},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, h) })
	}
}

// observe reads a ref that there is.
func (h Harness) observe(t *testing.T, ref rules.Ref) engine.Observed {
	t.Helper()
	o, err := h.Driver.Observe(t.Context(), ref)
	require.NoError(t, err)
	return o
}

// scale asks for a change on what was read.
func (h Harness) scale(ctx context.Context, ref rules.Ref, o engine.Observed, to int) error {
	return h.Driver.Scale(ctx, ref, engine.Change{From: o.Count, To: to, Version: o.Version})
}

// must skips a test for which the harness has no means.
func must(t *testing.T, has bool) {
	t.Helper()
	if !has {
		t.Skip("the harness has no means for it")
	}
}

// promptly fails the test where f does not return soon.
func promptly(t *testing.T, f func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
	case <-ctx.Done():
		require.Fail(t, "the call did not return promptly")
	}
}

// transient fails the test where an error is one that callers do not come back after, or one that
// says that nothing was changed.
func transient(t *testing.T, err error) {
	t.Helper()
	require.Error(t, err)
	for _, sentinel := range []error{controller.ErrNotFound, controller.ErrForbidden, controller.ErrInvalid, controller.ErrConflict} {
		require.NotErrorIs(t, err, sentinel)
	}
}

// unknown fails the test where an error reports whether a write was carried out.
func unknown(t *testing.T, err error) {
	t.Helper()
	transient(t, err)
	var b *controller.ThrottledError
	require.NotErrorAs(t, err, &b)
}
