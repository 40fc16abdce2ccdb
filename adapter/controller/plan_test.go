package controller_test

import (
	"fmt"
	"testing"
	"time"

	"alertscale/adapter/controller"
	"alertscale/rules/engine"

	"github.com/stretchr/testify/require"
)

func planning(w *world, failAt int) *planningDriver {
	d := &planningDriver{fakeDriver: w.driver, failAt: failAt}
	w.file.Drivers["fake"] = controller.Backend{Driver: d, Timeout: 30 * time.Second}
	return d
}

func TestAPlannedChangeThatFailsInTheMiddleIsCarriedOn(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 3}, func(w *world) {
		planning(w, 4)
		start := time.Now()
		require.Equal(t, engine.Failed, w.one(w.post(firing("Busy"))).Verdict)
		require.Equal(t, 4, w.driver.count("web"))
		after(5 * time.Second)
		require.Equal(t, 5, w.driver.count("web"))
		require.Contains(t, w.sink.of(engine.Scaled)[0].Why[0], "carried on: 3 → 5")
		require.Equal(t, engine.Duplicate, w.one(w.post(firing("Busy").since(start))).Verdict)
		after(10 * time.Minute)
		require.Equal(t, 5, w.driver.count("web"))
	})
}

func TestAPlannedChangeIsCarriedOnAfterACrash(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 3}, func(w *world) {
		planning(w, 4)
		w.post(firing("Busy"))
		w.kill()
		w.start()
		after(time.Second)
		require.Equal(t, 5, w.driver.count("web"))
		after(10 * time.Minute)
		require.Equal(t, 5, w.driver.count("web"), "by the plan, not by the count in the middle")
	})
}

func TestAPlanWhoseRestIsRefusedIsGivenUp(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 3}, func(w *world) {
		d := planning(w, 4)
		d.refusal = fmt.Errorf("%w: 422: no more hosts of this kind", controller.ErrPartial)
		start := time.Now()
		require.Equal(t, engine.Failed, w.one(w.post(firing("Busy"))).Verdict)
		after(5 * time.Minute)
		w.kill()
		w.start()
		require.Equal(t, engine.Failed, w.one(w.post(firing("Busy").since(start))).Verdict, "it is carried on")
		after(6 * time.Minute)
		require.Equal(t, 4, w.driver.count("web"))
		require.Equal(t, engine.Duplicate, w.one(w.post(firing("Busy").since(start))).Verdict, "what is done of it counts")
		d.with(func(*fakeDriver) { d.failAt = 0 })
		after(time.Minute)
		require.Equal(t, engine.Scaled, w.one(w.post(firing("Queue"))).Verdict, "the ref is not stuck")
		after(10 * time.Minute)
		require.Len(t, w.sink.of(engine.Scaled), 2)
	})
}

func TestAPlanWhoseRestIsTakenAfterAllIsDone(t *testing.T) {
	inWorld(t, webRules, map[string]int{"web": 3}, func(w *world) {
		d := planning(w, 4)
		d.refusal = fmt.Errorf("%w: 403: forbidden", controller.ErrPartial)
		w.post(firing("Busy"))
		after(9 * time.Minute)
		d.with(func(*fakeDriver) { d.refusal = nil })
		after(time.Minute)
		require.Equal(t, 5, w.driver.count("web"))
	})
}

func TestAWorkloadThatNothingCanBeDoneToNow(t *testing.T) {
	for fact, stop := range map[engine.ConditionType]engine.Verdict{
		engine.ConditionNotReady: engine.NotReady, engine.ConditionOwned: engine.Owned, engine.ConditionDisabled: engine.Disabled,
		engine.ConditionUnscalable: engine.Rejected,
	} {
		inWorld(t, webRules, map[string]int{"web": 3}, func(w *world) {
			start := time.Now()
			w.driver.with(func(d *fakeDriver) {
				d.conditions = []engine.Condition{{Type: fact, Text: "upgraded: finish the upgrade"}}
			})
			d := w.one(w.post(firing("Busy")))
			require.Equal(t, stop, d.Verdict)
			require.Equal(t, stop == engine.Rejected, d.Refused)
			require.Equal(t, []int{3, 3}, []int{*d.From, *d.To})
			require.Equal(t, "upgraded: finish the upgrade", d.Why[len(d.Why)-1])
			w.driver.with(func(d *fakeDriver) { d.conditions = nil })
			after(61 * time.Second)
			if stop == engine.Rejected {
				require.Equal(t, 3, w.driver.count("web"))
				w.post(firing("Busy").since(start))
			}
			require.Equal(t, 5, w.driver.count("web"))
		})
	}
}
