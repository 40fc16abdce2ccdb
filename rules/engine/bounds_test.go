package engine

import (
	"fmt"
	"testing"

	"alertscale/rules"

	"github.com/stretchr/testify/require"
)

func TestBounds_InsideAWishIsClamped(t *testing.T) {
	for _, c := range []struct {
		count  int
		action string
		want   int
		why    string
	}{
		{19, "up: 5", 20, "max 20: 24 → 20"},
		{9, "up: 200%", 20, "max 20: 27 → 20"},
		{3, "down: 5", 2, "min 2: 0 → 2"},
		{10, "set: 50", 20, "max 20: 50 → 20"},
		{10, "set: 0", 2, "min 2: 0 → 2"},
		{10, "set: 20", 20, "set: 10 → 20"},
		{10, "set: 2", 2, "set: 10 → 2"},
	} {
		t.Run(fmt.Sprint(c.count, " ", c.action), func(t *testing.T) {
			w := newWorld(t, web+rule("a", "A", c.action), c.count)
			w.post("0s", firing("A")).is(Scaled, c.count, c.want).because(c.why)
		})
	}
}

func TestBounds_OutsideACallGoesTowardsThem(t *testing.T) {
	for _, c := range []struct {
		count  int
		action string
		want   int
	}{
		{40, "down: 1", 39},
		{40, "down: 99", 2},
		{40, "set: 30", 30},
		{40, "set: 1", 2},
		{40, "down: 50%", 20},
		{1, "up: 1", 2},
		{1, "up: 99", 20},
		{1, "set: 99", 20},
	} {
		t.Run(fmt.Sprint(c.count, " ", c.action), func(t *testing.T) {
			w := newWorld(t, web+rule("a", "A", c.action), c.count)
			w.post("0s", firing("A")).is(Scaled, c.count, c.want)
		})
	}
	t.Run("not all the way to the near bound", func(t *testing.T) {
		text := "targets: {web: {driver: sim, name: web, min: 8, max: 20}}\nrules:\n" + rule("a", "A", "up: 1")
		newWorld(t, text, 3).post("0s", firing("A")).is(Scaled, 3, 4)
	})
}

func TestBounds_OutsideACallThatGoesAwayIsAtBoundAndServed(t *testing.T) {
	for _, c := range []struct {
		count  int
		action string
		why    string
	}{
		{40, "up: 1", "above max 20 already"},
		{40, "up: 50%", "above max 20 already"},
		{40, "set: 50", "above max 20 already"},
		{1, "down: 1", "below min 2 already"},
		{1, "set: 0", "below min 2 already"},
		{20, "up: 1", "max 20: 21 → 20"},
		{2, "down: 1", "min 2: 1 → 2"},
		{20, "set: 21", "max 20: 21 → 20"},
	} {
		t.Run(fmt.Sprint(c.count, " ", c.action), func(t *testing.T) {
			w := newWorld(t, web+rule("a", "A", c.action), c.count)
			w.post("0s", firing("A")).is(AtBound, c.count, c.count).because(c.why)
			require.False(t, w.state().open())
			require.Nil(t, w.state().Last)
			w.somebody("1m", 10)
			w.until("1h").has(10)
		})
	}
}

func TestBounds_NineOfTenByTwoReachesTen(t *testing.T) {
	text := "targets: {web: {driver: sim, name: web, max: 10}}\nrules:\n" + rule("a", "A", "up: 2")
	newWorld(t, text, 9).post("0s", firing("A")).is(Scaled, 9, 10)
}

func TestBounds_PercentRoundsAwayFromZero(t *testing.T) {
	for _, c := range []struct {
		percent     int
		count, step int
	}{
		{50, 3, 2}, {50, 4, 2}, {50, 0, 1}, {1, 1, 1}, {10, 10, 1}, {10, 11, 2}, {100, 7, 7}, {150, 3, 5}, {33, 3, 1},
		{1_000_000, 1<<31 - 1, 21_474_836_470_000},
	} {
		require.Equal(t, c.step, (&rules.Step{Way: rules.Up, Amount: rules.Amount{N: c.percent, Percent: true}}).Want(rules.Input{Count: c.count}).Count-c.count, "%+v", c)
	}
}

func TestZero_BelowAMinMeansDisabled(t *testing.T) {
	w := newWorld(t, busyIdle, 0)
	w.post("0s", firing("Busy")).is(Disabled, 0, 0)
	w.until("2h").has(0)
	w.somebody("2h10s", 4) // switched on again: the call is still open
	w.until("2h2m").has(6)
}

func TestZero_PausesEveryCall(t *testing.T) {
	for _, action := range []string{"down: 1", "set: 0", "set: 5", "up: 50%", "up: 1, dry_run: true"} {
		w := newWorld(t, web+rule("a", "A", action), 0)
		w.post("0s", firing("A")).is(Disabled, 0, 0)
		require.True(t, w.state().open())
	}
}

func TestZero_MinZeroOptsIn(t *testing.T) {
	text := "targets: {web: {driver: sim, name: web, min: 0, max: 10, cooldown: 0s}}\nrules:\n" +
		rule("busy", "Busy", "up: 50%") + rule("idle", "Idle", "down: 1") + rule("off", "Off", "set: 0")
	w := newWorld(t, text, 0)
	w.post("0s", firing("Busy")).is(Scaled, 0, 1)
	w.post("1m", resolved("Busy", "1m"))
	w.post("2m", firing("Idle")).is(Scaled, 1, 0)
	w.post("3m", resolved("Idle", "3m"))
	w.post("4m", firing("Idle").since("4m")).is(AtBound, 0, 0)
	w.post("5m", firing("Busy").since("5m"), in("h")).is(Scaled, 0, 1)
	w.post("6m", resolved("Busy", "6m").since("5m"), in("h"))
	w.post("7m", firing("Off"), in("o")).is(Scaled, 1, 0)
}

func TestStaysOpen_UntilTheHoldEnds(t *testing.T) {
	w := newWorld(t, busyIdle, 10)
	w.post("0s", firing("Busy"), in("h")).is(Scaled, 10, 12)
	w.post("10m", firing("Idle")).verdict(Held)
	require.True(t, w.state().open())
	reads := len(w.only().reads)
	w.until("70m")
	require.Len(t, w.only().reads, reads, "nothing is read while nothing happens")
	w.post("71m", resolved("Busy", "71m"), in("h")).is(Scaled, 12, 11)
}

func TestStaysOpen_ARepeatedNotificationLooksAgain(t *testing.T) {
	w := newWorld(t, busyIdle, 0)
	w.post("0s", firing("Busy")).verdict(Disabled)
	w.somebody("5s", 3)
	w.post("10s", firing("Busy")).is(Scaled, 3, 5)
}

func TestStaysOpen_ABoundServes(t *testing.T) {
	w := newWorld(t, busyIdle, 20)
	w.post("0s", firing("Busy")).is(AtBound, 20, 20)
	w.post("1m", firing("Busy")).is(Duplicate, 20, 20)
}

func TestStaysOpen_DownIsServedAfterAnUpThatIsAtItsBound(t *testing.T) {
	text := web + rule("back", "Blip", "up: 1, when: resolved") + rule("idle", "Idle", "down: 1")
	w := newWorld(t, text, 20)
	w.post("0s", firing("Blip"))
	w.post("1m", resolved("Blip", "1m"), firing("Idle")).is(AtBound, 20, 20).by("back").
		because(`"idle" waits: down 1: 20 → 19, and up beats down`)
	w.until("1m").has(19)
}

func TestStaysOpen_ARejectedOneUntilTheNextNotification(t *testing.T) {
	w := newWorld(t, web+rule("a", "A", "set: '{{ .Annotations.want }}'"), 5)
	w.post("0s", firing("A")).is(Rejected, 5, 5).because(`set: .Annotations.want is missing`)
	require.True(t, w.state().open())
	w.until("3h")
	w.post("3h", firing("A")).is(Rejected, 5, 5)
	w.post("3h1m", firing("A").note("want", "x")).is(Rejected, 5, 5).because(`set: the template renders "x", want a whole number`)
	w.post("4h", firing("A").note("want", "7")).is(Scaled, 5, 7)
	w.post("5h", firing("A").note("want", "9")).is(Duplicate, 7, 7)
}
