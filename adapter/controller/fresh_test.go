package controller_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"alertscale/adapter/controller"
	"alertscale/rules"
	"alertscale/rules/engine"

	"github.com/stretchr/testify/require"
	"k8s.io/client-go/util/flowcontrol"
)

// busy is an alert of one workload, of which one replica is there.
func (w *world) busy(name string) alert {
	w.driver.set(name, 1)
	a := firing("AppBusy")
	a.labels = rules.Labels{{Name: "app", Value: name}}
	return a
}

// limit50 makes the driver one of an API server that answers in 5 ms and may be asked 50 times a second, 100 at once,
// which are the defaults of the kubernetes driver.
func (w *world) limit50() {
	limit := controller.NewTurns(flowcontrol.NewTokenBucketRateLimiter(50, 100).Wait)
	w.driver.with(func(d *fakeDriver) { d.slow, d.limit = 5*time.Millisecond, limit })
}

// behindOpenCalls runs a test with n refs whose calls are open and past their cooldowns after a restart, on a store
// that takes 10 ms. The alerts are those that the calls are of.
func behindOpenCalls(t *testing.T, n int, driver func(w *world), test func(w *world, alerts []alert)) {
	t.Helper()
	inWorld(t, webRules, map[string]int{}, func(w *world) {
		w.driver.with(func(d *fakeDriver) { d.onObserve = func(string) error { return errors.New("connection refused") } })
		alerts := crowd(w, n, firing)
		w.post(alerts...)
		w.kill()
		w.driver.with(func(d *fakeDriver) { d.onObserve = nil })
		w.store.with(func(s *fakeStore) { s.slow = 10 * time.Millisecond })
		driver(w)
		w.start()
		after(100 * time.Millisecond)
		test(w, alerts)
	})
}

const atOnce = 200 * time.Millisecond

func TestAFreshAlertGoesBeforeOldCalls(t *testing.T) {
	for _, n := range []int{1000, 10_000} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			behindOpenCalls(t, n, (*world).limit50, func(w *world, _ []alert) {
				for i := range 10 {
					if i == 5 {
						w.a.Use(w.parse(webRules))
					}
					start := time.Now()
					e := inGroup("another", w.busy(fmt.Sprint("fresh", i)))
					require.Equal(t, engine.Scaled, w.one(w.send(e)).Verdict)
					require.Less(t, time.Since(start), atOnce)
					after(250 * time.Millisecond)
				}
			})
		})
	}
}

// Where an old call waits for its turn already, an alert of the same ref takes it along.
func TestAnAlertTakesTheOldCallOfItsRefAlong(t *testing.T) {
	behindOpenCalls(t, 1000, (*world).limit50, func(w *world, alerts []alert) {
		for i := range 20 {
			if i == 10 {
				w.a.Use(w.parse(webRules))
			}
			waiting := slices.IndexFunc(alerts, func(a alert) bool { return w.driver.count(a.labels[0].Value) == 1 })
			start := time.Now()
			e := inGroup("another", alerts[waiting])
			w.one(w.send(e))
			require.Less(t, time.Since(start), atOnce)
			require.Equal(t, 2, w.driver.count(alerts[waiting].labels[0].Value))
			after(250 * time.Millisecond)
		}
	})
}

// However many alerts are new, old calls come about.
func TestOldCallsComeAboutUnderAStreamOfFreshAlerts(t *testing.T) {
	behindOpenCalls(t, 1000, (*world).limit50, func(w *world, alerts []alert) {
		w.driver.with(func(d *fakeDriver) { d.slow, d.limit = time.Second/2, nil })
		old := func() (done int) {
			for _, a := range alerts {
				done += w.driver.count(a.labels[0].Value) - 1
			}
			return done
		}
		before := 0
		for i := range 80 {
			if i == 30 {
				before = old() // by now all places are taken by what is fresh
			}
			var fresh []alert
			for range 20 {
				fresh = append(fresh, w.busy(fmt.Sprintf("fresh-%d-%d", i, len(fresh))))
			}
			e := inGroup(fmt.Sprint("fresh", i), fresh...)
			go w.send(e)
			after(100 * time.Millisecond)
		}
		require.Greater(t, old(), before)
	})
}

// What waits for a driver's own limit does not hang: none of it is ended to be tried again later.
func TestWhatWaitsForTheDriversLimitDoesNotHang(t *testing.T) {
	inWorld(t, webRules, map[string]int{}, func(w *world) {
		w.limit50()
		require.Greater(t, verdicts(w.post(crowd(w, 1000, firing)...))[engine.Scaled], 200) // of 250 that the limit allows for
		after(40 * time.Second)
		require.Len(t, w.driver.changes(), 1000)
		require.Equal(t, 1000, w.driver.reads())
	})
}

// Old calls that take long leave places free for what is new.
func TestOldCallsLeavePlacesFree(t *testing.T) {
	const slow = 800 * time.Millisecond
	driver := func(w *world) { w.driver.with(func(d *fakeDriver) { d.slow = slow }) }
	behindOpenCalls(t, 1000, driver, func(w *world, _ []alert) {
		start := time.Now()
		require.Equal(t, engine.Scaled, w.one(w.send(inGroup("another", w.busy("fresh")))).Verdict)
		require.Less(t, time.Since(start), 2*slow+atOnce)
	})
}
