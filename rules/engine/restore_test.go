package engine

import (
	"strings"
	"testing"
	"time"

	"alertscale/rules"

	"github.com/stretchr/testify/require"
)

func back(restore string) string {
	return "targets: {web: {driver: sim, name: web, min: 1, max: 20, restore: " + restore + "}}\nrules:\n" +
		rule("busy", "Busy", "up: 4") + rule("idle", "Idle", "down: 1")
}

func TestRestore_GoesBackToTheCountBeforeTheFirstStep(t *testing.T) {
	w := newWorld(t, back("{after: 10m, down: 2, every: 1m}"), 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 7)
	w.post("5m", resolved("Busy", "5m"))
	w.until("14m59s").has(7)
	w.until("15m").has(5)
	require.Equal(t, "restore", w.log[len(w.log)-1].Rule)
	require.Contains(t, w.log[len(w.log)-1].Why, "no rule that goes up has been active for 10m")
	w.until("15m59s").has(5)
	w.until("16m").has(3)
	reads := len(w.only().reads)
	w.until("2h").has(3)
	require.Len(t, w.only().reads, reads, "it is over")
	require.Nil(t, w.state().policies().Baseline)
}

func TestRestore_ToABaselineOfTheFile(t *testing.T) {
	w := newWorld(t, back("{after: 1m, down: 50%, every: 30s, baseline: 2}"), 8)
	w.post("0s", firing("Busy")).is(Scaled, 8, 12)
	w.post("5m", resolved("Busy", "5m"))
	w.until("6m").has(6)
	w.until("6m30s").has(3)
	w.until("7m").has(2)
	w.until("1h").has(2)
}

func TestRestore_IsInterruptedByANewAlert(t *testing.T) {
	w := newWorld(t, back("{after: 10m, down: 1, every: 1m}"), 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 7)
	w.post("5m", resolved("Busy", "5m"))
	w.until("15m").has(6)
	w.post("15m30s", firing("Busy").since("15m20s")) // which meets the cooldown of 1m
	w.until("16m").has(10)
	w.post("20m", resolved("Busy", "20m").since("15m20s"))
	w.until("29m59s").has(10)
	w.until("1h").has(3)
}

func TestRestore_WhatBurnsKeepsItWaiting(t *testing.T) {
	w := newWorld(t, back("{after: 1m, down: 1, every: 1m}"), 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 7)
	w.until("11h59m").has(7)
}

func TestRestore_OutlivesACrashBetweenItsSteps(t *testing.T) {
	w := newWorld(t, back("{after: 10m, down: 1, every: 1m}"), 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 7)
	w.post("5m", resolved("Busy", "5m"))
	for _, minute := range []string{"10m", "15m", "16m", "17m"} {
		w.until(minute)
		w.crash()
	}
	w.until("18m").has(3)
	w.until("1h").has(3)
}

func TestRestore_NotBelowMinAndNotWhereSomebodyWentBack(t *testing.T) {
	text := "targets: {web: {driver: sim, name: web, min: 4, max: 20, restore: {after: 1m, down: 9, every: 1m, baseline: 1}}}\nrules:\n" + rule("busy", "Busy", "up: 4")
	w := newWorld(t, text, 5)
	w.post("0s", firing("Busy")).is(Scaled, 5, 9)
	w.post("1m", resolved("Busy", "1m"))
	w.until("1h").has(4)

	w = newWorld(t, back("{after: 10m, down: 1, every: 1m}"), 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 7)
	w.post("1m", resolved("Busy", "1m"))
	w.somebody("2m", 2)
	w.until("1h").has(2)
	require.Nil(t, w.state().policies().Baseline)
}

func TestRestore_AReloadWithoutItEndsIt(t *testing.T) {
	w := newWorld(t, back("{after: 10m, down: 1, every: 1m}"), 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 7)
	w.post("5m", resolved("Busy", "5m"))
	w.until("15m").has(6)
	w.reload("15m30s", web+rule("busy", "Busy", "up: 4"))
	w.until("1h").has(6)
	require.Nil(t, w.state().policies().Baseline)
}

func TestRestore_EndsWhereTheTargetBecomesADryRun(t *testing.T) {
	w := newWorld(t, back("{after: 10m, down: 1, every: 1m}"), 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 7)
	w.post("5m", resolved("Busy", "5m"))
	w.reload("6m", back("{after: 10m, down: 1, every: 1m}, dry_run: true"))
	told := len(w.log)
	w.until("5h").has(7)
	require.Len(t, w.log, told, "nobody is told of it again and again")
}

func TestRestore_WhatIsSuspendedIsNotActive(t *testing.T) {
	w := newWorld(t, back("{after: 10m, down: 1, every: 1m}"), 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 7)
	w.post("1m", firing("Idle").since("30s")) // Busy is silenced
	w.until("10m59s").has(7)
	w.until("11m").has(6) // by idle: what was silenced holds nothing any more
	w.until("21m").has(5)
}

func TestRestore_AReloadGivesABaselineOrTakesItAway(t *testing.T) {
	given, recorded := back("{after: 10m, down: 1, every: 1m, baseline: 1}"), back("{after: 10m, down: 1, every: 1m}")
	for _, c := range []struct {
		before, after string
		ends          int
	}{{given, recorded, 3}, {recorded, given, 1}, {given, given, 1}} {
		w := newWorld(t, c.before, 3)
		w.post("0s", firing("Busy")).is(Scaled, 3, 7)
		w.post("5m", resolved("Busy", "5m"))
		w.reload("16m30s", c.after)
		w.until("2h").has(c.ends)
	}
}

func TestRestore_ANotificationLeavesItAsItIs(t *testing.T) {
	w := newWorld(t, back("{after: 10m, down: 1, every: 1m}"), 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 7)
	w.post("5m", resolved("Busy", "5m"))
	w.pause(rules.Down, time.Hour)
	w.until("15m").has(7)
	call := w.state().episode("restore").Call
	require.NotNil(t, call)
	w.post("20m", firing("Idle").since("20m"), in("i"))
	require.Equal(t, call.ID, w.state().episode("restore").Call.ID)
	require.Equal(t, call.At, w.state().episode("restore").Call.At)
}

// Of a workload that is gone there is nothing to go back to: one that is made again has the count that it is given.
func TestRestore_EndsWhereTheWorkloadIsGone(t *testing.T) {
	w := newWorld(t, back("{after: 10m, down: 1, every: 1m}"), 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 7)
	w.post("5m", resolved("Busy", "5m"))
	w.until("15m").has(6)
	w.gone("15m30s", true)
	w.until("17m59s")
	require.NotNil(t, w.state().policies().Baseline, "it may be made again right now")
	w.until("19m")
	require.Nil(t, w.state().policies().Baseline)
	require.Equal(t, Rejected, w.log[len(w.log)-1].Verdict)
	w.gone("20m", false)
	w.until("30h").has(6)
	w.forgot()
}

// A step up that is made when an alert is over has nothing to wait for: the way back counts from it.
func TestRestore_AfterAStepUpAtTheEndOfAnEpisode(t *testing.T) {
	text := strings.Replace(back("{after: 10m, down: 1, every: 1m}"), "up: 4", "up: 2, when: resolved", 1)
	for _, lost := range []bool{false, true} {
		w := newWorld(t, text, 3)
		w.post("0s", firing("Busy"))
		if lost {
			w.fails(answerLost)
		}
		w.post("5m", resolved("Busy", "5m"))
		w.until("14m59s").has(5)
		w.until("15m30s").has(4)
		w.until("17m").has(3)
		w.until("11h").has(3)
	}
}

// A rule whose alerts are suspended is kept active for a while too, which nobody tells the end of.
func TestRestore_BeginsOnceARuleIsKeptNoMore(t *testing.T) {
	text := strings.Replace(back("{after: 10m, down: 1, every: 1m}"), "up: 4", "up: 4, keep_active_for: 5m", 1)
	for _, crash := range []bool{false, true} {
		w := newWorld(t, text, 3)
		w.post("0s", firing("Busy"), in("b")).is(Scaled, 3, 7)
		w.silenced("1m", in("b"))
		w.until("12m")
		require.Zero(t, w.state().firing("busy"), "suspended since 11m")
		if crash {
			w.crash()
		}
		w.until("25m59s").has(7)
		w.until("26m").has(6)
		w.until("29m").has(3)
		reads := len(w.only().reads)
		w.until("11h")
		require.Len(t, w.only().reads, reads)
	}
}

// A step of the way back that was forbidden is tried again by itself: it may be that nobody notifies of the ref any more.
func TestRestore_AForbiddenStepIsTriedAgain(t *testing.T) {
	w := newWorld(t, back("{after: 10m, down: 2, every: 1m}"), 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 7)
	w.post("5m", resolved("Busy", "5m"))
	w.reads = []Reply{{Outcome: Refused, Text: "forbidden"}, {Outcome: Refused, Text: "forbidden"}}
	w.until("15m").has(7)
	require.Equal(t, Rejected, w.log[len(w.log)-1].Verdict)
	logged := len(w.log)
	w.until("34m59s").has(7)
	require.Len(t, w.log, logged, "told once")
	w.until("35m").has(5)
	w.until("36m").has(3)
}

func TestRestore_ARuleOfThatNameIsRefused(t *testing.T) {
	_, err := parseSet(web + rule("restore", "Busy", "up: 1"))
	require.ErrorContains(t, err, `the name "restore" is what decisions call a target's way back; give it another`)
}
