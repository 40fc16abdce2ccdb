package controller_test

import (
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"alertscale/rules/engine"

	"github.com/stretchr/testify/require"
)

func TestAPOSTThatTheAPIDidNotTakeIsSentAgainAfterItsTime(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 3}, func(w *world) {
		w.driver.with(func(d *fakeDriver) { d.onObserve = func(string) error { return errors.New("connection refused") } })
		require.Equal(t, engine.Failed, w.one(w.send(press("a", 5*time.Minute))).Verdict)
		after(6 * time.Minute)
		w.driver.with(func(d *fakeDriver) { d.onObserve = nil })
		require.Equal(t, engine.Scaled, w.one(w.send(press("a", 5*time.Minute))).Verdict)
		require.Equal(t, engine.Duplicate, w.one(w.send(press("a", 5*time.Minute))).Verdict)
		require.Len(t, w.driver.changes(), 1)
	})
}

func TestAPOSTOfARefThatIsNotThereIsSentAgain(t *testing.T) {
	inWorld(t, webRules, map[string]int{}, func(w *world) {
		for range 2 {
			d := w.one(w.send(press("a", 5*time.Minute)))
			require.Equal(t, engine.Rejected, d.Verdict)
			require.True(t, d.Refused)
		}
		after(6 * time.Minute)
		require.True(t, w.one(w.send(press("a", 5*time.Minute))).Refused)
		w.driver.set("web", 3)
		require.Equal(t, engine.Scaled, w.one(w.send(press("a", 5*time.Minute))).Verdict)
	})
}

func TestPOSTsOfOneKeyAtOnceAreOneStep(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 3}, func(w *world) {
		w.driver.with(func(d *fakeDriver) { d.slow = 50 * time.Millisecond })
		verdicts := map[engine.Verdict]int{}
		var mu sync.Mutex
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				d := w.one(w.send(press("a", time.Hour)))
				mu.Lock()
				defer mu.Unlock()
				verdicts[d.Verdict]++
			})
		}
		wg.Wait()
		require.Equal(t, map[engine.Verdict]int{engine.Scaled: 1, engine.Duplicate: 15}, verdicts)
		require.Len(t, w.driver.changes(), 1)
	})
}

func TestAPOSTWhileAChangeIsUnderWayIsAStepOfItsOwn(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 3}, func(w *world) {
		held := make(chan struct{})
		w.driver.with(func(d *fakeDriver) { d.release = held })
		go w.send(press("a", time.Hour))
		synctest.Wait()
		done := make(chan engine.Decision)
		go func() { done <- w.one(w.send(press("b", time.Hour))) }()
		synctest.Wait()
		w.driver.with(func(d *fakeDriver) { d.release = nil })
		close(held)
		require.Equal(t, engine.Cooling, (<-done).Verdict)
		after(time.Hour)
		require.Len(t, w.driver.changes(), 2)
		require.Equal(t, engine.Duplicate, w.one(w.send(press("a", time.Hour))).Verdict)
		require.Equal(t, engine.Duplicate, w.one(w.send(press("b", time.Hour))).Verdict)
	})
}

func TestAnAlertOfAHookEndsWhileItsChangeIsUnderWay(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 3}, func(w *world) {
		held := make(chan struct{})
		w.driver.with(func(d *fakeDriver) { d.release = held })
		go w.send(press("a", time.Minute))
		after(2 * time.Minute)
		go w.send(press("a", time.Minute)) // its change may be carried out yet
		synctest.Wait()
		w.driver.with(func(d *fakeDriver) { d.release = nil })
		close(held)
		after(time.Hour)
		require.Len(t, w.driver.changes(), 1)
	})
}
