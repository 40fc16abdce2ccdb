package controller_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"alertscale/rules"
	"alertscale/rules/engine"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
)

func TestAnAnswerLostAfterTheWriteIsSettledByARead(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 3}, func(w *world) {
		start := time.Now()
		w.driver.onScale = func(string, engine.Change) (error, bool) { return errors.New("connection reset"), true }
		require.Equal(t, engine.Failed, w.one(w.post(firing("Busy"))).Verdict)
		require.Equal(t, 5, w.driver.count("web"))
		w.driver.with(func(d *fakeDriver) { d.onScale = nil })
		after(5 * time.Second)
		require.Equal(t, 1, w.driver.asked(), "not done twice")
		d := w.one(w.post(firing("Busy").since(start)))
		require.Equal(t, engine.Duplicate, d.Verdict)
		all := w.sink.of(engine.Scaled)
		require.Len(t, all, 1, "what was found out is reported")
		require.Contains(t, all[0].Why[0], "unknown outcome")
	})
}

func TestAWriteThatWasNotCarriedOutIsDecidedAnew(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 3}, func(w *world) {
		w.driver.onScale = func(string, engine.Change) (error, bool) { return errors.New("502 bad gateway"), false }
		require.Equal(t, engine.Failed, w.one(w.post(firing("Busy"))).Verdict)
		after(10 * time.Second)
		require.Equal(t, 3, w.driver.count("web"))
		w.driver.with(func(d *fakeDriver) { d.onScale = nil })
		after(40 * time.Second)
		require.Equal(t, 5, w.driver.count("web"))
		require.Len(t, w.driver.changes(), 1)
	})
}

func TestAConflictIsReadAndDecidedAnewThreeTimes(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 3}, func(w *world) {
		n := 0
		w.driver.onScale = func(string, engine.Change) (error, bool) {
			if n++; n <= 2 {
				w.driver.set("web", 3+n)
			}
			return nil, false
		}
		d := w.one(w.post(firing("Busy")))
		require.Equal(t, engine.Scaled, d.Verdict)
		require.Equal(t, []int{5, 7}, []int{*d.From, *d.To}, "never computed from a stale count")

		after(2 * time.Minute)
		asked := w.driver.asked()
		w.driver.onScale = func(string, engine.Change) (error, bool) {
			w.driver.set("web", w.driver.count("web")+1)
			return nil, false
		}
		d = w.one(w.post(firing("Queue")))
		require.Equal(t, engine.Failed, d.Verdict)
		require.Equal(t, asked+3, w.driver.asked())
	})
}

func TestAHeldBackWriteThatLandsAfterARestartIsOneStep(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 3}, func(w *world) {
		start := time.Now()
		held := make(chan struct{})
		w.driver.with(func(d *fakeDriver) { d.release = held })
		go w.post(firing("Busy"))
		after(time.Second)
		w.kill()
		w.driver.with(func(d *fakeDriver) { d.release = nil })
		w.start()
		after(5 * time.Second)
		require.Equal(t, 5, w.driver.count("web"))
		close(held)
		after(5 * time.Second)
		require.Equal(t, 5, w.driver.count("web"))
		require.Len(t, w.driver.changes(), 1)
		require.Equal(t, engine.Duplicate, w.one(w.post(firing("Busy").since(start))).Verdict)
	})
}

func TestAnotherGroupThatLeavesAnAlertOutIsNoAbsence(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 3}, func(w *world) {
		start := time.Now()
		w.post(firing("Busy"))
		other := event(firing("AppBusy"))
		other.GroupKey = "other"
		w.send(other)
		require.Equal(t, 1, w.a.Targets()[0].Active[0].Alerts)

		after(time.Second)
		w.post(firing("Nothing")) // the same group, without the alert: it is silenced there
		after(10 * time.Minute)
		require.Empty(t, w.a.Targets()[0].Active)
		require.Equal(t, engine.Duplicate, w.one(w.post(firing("Busy").since(start))).Verdict)
		require.Len(t, w.a.Targets()[0].Active, 2)
		require.Equal(t, 5, w.driver.count("web"))
	})
}

func TestAbsenceIsKnownAfterARestart(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 3}, func(w *world) {
		w.post(firing("Busy"))
		w.kill()
		w.start()
		after(time.Second)
		w.post(firing("Nothing"))
		after(5 * time.Minute)
		w.kill()
		w.start()
		after(5 * time.Minute)
		require.Empty(t, w.a.Targets()[0].Active)
	})
}

func TestReloadKeepsWhatKeepsItsName(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 3}, func(w *world) {
		start := time.Now()
		w.post(firing("Busy"))
		w.file = w.parse(strings.ReplaceAll(webRules, "name: busy", "name: renamed"))
		w.a.Use(w.file)
		after(5 * time.Minute)
		require.Equal(t, engine.Duplicate, w.one(w.post(firing("Busy").since(start))).Verdict, "a renamed rule does not step again")
		require.Equal(t, 5, w.driver.count("web"))

		gone := w.parse("targets: {other: {driver: fake, name: other, max: 3}}\nrules: [{name: x, matchers: [a=b], target: other, up: 1}]")
		w.a.Use(gone)
		after(time.Minute)
		require.Len(t, w.a.Targets(), 1, "a ref that no target covers is not shown")
		w.a.Use(w.file)
		after(time.Minute)
		require.Equal(t, engine.Duplicate, w.one(w.post(firing("Busy").since(start))).Verdict)
		require.Equal(t, 5, w.driver.count("web"))
	})
}

func TestWhatIsNotRememberedAnyMoreIsDropped(t *testing.T) {
	inWorld(t, webRules, map[string]int{"cart": 1}, func(w *world) {
		cart := alert{name: "AppBusy", labels: rules.Labels{{Name: "app", Value: "cart"}}, starts: time.Now()}
		w.post(cart)
		require.Equal(t, 1, w.store.size())
		after(8 * 24 * time.Hour)
		require.Zero(t, w.store.size())
		require.Len(t, w.a.Targets(), 1)
	})
}

func TestMetricsTellOfRefs(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 3}, func(w *world) {
		w.post(firing("Busy"))
		w.post(firing("Busy").since(time.Now()), firing("Queue"))
		require.NoError(t, testutil.GatherAndCompare(w.reg, strings.NewReader(fmt.Sprintf(`
# HELP alertscale_deferred_calls Open calls that wait to be served.
# TYPE alertscale_deferred_calls gauge
alertscale_deferred_calls 1
# HELP alertscale_target_replicas Count of a ref, as last read.
# TYPE alertscale_target_replicas gauge
alertscale_target_replicas{ref="fake:web"} 5
# HELP alertscale_target_last_change_timestamp_seconds When alertscale last changed the count of a ref.
# TYPE alertscale_target_last_change_timestamp_seconds gauge
alertscale_target_last_change_timestamp_seconds{ref="fake:web"} %v
# HELP alertscale_target_max_replicas Upper bound of a ref.
# TYPE alertscale_target_max_replicas gauge
alertscale_target_max_replicas{ref="fake:web"} 20
# HELP alertscale_target_min_replicas Lower bound of a ref.
# TYPE alertscale_target_min_replicas gauge
alertscale_target_min_replicas{ref="fake:web"} 1
# HELP alertscale_driver_up Whether the API of a driver answered, and took the credentials, when it was last called.
# TYPE alertscale_driver_up gauge
alertscale_driver_up{driver="fake"} 1
`, float64(time.Now().Unix()))), "alertscale_deferred_calls", "alertscale_target_replicas",
			"alertscale_target_last_change_timestamp_seconds", "alertscale_target_max_replicas", "alertscale_target_min_replicas",
			"alertscale_driver_up"))
		problems, err := testutil.GatherAndLint(w.reg)
		require.NoError(t, err)
		require.Empty(t, problems)
	})
}

// TestKilledAtRandomMoments: under a stream of notifications with faults, the process is killed again and
// again. The count is what the rules give: each step once.
func TestKilledAtRandomMoments(t *testing.T) {
	text := strings.ReplaceAll(webRules, "max: 20}", "max: 100000, cooldown: 0s}")
	for seed := range uint64(30) {
		inWorld(t, text, map[string]int{"web": 3}, func(w *world) {
			r, faults := rand.New(rand.NewPCG(seed, 1)), rand.New(rand.NewPCG(seed, 2))
			var mu sync.Mutex
			w.driver.slow = time.Duration(r.IntN(20)) * time.Millisecond
			w.driver.onScale = func(string, engine.Change) (error, bool) {
				mu.Lock()
				defer mu.Unlock()
				switch faults.IntN(5) {
				case 0:
					return errors.New("lost before"), false
				case 1:
					return errors.New("lost after"), true
				default:
					return nil, false
				}
			}
			steps := 0
			for range 10 {
				steps++
				start, a := time.Now(), w.a
				sent := make(chan struct{})
				go func() {
					ctx, cancel := context.WithTimeout(context.Background(), 8*time.Second)
					defer cancel()
					a.Handle(ctx, event(firing("Busy").since(start)))
					close(sent)
				}()
				time.Sleep(time.Duration(r.IntN(60)) * time.Millisecond)
				if r.IntN(2) == 0 {
					w.kill()
					w.start()
				}
				after(time.Minute)
				w.post(firing("Busy").since(start)) // Alertmanager sends again what was not answered
				after(5 * time.Minute)
				<-sent
				require.Equal(t, 3+2*steps, w.driver.count("web"), "seed %d", seed)
				w.post(resolved("Busy"))
				after(time.Second)
			}
		})
	}
}

func TestAPanicOverOneRefEndsNothingElse(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 3, "cart": 1}, func(w *world) {
		w.driver.with(func(d *fakeDriver) {
			d.onObserve = func(name string) error {
				if name == "web" {
					panic("a bug")
				}
				return nil
			}
		})
		cart := alert{name: "AppBusy", labels: rules.Labels{{Name: "app", Value: "cart"}}, starts: time.Now()}
		all := w.post(firing("Busy"), cart)
		require.Equal(t, []engine.Verdict{engine.Failed, engine.Scaled}, []engine.Verdict{all[0].Verdict, all[1].Verdict})
		w.driver.with(func(d *fakeDriver) { d.onObserve = nil })
		after(time.Minute)
		require.Equal(t, 5, w.driver.count("web"))
	})
}
