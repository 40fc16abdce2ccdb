package controller_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"alertscale/adapter/controller"
	"alertscale/rules"
	"alertscale/rules/engine"

	"github.com/stretchr/testify/require"
)

// crowd is an alert for each of n workloads.
func crowd(w *world, n int, one func(name string) alert) []alert {
	var all []alert
	for i := range n {
		name := fmt.Sprint("app", i)
		w.driver.with(func(d *fakeDriver) { d.counts[name] = 1 })
		a := one("AppBusy")
		a.labels = rules.Labels{{Name: "app", Value: name}}
		all = append(all, a)
	}
	return all
}

func verdicts(all []engine.Decision) map[engine.Verdict]int {
	n := map[engine.Verdict]int{}
	for _, d := range all {
		n[d.Verdict]++
	}
	return n
}

func TestASlowStoreIsWrittenSideBySide(t *testing.T) {
	inWorld(t, webRules, map[string]int{}, func(w *world) {
		require.Equal(t, map[engine.Verdict]int{engine.Scaled: 2000}, verdicts(w.post(crowd(w, 2000, firing)...)))
		w.store.with(func(s *fakeStore) { s.slow = 10 * time.Millisecond })
		after(time.Minute)
		start := time.Now()
		require.Equal(t, map[engine.Verdict]int{engine.Ended: 2000}, verdicts(w.post(crowd(w, 2000, resolved)...)))
		require.Less(t, time.Since(start), 2*time.Second) // of the virtual clock: 20 s one after the other
	})
}

func TestTheAnswerComesInTimeAlsoWhereTheStoreHangs(t *testing.T) {
	inWorld(t, webRules, map[string]int{}, func(w *world) {
		w.store.with(func(s *fakeStore) { s.slow = 5 * time.Minute })
		start := time.Now()
		require.Equal(t, map[engine.Verdict]int{engine.Failed: 500}, verdicts(w.post(crowd(w, 500, firing)...)))
		require.Equal(t, 8*time.Second, time.Since(start))
		require.NoError(t, w.a.Ready())
		w.store.with(func(s *fakeStore) { s.slow = 0 })
		after(11 * time.Minute)
		require.Len(t, w.driver.changes(), 500)
	})
}

func TestReadySaysThatTheStoreDoesNotAnswer(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 3}, func(w *world) {
		w.store.fail(errors.New("disk full"))
		w.post(firing("Busy"))
		require.NoError(t, w.a.Ready())
		after(2 * time.Minute)
		require.ErrorContains(t, w.a.Ready(), "nothing is scaled")
		w.store.fail(nil)
		after(time.Minute)
		require.NoError(t, w.a.Ready())
	})
}

// Hundreds of refs whose calls hang take no place away from one that works for longer than two seconds.
func TestRefsThatHangLeaveRoomForOthers(t *testing.T) {
	for _, hanging := range []int{128, 512} {
		inWorld(t, webRules, map[string]int{"web": 3}, func(w *world) {
			alerts := crowd(w, hanging, firing)
			w.driver.with(func(d *fakeDriver) { d.hang = func(name string) bool { return strings.HasPrefix(name, "app") } })
			go w.post(alerts...)
			for i := range 5 {
				after(500 * time.Millisecond)
				start := time.Now()
				w.driver.with(func(d *fakeDriver) { d.counts[fmt.Sprint("one", i)] = 1 })
				a := firing("AppBusy")
				a.labels = rules.Labels{{Name: "app", Value: fmt.Sprint("one", i)}}
				e := event(a)
				e.GroupKey = fmt.Sprint(i)
				require.Equal(t, engine.Scaled, w.one(w.send(e)).Verdict)
				require.LessOrEqual(t, time.Since(start), 2*time.Second)
			}
			w.driver.with(func(d *fakeDriver) { d.hang = nil })
			after(10 * time.Minute)
			require.Len(t, w.driver.changes(), hanging+5, "none of them is lost")
			require.LessOrEqual(t, w.driver.most, controller.MaxCalls)
		})
	}
}

func TestTooManyRefsAreRejectedAndCounted(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 3}, func(w *world) {
		w.limits = controller.Limits{MaxRefs: 11, MaxUnknownRefs: 5}
		w.stop()
		w.start()
		require.Equal(t, engine.Scaled, w.one(w.post(firing("Busy"))).Verdict)
		all := w.post(crowd(w, 20, firing)...)
		require.Equal(t, map[engine.Verdict]int{engine.Scaled: 10, engine.Rejected: 10}, verdicts(all))
		require.Contains(t, all[len(all)-1].Why[0], "--limits.max-refs")
		require.False(t, all[len(all)-1].Refused, "sending it again would not mend it")
		require.Equal(t, map[string]int{"refs": 10}, w.limited)
	})
}

func TestUnknownRefsAreBoundedAndForgottenAfterAnHour(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 3}, func(w *world) {
		w.limits = controller.Limits{MaxUnknownRefs: 5}
		w.stop()
		w.start()
		unknown := func(from, to int) []alert {
			var all []alert
			for i := range to - from {
				a := firing("AppBusy")
				a.labels = rules.Labels{{Name: "app", Value: fmt.Sprint("gone", from+i)}}
				all = append(all, a)
			}
			return all
		}
		w.post(unknown(0, 5)...)
		all := w.post(unknown(5, 8)...)
		require.Contains(t, all[len(all)-1].Why[0], "--limits.max-unknown-refs")
		require.Equal(t, map[string]int{"unknown_refs": 3}, w.limited)
		require.Equal(t, engine.Scaled, w.one(w.post(firing("Busy"))).Verdict, "what the file names goes on")
		after(2 * time.Hour)
		require.Equal(t, 1, w.store.size())
		w.post(unknown(5, 8)...)
		require.Equal(t, map[string]int{"unknown_refs": 3}, w.limited)
	})
}

func TestARespelledRefKeepsWhatIsKnownOfIt(t *testing.T) {
	text := strings.ReplaceAll(webRules, "driver: fake", "driver: renamed")
	inWorld(t, webRules, map[string]int{"web": 3}, func(w *world) {
		start := time.Now()
		w.post(firing("Busy"))
		after(time.Minute)
		next := w.parse(text)
		w.a.Use(next)
		require.Equal(t, engine.Duplicate, w.one(w.post(firing("Busy").since(start))).Verdict)
		after(time.Minute)
		require.Equal(t, 1, w.store.size(), "it is not remembered under its old name")
		require.Len(t, w.driver.changes(), 1)

		w.file = w.parse(webRules) // and back, while the program is down
		w.kill()
		w.start()
		after(time.Minute)
		require.Equal(t, engine.Duplicate, w.one(w.post(firing("Busy").since(start))).Verdict)
		require.Len(t, w.driver.changes(), 1)
		require.Equal(t, 1, w.store.size())
	})
}

func TestWhatSomebodyElseStoredIsReadAndDecidedAgain(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 3}, func(w *world) {
		start := time.Now()
		w.post(firing("Busy"))
		after(time.Minute)
		w.store.with(func(s *fakeStore) { // somebody writes the same again
			r := s.held["fake:web"]
			s.last++
			r.Revision = engine.Revision(fmt.Sprint(s.last))
			s.held["fake:web"] = r
		})
		d := w.one(w.post(firing("Busy").since(start), firing("Queue")))
		require.Equal(t, engine.Scaled, d.Verdict, "a conflict is not answered as a failure")
		require.Equal(t, 8, w.driver.count("web"))
	})
}

func TestAHeldCallIsNotRead(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 5}, func(w *world) {
		start := time.Now()
		w.post(firing("Busy"))
		after(time.Hour)
		idle := event(firing("Idle"))
		idle.GroupKey = "idle"
		require.Equal(t, engine.Held, w.one(w.send(idle)).Verdict)
		reads := w.driver.reads()
		after(time.Hour)
		require.Equal(t, reads, w.driver.reads())
		d := w.post(resolved("Busy").since(start))[0]
		require.Equal(t, []any{engine.Scaled, "idle"}, []any{d.Verdict, d.Rule}, "the end of what held it wakes it")
		require.Equal(t, 6, w.driver.count("web"))
	})
}

func TestACallThatOutlivesTwiceTheAlertTTL(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 3}, func(w *world) {
		w.file = w.parseTTL(webRules, time.Second)
		w.a.Use(w.file)
		w.driver.onScale = func(string, engine.Change) (error, bool) {
			time.Sleep(20 * time.Second)
			return nil, false
		}
		start := time.Now()
		go w.post(firing("Busy"))
		after(time.Minute)
		require.Equal(t, 5, w.driver.count("web"))
		require.Equal(t, engine.Duplicate, w.one(w.post(firing("Busy").since(start))).Verdict)
		require.Len(t, w.driver.changes(), 1)
	})
}

func TestShutdownStoresSideBySideWithinItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, driver: newFakeDriver(map[string]int{}), store: newFakeStore()}
		w.file = w.parse(webRules)
		w.start()
		w.post(crowd(w, 4000, firing)...) // of which the outcomes are stored within a second
		w.store.with(func(s *fakeStore) { s.slow = 10 * time.Millisecond })
		w.cancel()
		<-w.stopped
		start := time.Now()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		require.NoError(t, w.a.Shutdown(ctx))
		require.Less(t, time.Since(start), 2*time.Second)
	})
}

// What waits for its turn at a driver is left for the next life.
func TestShutdownWaitsForNothingThatWasNotSent(t *testing.T) {
	behindOpenCalls(t, 1000, (*world).limit50, func(w *world, _ []alert) {
		w.cancel()
		<-w.stopped
		start, reads := time.Now(), w.driver.reads()
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		require.NoError(t, w.a.Shutdown(ctx))
		require.Less(t, time.Since(start), 200*time.Millisecond)
		require.LessOrEqual(t, w.driver.reads(), reads)
		w.start()
		after(time.Minute)
		require.Len(t, w.driver.changes(), 1000)
	})
}
