package controller_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"alertscale/adapter/controller"
	"alertscale/rules/engine"

	"github.com/stretchr/testify/require"
	"k8s.io/client-go/util/flowcontrol"
)

func TestWhatIsKnownIsReadAgainSpreadOverTheInterval(t *testing.T) {
	var reads map[string][]time.Time
	prepare := func(_ *world, d *describedDriver) { reads = readTimes(d) }
	watched(t, fixed, map[string]int{"web": 3, "cart": 1}, prepare, func(w *world, d *describedDriver) {
		for i := range 8 {
			a := w.busy(fmt.Sprint("app", i))
			w.send(inGroup(a.labels[0].Value, a))
		}
		after(15 * time.Minute)
		puts, told := w.store.writes(), len(w.sink.all)
		d.with(func(*fakeDriver) { clear(reads) })
		start := time.Now()
		after(10 * time.Minute)
		var all []time.Time
		d.with(func(*fakeDriver) {
			require.Len(t, reads, 10)
			for name, times := range reads {
				require.InDelta(t, 2, len(times), 1, name)
				all = append(all, times...)
			}
		})
		require.InDelta(t, 20, len(all), 1)
		perSlot := map[int]int{}
		for _, at := range all {
			perSlot[int(at.Sub(start)/(30*time.Second))]++
		}
		for slot, n := range perSlot {
			require.LessOrEqual(t, n, 2, slot)
		}
		require.Equal(t, puts, w.store.writes(), "and nothing stored")
		require.Len(t, w.sink.all, told, "nor decided")
	})
}

func TestRefreshIntervalOfZero(t *testing.T) {
	watched(t, fixed, map[string]int{"web": 3, "cart": 1}, func(w *world, _ *describedDriver) { w.refresh = 0 }, func(_ *world, d *describedDriver) {
		after(24 * time.Hour)
		require.Equal(t, 2, d.reads(), "after the start alone")
	})
}

func TestNoMoreThanATenthOfTheLimit(t *testing.T) {
	for qps, perSecond := range map[float64]int{0: 5, 20: 2} {
		text, counts := crowdOf(3000)
		watched(t, text, counts, func(_ *world, d *describedDriver) { d.qps = qps }, func(_ *world, d *describedDriver) {
			after(20 * time.Minute)
			require.Len(t, counts, 3000)
			before := d.reads()
			after(10 * time.Second)
			require.InDelta(t, 10*perSecond, d.reads()-before, 1)
		})
	}
}

// Where a read takes a second request, half as many are made.
func TestNoMoreThanATenthOfTheLimit_InRequests(t *testing.T) {
	for _, option := range []string{"wait_ready: 5m", "bounds: workload"} {
		text, counts := crowdOf(3000)
		text = strings.ReplaceAll(text, "max: 9", "max: 9, "+option)
		require.Contains(t, text, option)
		watched(t, text, counts, asIs, func(_ *world, d *describedDriver) {
			after(30 * time.Minute)
			before := d.reads()
			after(10 * time.Second)
			require.InDelta(t, 25, d.reads()-before, 1)
		})
	}
}

func TestTheFirstReadsLeaveTheLimitToAlerts(t *testing.T) {
	text, counts := crowdOf(3000)
	prepare := func(w *world, d *describedDriver) {
		d.qps, d.limit = 50, controller.NewTurns(flowcontrol.NewTokenBucketRateLimiter(50, 100).Wait)
		d.slow = 5 * time.Millisecond
	}
	watched(t, text, counts, prepare, func(w *world, d *describedDriver) {
		for i := range 20 {
			start := time.Now()
			require.Equal(t, engine.Scaled, w.one(w.send(inGroup("another", w.busy(fmt.Sprint("fresh", i))))).Verdict)
			require.Less(t, time.Since(start), 50*time.Millisecond)
			after(2 * time.Second)
		}
		require.Greater(t, d.reads(), 900, "meanwhile they go on")
		var all []alert
		for i := range 40 {
			all = append(all, w.busy(fmt.Sprint("storm", i)))
		}
		start := time.Now()
		require.Equal(t, 40, verdicts(w.send(inGroup("storm", all...)))[engine.Scaled])
		require.Less(t, time.Since(start), 200*time.Millisecond, "what may be asked at once is left to them")
	})
}

func TestWhileTheDriverIsDownNothingIsReadAgain(t *testing.T) {
	text, counts := crowdOf(300)
	watched(t, text, counts, asIs, func(w *world, d *describedDriver) {
		after(time.Minute)
		w.lines()
		down := func(err error) func(*fakeDriver) {
			return func(*fakeDriver) {
				d.onObserve = func(string) error { return err }
				d.describe = func() error { return err }
			}
		}
		d.with(down(errors.New("no answer; is it up?")))
		before := d.reads()
		after(time.Hour)
		require.Less(t, d.reads()-before, 3)
		require.Equal(t, []string{`level=warn msg="driver is down: alerts are taken, and what they ask of it is tried again" driver=fake address=https://api ` +
			`targets=300 unread="web0, web1, web10, web100, web101, and 295 more" err="no answer; is it up?"`}, w.lines())
		require.Len(t, w.a.DriversDown(), 1)
		d.with(down(nil))
		after(31 * time.Second)
		require.Equal(t, []string{`level=info msg="driver answers again" driver=fake address=https://api`}, w.lines())
		after(5 * time.Minute)
		require.Greater(t, d.reads()-before, 250)
	})
}

func TestAnAlertWaitsASecondAtTheMostForAReadThatHangs(t *testing.T) {
	watched(t, fixed, map[string]int{"web": 3, "cart": 1}, asIs, func(w *world, d *describedDriver) {
		after(time.Second)
		d.with(func(d *fakeDriver) { d.hang = func(name string) bool { return name == "web" } })
		after(5*time.Minute + 5*time.Second) // by now the read of web is out
		d.with(func(d *fakeDriver) {
			require.Equal(t, 1, d.now)
			d.hang = nil
		})
		start := time.Now()
		require.Equal(t, engine.Scaled, w.one(w.post(firing("Busy"))).Verdict)
		require.LessOrEqual(t, time.Since(start), time.Second)
		require.Equal(t, 5, d.count("web"))
	})
}

func TestAnAlertIsDecidedOnAReadThatIsOut(t *testing.T) {
	watched(t, fixed, map[string]int{"web": 3, "cart": 1}, func(_ *world, d *describedDriver) { d.slow = 400 * time.Millisecond }, func(w *world, d *describedDriver) {
		after(200 * time.Millisecond) // cart, then web, is being read
		require.Equal(t, 2, d.reads())
		dec := w.one(w.post(firing("Busy")))
		require.Equal(t, engine.Scaled, dec.Verdict)
		require.Equal(t, []int{3, 5}, []int{*dec.From, *dec.To})
		require.Equal(t, 2, d.reads(), "it takes no read of its own")
		after(time.Second)
		require.Equal(t, 2, d.reads())
		require.Len(t, d.changes(), 1)
	})
}

func TestRefreshByAClockThatRunsFaster(t *testing.T) {
	prepare := func(w *world, _ *describedDriver) {
		epoch := time.Now()
		w.clock = func() time.Time { return epoch.Add(60 * time.Since(epoch)) }
	}
	watched(t, fixed, map[string]int{"web": 3, "cart": 1}, prepare, func(_ *world, d *describedDriver) {
		after(10 * time.Minute) // two reads each five of its minutes, as often as it is looked at
		require.Greater(t, d.reads(), 20)
	})
}

func TestACountThatIsReadAgainIsRecordedWhereItIsAnother(t *testing.T) {
	var told []string
	prepare := func(w *world, d *describedDriver) {
		w.counted = func(ref string, count int) {
			d.with(func(*fakeDriver) { told = append(told, fmt.Sprint(ref, " ", count)) })
		}
	}
	watched(t, fixed, map[string]int{"web": 3, "cart": 1}, prepare, func(w *world, d *describedDriver) {
		after(time.Hour)
		d.set("web", 9)
		after(time.Hour)
		require.Equal(t, engine.Scaled, w.one(w.post(firing("Busy"))).Verdict)
		after(time.Hour)
		d.with(func(*fakeDriver) {
			require.Equal(t, []string{"fake:cart 1", "fake:web 3", "fake:web 9", "fake:web 9"}, told, "at the start, by somebody else, for the alert")
		})
	})
}
