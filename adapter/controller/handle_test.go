package controller_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"alertscale/adapter/controller"
	"alertscale/rules"
	"alertscale/rules/engine"

	"github.com/stretchr/testify/require"
)

const webRules = `
targets:
  web: {driver: fake, name: web, max: 20}
  any: {driver: fake, name: '{{ .Labels.app }}', max: 10}
rules:
  - {name: busy, matchers: ['alertname="Busy"'], target: web, up: 2}
  - {name: queue, matchers: ['alertname="Queue"'], target: web, up: 3}
  - {name: idle, matchers: ['alertname="Idle"'], target: web, down: 1}
  - {name: calm, matchers: ['alertname="Busy"'], target: web, down: 1, when: resolved, dry_run: true}
  - {name: app busy, matchers: ['alertname="AppBusy"'], target: any, up: 1}
`

func TestARealAlertScalesOnce(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 3}, func(w *world) {
		d := w.one(w.post(firing("Busy")))
		require.Equal(t, engine.Scaled, d.Verdict)
		require.Equal(t, "fake:web", d.Ref)
		require.Equal(t, []int{3, 5}, []int{*d.From, *d.To})
		require.Equal(t, []string{"1 alert fires", "up 2: 3 → 5"}, d.Why)

		e := event(firing("Busy"))
		observes, puts := w.driver.reads(), w.store.writes()
		d = w.one(w.send(e))
		require.Equal(t, engine.Duplicate, d.Verdict)
		require.Equal(t, []int{5, 5}, []int{*d.From, *d.To})
		require.Equal(t, observes, w.driver.reads(), "a repeat costs no request")
		require.Equal(t, puts, w.store.writes(), "a repeat costs no durable write")
		require.Equal(t, []engine.Change{{From: 3, To: 5, Version: "0"}}, w.driver.changes())
		require.Equal(t, 1, w.driver.reads(), "one read a change")
	})
}

func TestHeardTimesAreWrittenWithinAMinute(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 3}, func(w *world) {
		start := time.Now()
		w.post(firing("Busy"))
		after(time.Hour)
		puts := w.store.writes()
		for range 10 {
			w.post(firing("Busy").since(start))
		}
		require.Equal(t, puts, w.store.writes())
		after(61 * time.Second)
		require.Equal(t, puts+1, w.store.writes())
		after(time.Hour)
		require.Equal(t, puts+1, w.store.writes(), "nothing heard, nothing written")
	})
}

func TestACallThatMeetsItsCooldownIsServedByItself(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 3}, func(w *world) {
		w.post(firing("Busy"))
		after(20 * time.Second)
		d := w.one(w.post(firing("Busy").since(time.Now().Add(-20*time.Second)), firing("Queue")))
		require.Equal(t, engine.Cooling, d.Verdict)
		require.Equal(t, "queue", d.Rule)
		require.Contains(t, d.Why[len(d.Why)-1], "cooldown up until ")
		w.driver.set("web", 9)
		after(39 * time.Second)
		require.Equal(t, 9, w.driver.count("web"))
		after(time.Second)
		require.Equal(t, 12, w.driver.count("web"), "from the count read then")
	})
}

func TestATargetThatFailsKeepsNoneOfTheOthers(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 3, "cart": 1}, func(w *world) {
		w.driver.onObserve = func(name string) error {
			if name == "web" {
				return errors.New("connection refused")
			}
			return nil
		}
		cart := alert{name: "AppBusy", labels: rules.Labels{{Name: "app", Value: "cart"}}, starts: time.Now()}
		gone := alert{name: "AppBusy", labels: rules.Labels{{Name: "app", Value: "gone"}}, starts: time.Now()}
		broken := alert{name: "AppBusy", starts: time.Now()}
		all := w.post(firing("Busy"), cart, gone, broken)
		verdicts := map[string]engine.Verdict{}
		for _, d := range all {
			verdicts[d.Ref] = d.Verdict
		}
		require.Equal(t, map[string]engine.Verdict{
			"fake:web": engine.Failed, "fake:cart": engine.Scaled, "fake:gone": engine.Rejected, "": engine.Rejected,
		}, verdicts)
		w.driver.with(func(d *fakeDriver) { d.onObserve = nil })
		after(3 * time.Second)
		require.Equal(t, 5, w.driver.count("web"), "tried again by itself")
		require.Equal(t, engine.Duplicate, w.post(firing("Busy").since(time.Now().Add(-3*time.Second)), cart)[0].Verdict)
	})
}

func TestARejectedCallIsLookedAtAtTheNextNotification(t *testing.T) {
	inWorld(t, webRules, map[string]int{}, func(w *world) {
		start := time.Now()
		d := w.one(w.post(firing("Busy")))
		require.Equal(t, engine.Rejected, d.Verdict)
		require.True(t, d.Refused)
		require.Nil(t, d.From)
		after(3 * time.Minute) // a deployment may be about to replace it
		seen := w.driver.reads()
		after(time.Hour)
		require.Equal(t, seen, w.driver.reads())
		w.driver.set("web", 3)
		require.Equal(t, engine.Scaled, w.one(w.post(firing("Busy").since(start))).Verdict)
	})
}

func TestTheAnswerComesInTimeAndTheWorkGoesOn(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 3}, func(w *world) {
		w.driver.with(func(d *fakeDriver) { d.slow = 10 * time.Second })
		start := time.Now()
		d := w.one(w.post(firing("Busy")))
		require.Equal(t, engine.Failed, d.Verdict)
		require.Equal(t, 8*time.Second, time.Since(start))
		require.Equal(t, 1, w.store.size(), "what was said is stored, though it was not done in time")
		after(13 * time.Second)
		require.Equal(t, 5, w.driver.count("web"))
		require.Equal(t, engine.Duplicate, w.one(w.post(firing("Busy").since(start))).Verdict)
	})
}

func TestManySendersAtOnceMakeOneStep(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 3}, func(w *world) {
		w.driver.with(func(d *fakeDriver) { d.slow = 50 * time.Millisecond })
		start := time.Now()
		var mu sync.Mutex
		verdicts := map[engine.Verdict]int{}
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				d := w.one(w.post(firing("Busy").since(start)))
				mu.Lock()
				defer mu.Unlock()
				verdicts[d.Verdict]++
			})
		}
		wg.Wait()
		require.Equal(t, map[engine.Verdict]int{engine.Scaled: 1, engine.Duplicate: 15}, verdicts)
		require.Equal(t, 5, w.driver.count("web"))
	})
}

func TestWhatIsSaidIsStoredWhileAChangeIsUnderWay(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 3}, func(w *world) {
		w.driver.with(func(d *fakeDriver) { d.release = make(chan struct{}) })
		go w.post(firing("Busy"))
		synctest.Wait()
		puts := w.store.writes()
		done := make(chan engine.Decision)
		go func() { done <- w.one(w.post(firing("Busy").since(time.Now().Add(-time.Second)), firing("Queue"))) }()
		synctest.Wait()
		require.Equal(t, puts+1, w.store.writes())
		close(w.driver.release)
		require.Equal(t, engine.Cooling, (<-done).Verdict)
		require.Equal(t, 5, w.driver.count("web"))
	})
}

func TestNothingIsScaledThatCannotBeStored(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 3}, func(w *world) {
		w.store.fail(errors.New("disk full"))
		start := time.Now()
		d := w.one(w.post(firing("Busy")))
		require.Equal(t, engine.Failed, d.Verdict)
		require.Contains(t, d.Why[0], "disk full")
		require.Zero(t, w.driver.asked())
		w.store.fail(nil)
		after(3 * time.Second)
		require.Equal(t, 5, w.driver.count("web"))
		require.Equal(t, engine.Duplicate, w.one(w.post(firing("Busy").since(start))).Verdict)
	})
}

func TestRetryAfterIsHonouredByTheLoopAndByNotifications(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 3}, func(w *world) {
		start := time.Now()
		w.driver.onObserve = func(string) error {
			return &controller.ThrottledError{After: 20 * time.Second, Err: errors.New("too many requests")}
		}
		require.Equal(t, engine.Failed, w.one(w.post(firing("Busy"))).Verdict)
		w.driver.with(func(d *fakeDriver) { d.onObserve = nil })
		after(10 * time.Second)
		require.Equal(t, engine.Failed, w.one(w.post(firing("Busy").since(start))).Verdict)
		require.Equal(t, 1, w.driver.reads())
		after(10 * time.Second)
		require.Equal(t, 5, w.driver.count("web"))
	})
}

func TestARetryAfterOfAYearIsHonouredForTenMinutes(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 3}, func(w *world) {
		w.driver.onObserve = func(string) error {
			return &controller.ThrottledError{After: 365 * 24 * time.Hour, Err: errors.New("too many requests")}
		}
		w.post(firing("Busy"))
		w.driver.with(func(d *fakeDriver) { d.onObserve = nil })
		after(9 * time.Minute)
		require.Equal(t, 1, w.driver.reads())
		after(time.Minute)
		require.Equal(t, 5, w.driver.count("web"))
	})
}

func TestRetryAfterOfAWriteOfUnknownOutcomeIsHonoured(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 3}, func(w *world) {
		start := time.Now()
		w.driver.onScale = func(string, engine.Change) (error, bool) {
			return &controller.UnavailableError{After: 20 * time.Second, Err: errors.New("503: not now")}, true
		}
		require.Equal(t, engine.Failed, w.one(w.post(firing("Busy"))).Verdict)
		after(10 * time.Second)
		require.Equal(t, engine.Failed, w.one(w.post(firing("Busy").since(start))).Verdict)
		require.Equal(t, 1, w.driver.reads())
		after(10 * time.Second)
		require.Equal(t, 2, w.driver.reads())
		require.Equal(t, 1, w.driver.asked(), "it was carried out")
		require.Equal(t, 5, w.driver.count("web"))
	})
}

func TestAtMost64CallsADriver(t *testing.T) {
	counts := map[string]int{}
	var alerts []alert
	for i := range 200 {
		name := fmt.Sprint("app", i)
		counts[name] = 1
		alerts = append(alerts, alert{name: "AppBusy", labels: rules.Labels{{Name: "app", Value: name}}})
	}
	inWorld(t, webRules, counts, func(w *world) {
		var mu sync.Mutex
		now, most := 0, 0
		w.driver.onScale = func(string, engine.Change) (error, bool) {
			mu.Lock()
			now++
			most = max(most, now)
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			now--
			mu.Unlock()
			return nil, false
		}
		all := w.post(alerts...)
		require.Len(t, all, 200)
		for _, d := range all {
			require.Equal(t, engine.Scaled, d.Verdict)
		}
		require.Equal(t, 64, most)
	})
}

func TestALongShutdownEndsWhatIsUnderWay(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 3}, func(w *world) {
		w.driver.with(func(d *fakeDriver) { d.slow = 20 * time.Second })
		go w.post(firing("Busy"))
		after(21 * time.Second)
		w.cancel()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		require.ErrorContains(t, w.a.Shutdown(ctx), "still under way")
	})
}

func TestAHeldCallGoesOnWhenAnAbsenceEndsTheHold(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 20}, func(w *world) {
		up := event(firing("Busy"))
		require.Equal(t, engine.AtBound, w.one(w.send(up)).Verdict)
		idle := event(firing("Idle"))
		idle.GroupKey = "idle"
		require.Equal(t, engine.Held, w.one(w.send(idle)).Verdict)
		after(10 * time.Second)
		w.post(firing("Nothing")) // Busy is silenced
		after(10*time.Minute - time.Second)
		require.Equal(t, 20, w.driver.count("web"), "it may only be late, or a part")
		after(2 * time.Second)
		require.Equal(t, 19, w.driver.count("web"))
	})
}

func TestAWorkloadThatIsReplacedAtTheMomentOfTheAlert(t *testing.T) {
	inWorld(t, webRules, map[string]int{}, func(w *world) {
		require.Equal(t, engine.Rejected, w.one(w.post(firing("Busy"))).Verdict)
		after(5 * time.Second)
		w.driver.set("web", 3)
		after(15 * time.Second)
		require.Equal(t, 5, w.driver.count("web"), "its step is not lost")
	})
}
