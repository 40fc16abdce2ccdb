package engine

import (
	"fmt"
	"slices"
	"testing"

	"alertscale/rules"

	"github.com/stretchr/testify/require"
)

// ownBounds is a file whose workload says its own bounds, within 1 and 20.
func ownBounds(options, rules string) string {
	return "targets: {web: {driver: sim, name: web, min: 1, max: 20, bounds: workload" + options + "}}\nrules:\n" + rules
}

// says has the workload say bounds from a time on; "": not.
func (w *world) says(when, low, high string) {
	w.t.Helper()
	w.until(when)
	w.only().own = saying(low, high)
	w.only().version++
}

func saying(low, high string) (s rules.BoundsSaid) {
	if low != "" {
		s.Min = &low
	}
	if high != "" {
		s.Max = &high
	}
	return s
}

func TestOwnBounds_LimitWhatIsAskedFor(t *testing.T) {
	for _, c := range []struct {
		low, high, action string
		count, want       int
		why               string
	}{
		{"2", "5", "up: 9", 3, 5, "max 5 (its label alertscale.max): 12 → 5"},
		{"2", "5", "up: 200%", 3, 5, "max 5 (its label alertscale.max): 9 → 5"},
		{"2", "5", "down: 9", 3, 2, "min 2 (its label alertscale.min): 0 → 2"},
		{"2", "5", "set: 9", 3, 5, "max 5 (its label alertscale.max): 9 → 5"},
		{"2", "5", "set: 0", 3, 2, "min 2 (its label alertscale.min): 0 → 2"},
		{"2", "5", "set: 4", 3, 4, "set: 3 → 4"},
		{"", "5", "down: 9", 3, 1, "min 1: 0 → 1"},
		{"2", "", "up: 30", 3, 20, "max 20: 33 → 20"},
		{"0", "100", "up: 30", 3, 20, "max 20 (of the target; its label alertscale.max is 100): 33 → 20"},
		{"0", "100", "down: 9", 3, 1, "min 1 (of the target; its label alertscale.min is 0): 0 → 1"},
		{"30", "40", "up: 9", 3, 12, "up 9: 3 → 12"}, // towards the bounds, and not more than was asked for
		{"30", "40", "up: 30", 3, 20, "max 20 (of the target; its label alertscale.max is 40): 33 → 20"},
		{"2", "5", "up: 1", 9, 9, "above max 5 (its label alertscale.max) already"},
		{"4", "5", "down: 1", 3, 3, "below min 4 (its label alertscale.min) already"},
		{"2", "5", "up: 1", 5, 5, "max 5 (its label alertscale.max): 6 → 5"},
		{"2", "5", "proportional: {total: '90', desired: 10}", 3, 5, "max 5 (its label alertscale.max): 9 → 5"},
	} {
		t.Run(fmt.Sprint(c.low, " ", c.high, " ", c.count, " ", c.action), func(t *testing.T) {
			w := newWorld(t, ownBounds("", rule("a", "A", c.action)), c.count)
			w.says("0s", c.low, c.high)
			want := Scaled
			if c.want == c.count {
				want = AtBound
			}
			w.post("0s", firing("A")).is(want, c.count, c.want).because(c.why)
		})
	}
}

func TestOwnBounds_OneThatSaysNoneIsLeftAlone(t *testing.T) {
	for said, why := range map[[2]string]string{
		{"", ""}:       "left alone: it says no bounds of its own; set its label alertscale.min or label alertscale.max, or both, to have it scaled",
		{"2", "many"}:  `left alone: its label alertscale.max is "many", want a whole number, 0 or more; correct it, or take it out`,
		{"-1", "5"}:    `left alone: its label alertscale.min is "-1", want a whole number, 0 or more; correct it, or take it out`,
		{"2.0", ""}:    `left alone: its label alertscale.min is "2.0", want a whole number, 0 or more; correct it, or take it out`,
		{"6", "5"}:     "left alone: its label alertscale.min, 6, is above its label alertscale.max, 5; correct one of them",
		{" ", "5"}:     `left alone: its label alertscale.min is " ", want a whole number, 0 or more; correct it, or take it out`,
		{"", "9e9999"}: `left alone: its label alertscale.max is "9e9999", want a whole number, 0 or more; correct it, or take it out`,
	} {
		w := newWorld(t, ownBounds("", rule("busy", "Busy", "up: 1")), 3)
		w.says("0s", said[0], said[1])
		a := w.post("0s", firing("Busy")).is(Rejected, 3, 3).because(why)
		require.False(t, a.all[0].Refused, "answered with 200")
	}
}

// What is left alone is reported once an episode, whoever asks again, and repeats read nothing; the call stays open.
func TestOwnBounds_LeftAloneOnceAnEpisode(t *testing.T) {
	w := newWorld(t, ownBounds("", rule("busy", "Busy", "up: 1")), 3)
	w.post("0s", firing("Busy")).is(Rejected, 3, 3)
	w.post("5m", firing("Busy")).is(Duplicate, 3, 3)
	require.Len(t, w.only().reads, 1, "a repeat")
	w.post("6m", firing("Busy"), firing("Busy").with("pod", "2")).is(Duplicate, 3, 3)
	require.Len(t, w.only().reads, 2, "another alert of the episode is looked at")
	w.somebody("7m", 4)
	w.crash()
	w.post("8m", firing("Busy"), firing("Busy").with("pod", "2"), firing("Busy").with("pod", "3")).is(Duplicate, 4, 4)
	w.says("9m", "", "some")
	w.post("9m", firing("Busy").with("pod", "4"), in("h")).is(Rejected, 4, 4)
	w.until("30m").has(4)
	require.False(t, slices.ContainsFunc(w.log, func(d Decision) bool { return d.Verdict == Rejected }))
	for _, pod := range []string{"", "2", "3", "4"} {
		s := resolved("Busy", "40m")
		if pod != "" {
			s.with("pod", pod)
		}
		w.post("40m", s, in("x"))
	}
	w.post("1h", firing("Busy").since("1h")).is(Rejected, 4, 4)
}

func TestOwnBounds_OptingInIsNoticed(t *testing.T) {
	opted := func(notice func(w *world)) {
		w := newWorld(t, ownBounds("", rule("busy", "Busy", "up: 1")), 3)
		w.post("0s", firing("Busy")).is(Rejected, 3, 3)
		w.says("5m", "1", "9")
		notice(w)
		w.until("1h").has(4)
	}
	opted(func(w *world) { require.True(t, w.readAgain()) })
	opted(func(w *world) { w.post("6m", firing("Busy").with("pod", "2")).is(Scaled, 3, 4) })
	opted(func(w *world) { w.post("30m", firing("Busy")).is(Scaled, 3, 4) })     // it was not read for a while
	opted(func(w *world) { w.reload("20m", web+rule("busy", "Busy", "up: 1")) }) // which does not ask for bounds
	opted(func(w *world) { w.crash() })
}

// What counts are the bounds of the last read: lowered, raised and taken back between the steps.
func TestOwnBounds_Change(t *testing.T) {
	w := newWorld(t, ownBounds("", rule("busy", "Busy", "up: 3, repeat: 2m")), 3)
	w.says("0s", "1", "7")
	w.post("0s", firing("Busy")).is(Scaled, 3, 6)
	w.until("3m").has(7)
	w.says("3m30s", "1", "9")
	w.until("5m").has(9)
	w.says("5m30s", "", "")
	w.until("1h").has(9)
	require.Equal(t, Rejected, w.log[len(w.log)-1].Verdict)
	require.Nil(t, w.state().Own())
	reads := len(w.only().reads)
	w.until("3h")
	require.Len(t, w.only().reads, reads, "nobody looks at what is left alone")
}

func TestOwnBounds_TheWayBackEndsAtTheMin(t *testing.T) {
	w := newWorld(t, ownBounds(", restore: {after: 5m, down: 1, every: 1m, baseline: 1}", rule("busy", "Busy", "up: 4")), 3)
	w.says("0s", "4", "9")
	w.post("0s", firing("Busy")).is(Scaled, 3, 7)
	w.post("1m", resolved("Busy", "1m"))
	w.until("2h").has(4)
	require.Nil(t, w.state().policies().Baseline)
	w.crash()
	require.Equal(t, rules.Bounds{Min: 4, Max: 9}, w.cycle(parseRef("sim:web")).Bounds())
}

// One that opts out on its way back is left there, and goes on when it says bounds again.
func TestOwnBounds_OptingOutOnTheWayBack(t *testing.T) {
	w := newWorld(t, ownBounds(", restore: {after: 5m, down: 1, every: 1m}", rule("busy", "Busy", "up: 4")), 3)
	w.says("0s", "1", "9")
	w.post("0s", firing("Busy")).is(Scaled, 3, 7)
	w.post("1m", resolved("Busy", "1m"))
	w.until("6m30s").has(6)
	w.says("6m40s", "", "")
	w.until("1h").has(6)
	require.Equal(t, Rejected, w.log[len(w.log)-1].Verdict)
	reads := len(w.only().reads)
	w.until("3h")
	require.Len(t, w.only().reads, reads, "nobody looks at what is left alone")
	w.says("3h1m", "1", "9")
	require.True(t, w.readAgain())
	w.until("4h").has(3)
	require.Nil(t, w.state().policies().Baseline)
}

func TestOwnBounds_SwitchedOffAndZero(t *testing.T) {
	w := newWorld(t, "targets: {web: {driver: sim, name: web, min: 0, max: 20, bounds: workload}}\nrules:\n"+rule("busy", "Busy", "up: 1"), 0)
	w.says("0s", "2", "9")
	w.post("0s", firing("Busy")).is(Disabled, 0, 0)
	w.says("10s", "0", "9")
	w.until("2m").has(1)
}

func TestOwnBounds_ADryRunOfARule(t *testing.T) {
	w := newWorld(t, ownBounds("", rule("busy", "Busy", "up: 9, dry_run: true")), 3)
	a := w.post("0s", firing("Busy"))
	require.Equal(t, Rejected, a.all[0].Verdict)
	w.says("1m", "1", "9")
	require.True(t, w.readAgain())
	require.Equal(t, DryRun, w.log[len(w.log)-1].Verdict)
	require.Equal(t, 9, *w.log[len(w.log)-1].To)
}

// A read that was begun before the file asked for bounds knows of none: it is made again.
func TestOwnBounds_AReloadWhileTheCountIsRead(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.says("0s", "1", "9")
	w.reads = []Reply{{Outcome: Succeeded, Observed: Observed{Count: 3, Version: version(w.only())}}}
	w.async = true
	w.post("0s", firing("Busy"))
	for len(w.out) > 0 && w.out[0].cmd.Kind != Observe {
		w.complete(w.out[0])
	}
	read, told := w.out[0], w.promise[0]
	w.set = newSet(t, ownBounds("", rule("busy", "Busy", "up: 20")))
	w.useAll()
	w.async = false
	w.complete(read)
	w.until("1m").has(9)
	require.NotEmpty(t, told.all)
	for _, d := range append(told.all, w.log...) {
		require.NotEqual(t, Rejected, d.Verdict)
	}
}

func TestOwnBounds_WithoutTheOptionNothingIsAsked(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.says("0s", "1", "4")
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	require.Nil(t, w.state().Own())
}
