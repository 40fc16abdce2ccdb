package drivertest

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
)

func ready(t *testing.T, h Harness) {
	must(t, h.Settle != nil)
	ref := h.Make(t, 3)
	h.Settle(t, ref)
	soon(t, func() bool { return h.observe(t, ref).Ready })
	require.NoError(t, h.scale(t.Context(), ref, h.observe(t, ref), 5))
	h.Settle(t, ref)
	soon(t, func() bool { return h.observe(t, ref).Ready })
	require.Equal(t, 5, h.Count(t, ref))
}

func cancelled(t *testing.T, h Harness) {
	ref := h.Make(t, 3)
	o := h.observe(t, ref)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	promptly(t, func() {
		_, err := h.Driver.Observe(ctx, ref)
		transient(t, err)
		transient(t, h.scale(ctx, ref, o, 4))
	})
	require.Equal(t, 3, h.Count(t, ref))
}

func cancelledWhileSlow(t *testing.T, h Harness) {
	must(t, h.Slow != nil)
	ref := h.Make(t, 3)
	o := h.observe(t, ref)
	h.Slow(t, time.Minute)
	defer h.Slow(t, 0)
	promptly(t, func() {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		_, err := h.Driver.Observe(ctx, ref)
		transient(t, err)
	})
	promptly(t, func() {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		unknown(t, h.scale(ctx, ref, o, 4))
	})
}

func unreachable(t *testing.T, h Harness) {
	must(t, h.Down != nil && h.Up != nil)
	ref := h.Make(t, 3)
	o := h.observe(t, ref)
	h.Down(t)
	up := false
	defer func() {
		if !up {
			h.Up(t)
		}
	}()
	_, err := h.Driver.Observe(t.Context(), ref)
	transient(t, err)
	transient(t, h.scale(t.Context(), ref, o, 4))

	h.Up(t)
	up = true
	soon(t, func() bool {
		_, err := h.Driver.Observe(t.Context(), ref)
		return err == nil
	})
	require.Equal(t, 3, h.Count(t, ref))
	require.NoError(t, h.scale(t.Context(), ref, h.observe(t, ref), 4))
}

func lostAnswer(t *testing.T, h Harness) {
	must(t, h.Lose != nil)
	ref := h.Make(t, 3)
	o := h.observe(t, ref)
	h.Lose(t)
	h.once(t, func() { unknown(t, h.scale(t.Context(), ref, o, 4)) })
	require.Equal(t, 4, h.Count(t, ref))
	require.Equal(t, 4, h.observe(t, ref).Count)
}

func busy(t *testing.T, h Harness) {
	must(t, h.Refuse != nil)
	ref := h.Make(t, 3)
	o := h.observe(t, ref)
	var b *controller.ThrottledError

	h.Refuse(t, http.StatusTooManyRequests, 3*time.Second)
	_, err := h.Driver.Observe(t.Context(), ref)
	transient(t, err)
	require.ErrorAs(t, err, &b)
	require.Equal(t, 3*time.Second, b.After)

	h.Refuse(t, http.StatusTooManyRequests, 3*time.Second)
	h.once(t, func() { err = h.scale(t.Context(), ref, o, 4) })
	transient(t, err)
	require.ErrorAs(t, err, &b)
	require.Equal(t, 3*time.Second, b.After)
	require.Equal(t, 3, h.Count(t, ref))
}

func unavailable(t *testing.T, h Harness) {
	must(t, h.Refuse != nil)
	ref := h.Make(t, 3)
	o := h.observe(t, ref)
	for _, code := range []int{500, 502, 503, 504} {
		for _, after := range []time.Duration{0, time.Second} {
			h.Refuse(t, code, after)
			_, err := h.Driver.Observe(t.Context(), ref)
			transient(t, err)

			h.Refuse(t, code, after)
			h.once(t, func() { err = h.scale(t.Context(), ref, o, 4) })
			unknown(t, err)
			later := (*controller.UnavailableError)(nil)
			require.Equal(t, after > 0, errors.As(err, &later), "it says when to come back")
			if after > 0 {
				require.Equal(t, after, later.After)
			}
			require.Equal(t, 3, h.Count(t, ref))
		}
	}
}

func requests(t *testing.T, h Harness) {
	must(t, h.Requests != nil)
	ref := h.Make(t, 3)
	h.observe(t, ref)
	reads, writes := h.Requests(t)
	o := h.observe(t, ref)
	readsThen, writesThen := h.Requests(t)
	require.Equal(t, []int{reads + 1, writes}, []int{readsThen, writesThen})

	h.once(t, func() { require.NoError(t, h.scale(t.Context(), ref, o, 4)) })
	last, _ := h.Requests(t)
	require.Equal(t, readsThen, last, "a write reads nothing")
}

// once fails the test where f does not bring exactly one write to the API, as far as the harness
// can tell.
func (h Harness) once(t *testing.T, f func()) {
	t.Helper()
	if h.Requests == nil {
		f()
		return
	}
	_, before := h.Requests(t)
	f()
	_, after := h.Requests(t)
	require.Equal(t, before+1, after, "writes that reached the API")
}

// soon fails the test where ok does not come true in a while.
func soon(t *testing.T, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			require.Fail(t, "it did not come true")
		case <-ticker.C:
		}
	}
}
