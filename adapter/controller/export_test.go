package controller_test

import (
	"testing"
	"time"

	"alertscale/adapter/controller"
	"alertscale/rules/engine"

	"github.com/stretchr/testify/require"
)

func TestExportIsWhatIsStored(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 3}, func(w *world) {
		_, err := w.a.Export("fake:web")
		require.ErrorIs(t, err, controller.ErrUnknownRef)
		w.post(firing("Busy"))
		after(time.Minute)
		r, err := w.a.Export("fake:web")
		require.NoError(t, err)
		stored, err := w.store.Load(t.Context(), "fake:web")
		require.NoError(t, err)
		require.JSONEq(t, string(stored.Data), string(r.Data))
		_, err = engine.RestoreCycle(r, engine.CycleOptions{})
		require.NoError(t, err)
	})
}
