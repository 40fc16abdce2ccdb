package controller_test

import (
	"testing"
	"time"

	"alertscale/adapter/controller"
	"alertscale/rules/engine"

	"github.com/stretchr/testify/require"
)

// What is heard while a read waits for its turn is answered by that read, though not before it is stored, also where
// what was heard before it is being stored right then.
func TestNobodyIsAnsweredBeforeWhatTheySaidIsStored(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 20}, func(w *world) {
		w.driver.with(func(d *fakeDriver) { d.slow = 260 * time.Millisecond })
		w.store.with(func(s *fakeStore) { s.slow = 50 * time.Millisecond })
		crowd := crowd(w, controller.MaxCalls, firing)
		go w.post(crowd...)
		after(time.Millisecond)
		go w.send(inGroup("first", firing("Busy"))) // stored by itself 250 ms later, since its read waits for a place
		after(254 * time.Millisecond)
		w.driver.with(func(d *fakeDriver) { d.slow = 20 * time.Millisecond })
		require.NotEqual(t, engine.Failed, w.one(w.send(inGroup("second", firing("Queue")))).Verdict)
		w.kill()
		w.start()
		var active []string
		for _, s := range w.a.Targets() {
			if s.Ref == "fake:web" {
				for _, r := range s.Active {
					active = append(active, r.Rule)
				}
			}
		}
		require.Contains(t, active, "queue")
	})
}

// A group that leaves an alert out is heard as such also while the count is read for the alert.
func TestAnAbsenceIsHeardWhileTheCountIsRead(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 3}, func(w *world) {
		w.driver.with(func(d *fakeDriver) { d.slow = 20 * time.Second })
		go w.post(firing("Busy"))
		after(100 * time.Millisecond)
		w.post(firing("Nothing")) // the same group
		after(10 * time.Minute)
		require.Empty(t, w.a.Targets()[0].Active)
	})
}
