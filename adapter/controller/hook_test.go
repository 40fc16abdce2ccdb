package controller_test

import (
	"errors"
	"testing"
	"time"

	"alertscale/rules"
	"alertscale/rules/engine"

	"github.com/stretchr/testify/require"
)

// press is a POST to a hook, with an idempotency key.
func press(key string, lasts time.Duration) *rules.Event {
	return rules.HookPost{
		Hook: "ci", Fingerprint: "hook/ci/" + key, Keyed: true, At: time.Now(), For: lasts,
		Labels: rules.Labels{{Name: "alertname", Value: "Queue"}, {Name: "hook", Value: "ci"}},
	}.Event()
}

func TestAPOSTThatWasNotStoredIsNotTakenForARepeat(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 3}, func(w *world) {
		w.store.fail(errors.New("disk full"))
		require.Equal(t, engine.Failed, w.one(w.send(press("a", time.Hour))).Verdict)
		require.Zero(t, w.driver.asked())
		w.kill()
		w.store.fail(nil)
		w.start()
		require.Equal(t, engine.Scaled, w.one(w.send(press("a", time.Hour))).Verdict)
		w.kill()
		w.start()
		require.Equal(t, engine.Duplicate, w.one(w.send(press("a", time.Hour))).Verdict)
		require.Len(t, w.driver.changes(), 1)
	})
}

func TestAPOSTsAlertEndsByItself(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 3}, func(w *world) {
		w.one(w.send(press("a", 5*time.Minute)))
		require.Len(t, w.a.Targets()[0].Active, 1)
		after(5*time.Minute - time.Second)
		require.Len(t, w.a.Targets()[0].Active, 1)
		after(time.Second)
		require.Empty(t, w.a.Targets()[0].Active)
		require.Equal(t, 1, w.driver.reads(), "nothing is read for that")
		after(48 * time.Hour)
		require.Zero(t, w.store.size())
	})
}

func TestARepeatedKeyCostsNothing(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 3}, func(w *world) {
		w.one(w.send(press("a", time.Hour)))
		reads, writes := w.driver.reads(), w.store.writes()
		for range 10 {
			require.Equal(t, engine.Duplicate, w.one(w.send(press("a", time.Hour))).Verdict)
		}
		require.Equal(t, []int{reads, writes}, []int{w.driver.reads(), w.store.writes()})
	})
}
