package controller_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/rules"
	"alertscale/rules/engine"
)

const pausable = `
targets: {web: {driver: fake, name: web, max: 9}}
rules: [{name: busy, matchers: [alertname=Busy], target: web, up: 1}]
`

func TestPauseIsStoredBeforeItReturns(t *testing.T) {
	inWorld(t, pausable, map[string]int{"web": 3}, func(w *world) {
		require.ErrorIs(t, w.a.Pause(context.Background(), "fake:nobody", rules.Stay, time.Hour), controller.ErrUnknownRef)
		require.NoError(t, w.a.Pause(context.Background(), "fake:web", rules.Up, time.Hour))
		w.kill()
		w.start()
		require.Equal(t, engine.Paused, w.one(w.post(firing("Busy"))).Verdict)
		status := w.a.Targets()[0]
		require.True(t, status.Paused)
		require.Equal(t, "up", status.Pauses[0].Direction)
		require.NoError(t, w.a.Resume(context.Background(), "fake:web", rules.Stay))
		after(time.Second)
		require.False(t, w.a.Targets()[0].Paused)
		require.Len(t, w.driver.changes(), 1)
	})
}

func TestPauseThatCannotBeStoredSaysSo(t *testing.T) {
	inWorld(t, pausable, map[string]int{"web": 3}, func(w *world) {
		w.store.fail(errors.New("the disk is full"))
		require.ErrorContains(t, w.a.Pause(context.Background(), "fake:web", rules.Up, time.Hour), "could not be stored so far")
		w.store.fail(nil)
		after(time.Minute)
		require.NoError(t, w.a.Pause(context.Background(), "fake:web", rules.Up, time.Hour))
	})
}

// TestTargetPausedInTheFileIsListedSo checks that it is so from the start, before any alert has named the target.
func TestTargetPausedInTheFileIsListedSo(t *testing.T) {
	const paused = `
targets: {web: {driver: fake, name: web, max: 9, paused: true}, cart: {driver: fake, name: cart, max: 9}}
rules: [{name: busy, matchers: [alertname=Busy], target: web, up: 1}]
`
	inWorld(t, paused, map[string]int{"web": 3, "cart": 3}, func(w *world) {
		got := map[string]bool{}
		for _, status := range w.a.Targets() {
			got[status.Target] = status.Paused
		}
		require.Equal(t, map[string]bool{"web": true, "cart": false}, got)
	})
}
