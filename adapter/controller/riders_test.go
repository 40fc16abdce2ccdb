package controller_test

import (
	"errors"
	"testing"
	"time"

	"alertscale/rules/engine"

	"github.com/stretchr/testify/require"
)

// The outcome of a change is stored with what is stored next, of whatever ref, and by itself only where nothing is.
func TestAnOutcomeRidesWithTheNextCommit(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 3}, func(w *world) {
		w.post(firing("Busy"))
		require.Equal(t, []int{1, 1}, w.store.counts(), "what was heard, and the intent")
		cart := inGroup("cart", w.busy("cart"))
		require.Equal(t, engine.Scaled, w.one(w.send(cart)).Verdict)
		require.Equal(t, []int{2, 3}, w.store.counts())
		after(time.Second)
		require.Equal(t, []int{3, 4}, w.store.counts())
		after(time.Minute)
		require.Equal(t, 3, w.store.counts()[0])
	})
}

// An outcome that cannot be stored along is tried again by itself.
func TestAnOutcomeThatRodeAndFailedIsStoredLater(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 3}, func(w *world) {
		start := time.Now()
		w.post(firing("Busy"))
		w.store.fail(errors.New("disk full"))
		cart := inGroup("cart", w.busy("cart"))
		require.Equal(t, engine.Failed, w.one(w.send(cart)).Verdict)
		w.store.fail(nil)
		after(time.Minute)
		require.Equal(t, 2, w.driver.count("cart"))
		reads := w.driver.reads()
		w.kill()
		w.start()
		after(time.Second)
		require.Equal(t, reads, w.driver.reads(), "no outcome is unknown")
		require.Equal(t, engine.Duplicate, w.one(w.post(firing("Busy").since(start))).Verdict)
		require.Equal(t, 5, w.driver.count("web"))
	})
}
