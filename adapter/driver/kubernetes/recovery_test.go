package kubernetes

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/adapter/driver/internal/httpx"
	"alertscale/rules/engine"
)

const failedAMomentAgo = " (not final: the API server failed a moment ago, and may not know yet)"

// An API server that has just started answers with 403 until it has read its roles.
func TestForbiddenAfterTrouble(t *testing.T) {
	for name, trouble := range map[string]func(*world){
		"down":  func(w *world) { w.fake.with(func() { w.fake.down = true }) },
		"5xx":   func(w *world) { w.fake.with(func() { w.fake.next = append(w.fake.next, answering(503, 0)) }) },
		"429":   func(w *world) { w.fake.with(func() { w.fake.next = append(w.fake.next, answering(429, 0)) }) },
		"write": func(w *world) { w.fake.with(func() { w.fake.lose = true }) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			require.NoError(t, w.observe("Deployment"))
			trouble(w)
			if name == "write" {
				require.Error(t, w.scale())
			} else {
				require.Error(t, w.observe("Deployment"))
			}
			w.fake.with(func() { w.fake.down = false })

			no := answering(403, 0)
			w.now = w.now.Add(httpx.Recovering - time.Second)
			w.fake.with(func() { w.fake.next = append(w.fake.next, no, no) })
			w.busy(w.observe("Deployment"), 0, "forbidden: Deployment shop/web: 403: not now"+failedAMomentAgo)
			w.busy(w.scale(), 0, "forbidden: Deployment shop/web: 403: not now"+failedAMomentAgo)
			require.NoError(t, w.observe("Deployment"))

			w.now = w.now.Add(2 * time.Second)
			w.fake.with(func() { w.fake.next = append(w.fake.next, no) })
			require.ErrorIs(t, w.observe("Deployment"), controller.ErrForbidden)
		})
	}
}

// It does not know its custom resources either.
func TestUnknownKindAfterTrouble(t *testing.T) {
	w := newWorld(t)
	w.fake.with(func() { w.fake.down = true })
	require.Error(t, w.observe("Widget"))
	w.fake.with(func() { w.fake.down = false })

	want := "not found: the API server has no kind Widget; correct the kind, or install what defines it" + failedAMomentAgo
	w.busy(w.observe("Widget"), again, want)
	w.add(widgets("example.org"))
	w.now = w.now.Add(again)
	err := w.observe("Widget") // it is asked for again: what is not found now is the object
	require.ErrorContains(t, err, `widgets.apps "web" not found`)

	w.now = w.now.Add(httpx.Recovering)
	require.ErrorIs(t, w.observe("Gadget"), controller.ErrNotFound)
}

// What alertscale keeps to itself is no trouble of the API server.
func TestLimitIsNoTrouble(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.observe("Deployment"))
	require.Error(t, w.driver.recovery.Note(&controller.ThrottledError{Err: errors.New("not sent")}))
	w.fake.with(func() { w.fake.next = append(w.fake.next, answering(403, 0)) })
	require.ErrorIs(t, w.observe("Deployment"), controller.ErrForbidden)
}

func (w *world) scale() error {
	return w.driver.Scale(w.Context(), deployment("web"), engine.Change{From: 3, To: 4, Version: "1"})
}
