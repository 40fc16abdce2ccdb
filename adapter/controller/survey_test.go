package controller_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"alertscale/adapter/controller"
	"alertscale/rules"
	"alertscale/rules/engine"

	"github.com/stretchr/testify/require"
)

func TestStartKnowsEveryFixedTarget(t *testing.T) {
	watched(t, fixed, map[string]int{"web": 3, "cart": 1}, asIs, func(w *world, d *describedDriver) {
		require.Equal(t, -1, w.counts()["fake:web"], "one after the other")
		after(time.Second)
		require.Equal(t, map[string]int{"fake:web": 3, "fake:cart": 1}, w.counts())
		w.gauges(`alertscale_driver_up{driver="fake"} 1
alertscale_target_max_replicas{ref="fake:cart"} 9
alertscale_target_max_replicas{ref="fake:web"} 20
alertscale_target_min_replicas{ref="fake:cart"} 1
alertscale_target_min_replicas{ref="fake:web"} 2
alertscale_target_replicas{ref="fake:cart"} 1
alertscale_target_replicas{ref="fake:web"} 3
`)
		require.Equal(t, []string{`level=info msg="driver connected" driver=fake address=https://api user=scaler version=v1.2 targets=2 found=2`}, w.lines())
		require.Equal(t, []int{1, 2, 0}, []int{d.asked, d.reads(), w.store.writes()})
		require.Empty(t, w.a.DriversDown())
		require.Equal(t, engine.Scaled, w.one(w.post(firing("Busy"))).Verdict)
	})
}

func TestBoundsAreThereBeforeTheCount(t *testing.T) {
	watched(t, fixed, nil, func(_ *world, d *describedDriver) { d.describe = func() error { return errors.New("refused") } }, func(w *world, _ *describedDriver) {
		w.gauges(`alertscale_driver_up{driver="fake"} 0
alertscale_target_max_replicas{ref="fake:cart"} 9
alertscale_target_max_replicas{ref="fake:web"} 20
alertscale_target_min_replicas{ref="fake:cart"} 1
alertscale_target_min_replicas{ref="fake:web"} 2
`)
	})
}

func TestStartTellsWhatIsNotFound(t *testing.T) {
	prepare := func(_ *world, d *describedDriver) {
		d.onObserve = func(name string) error {
			if name == "web" {
				return fmt.Errorf("%w: web: 403; the role must grant get", controller.ErrForbidden)
			}
			return nil
		}
	}
	watched(t, fixed, nil, prepare, func(w *world, d *describedDriver) {
		after(time.Second)
		require.Equal(t, []string{
			`level=info msg="driver connected" driver=fake address=https://api user=scaler version=v1.2 targets=2 found=0`,
			`level=warn msg="the workload of a target is not found" target=cart ref=fake:cart err="fake:cart: not found"`,
			`level=warn msg="the workload of a target cannot be read" target=web ref=fake:web err="forbidden: web: 403; the role must grant get"`,
		}, w.lines())
		require.Empty(t, w.a.DriversDown(), "it answers")
		require.Equal(t, map[string]int{"fake:web": -1, "fake:cart": -1}, w.counts())

		d.with(func(d *fakeDriver) { d.counts = map[string]int{"cart": 4} })
		after(10 * time.Minute)
		require.Equal(t, []string{`level=info msg="the workload of a target is found" target=cart ref=fake:cart count=4`}, w.lines(), "and nothing again of the other")
		d.with(func(d *fakeDriver) { d.counts = map[string]int{} })
		after(20 * time.Minute)
		require.Equal(t, []string{`level=warn msg="the workload of a target is not found" target=cart ref=fake:cart err="fake:cart: not found"`}, w.lines(), "once")
		require.Zero(t, w.store.writes())
	})
}

func TestADriverThatIsDownAtStart(t *testing.T) {
	for _, err := range []error{
		errors.New("no answer from https://api: connection refused; is it up?"),
		&controller.ThrottledError{Err: fmt.Errorf("%w: check the token", controller.ErrUnauthorized)},
	} {
		prepare := func(_ *world, d *describedDriver) { d.describe = func() error { return err } }
		watched(t, fixed, map[string]int{"web": 3, "cart": 1}, prepare, func(w *world, d *describedDriver) {
			start := time.Now()
			after(10 * time.Minute)
			require.Equal(t, []string{fmt.Sprintf(`level=warn msg="driver is down: alerts are taken, and what they ask of it is tried again" `+
				`driver=fake address=https://api targets=2 unread="cart, web" err=%q`, err.Error())}, w.lines(), "once")
			require.Equal(t, []controller.DriverDown{{Driver: "fake", Since: start}}, w.a.DriversDown())
			require.NoError(t, w.a.Ready())
			require.Zero(t, d.reads(), "what is down is not asked for each of its targets")
			require.Less(t, d.asked, 30)

			d.with(func(*fakeDriver) { d.describe = nil })
			after(31 * time.Second)
			require.Equal(t, []string{`level=info msg="driver connected" driver=fake address=https://api user=scaler version=v1.2 targets=2 found=2`}, w.lines())
			require.Equal(t, map[string]int{"fake:web": 3, "fake:cart": 1}, w.counts())
			require.Empty(t, w.a.DriversDown())
		})
	}
}

func TestAReloadReadsAgain(t *testing.T) {
	watched(t, fixed, map[string]int{"web": 3, "cart": 1}, asIs, func(w *world, d *describedDriver) {
		after(time.Second)
		w.lines()
		d.set("web", 7)
		more := strings.Replace(fixed, "rules:", "  shop: {driver: fake, name: shop, max: 9}\nrules:", 1)
		w.a.Use(snapshot(t, more, 12*time.Hour, "fake", d))
		after(time.Second)
		require.Equal(t, map[string]int{"fake:web": 7, "fake:cart": 1, "fake:shop": -1}, w.counts())
		require.Equal(t, []string{
			`level=info msg="driver connected" driver=fake address=https://api user=scaler version=v1.2 targets=3 found=2`,
			`level=warn msg="the workload of a target is not found" target=shop ref=fake:shop err="fake:shop: not found"`,
		}, w.lines())
		require.Equal(t, []int{2, 5}, []int{d.asked, d.reads()})

		w.a.Use(snapshot(t, fixed, 12*time.Hour, "fake", d))
		after(time.Second)
		require.NotContains(t, w.counts(), "fake:shop", "it is forgotten")
		require.Len(t, w.lines(), 1)
	})
}

func TestAReloadWhileTheDriverIsDown(t *testing.T) {
	prepare := func(_ *world, d *describedDriver) { d.describe = func() error { return errors.New("no answer") } }
	watched(t, fixed, nil, prepare, func(w *world, d *describedDriver) {
		w.lines()
		since := w.a.DriversDown()[0].Since
		after(time.Minute)
		w.a.Use(snapshot(t, fixed, 12*time.Hour, "fake", d))
		after(time.Minute)
		require.Len(t, w.lines(), 1, "said again, as after a start")
		require.Equal(t, since, w.a.DriversDown()[0].Since)
		w.a.Use(&controller.Snapshot{Rules: w.file.Rules, Drivers: map[string]controller.Backend{}})
		after(time.Second)
		require.Empty(t, w.a.DriversDown(), "the file has it no more")
	})
}

func TestFixedTargetsThatAreMissingTakeNoRoomOfUnknownRefs(t *testing.T) {
	text, _ := crowdOf(50)
	prepare := func(w *world, _ *describedDriver) { w.limits.MaxUnknownRefs = 1 }
	watched(t, text, map[string]int{}, prepare, func(w *world, d *describedDriver) {
		after(10 * time.Second)
		require.Equal(t, engine.Scaled, w.one(w.post(w.busy("app"))).Verdict)
		require.Len(t, w.lines(), 51)
		require.Empty(t, w.limited)
	})
}

func TestTheFirstHundredThatAreMissingAreNamed(t *testing.T) {
	text, _ := crowdOf(130)
	watched(t, text, map[string]int{}, asIs, func(w *world, _ *describedDriver) {
		after(10 * time.Second)
		lines := w.lines()
		require.Len(t, lines, 102)
		require.Equal(t, `level=warn msg="more targets were not found" driver=fake targets=30`, lines[101])
	})
}

func TestADriverThatPanicsWhenItIsAsked(t *testing.T) {
	prepare := func(_ *world, d *describedDriver) { d.describe = func() error { panic("no") } }
	watched(t, fixed, map[string]int{"web": 3, "cart": 1}, prepare, func(w *world, d *describedDriver) {
		require.Contains(t, w.logged.String(), "the driver panicked, please report it: no")
		require.Equal(t, engine.Scaled, w.one(w.post(firing("Busy"))).Verdict)
	})
}

func TestLookAround(t *testing.T) {
	d := &describedDriver{fakeDriver: newFakeDriver(map[string]int{"web": 3})}
	file := snapshot(t, fixed, time.Hour, "fake", d)
	s := controller.LookAround(t.Context(), "fake", file.Drivers["fake"], file.Rules)
	require.Equal(t, controller.Survey{
		Driver: "fake", Endpoint: controller.Endpoint{Address: "https://api", User: "scaler", Version: "v1.2"},
		Targets: []controller.Finding{
			{Target: "cart", Ref: rules.Ref{Driver: "fake", Name: "cart"}, Outcome: engine.NotFound, Why: "fake:cart: not found"},
			{Target: "web", Ref: rules.Ref{Driver: "fake", Name: "web"}, Outcome: engine.Succeeded, Count: 3},
		},
	}, s)
	require.Equal(t, 1, s.Found())

	d.describe = func() error { return errors.New("no answer") }
	s = controller.LookAround(t.Context(), "fake", file.Drivers["fake"], file.Rules)
	require.EqualError(t, s.Err, "no answer")
	require.Zero(t, s.Found())
	require.Len(t, s.Targets, 2)
	require.Equal(t, 2, d.reads(), "nothing is read of one that is down")
}
