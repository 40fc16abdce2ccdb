package engine

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestStale_OfAnAlertThatNeverFiredAnEarlyWordResumesNothing(t *testing.T) {
	w := newWorld(t, calmBusy, 3)
	w.post("10m", resolved("Busy", "9m"))
	w.post("11m", firing("Busy")).verdict(Duplicate).because("not new: a resolve that is later than its start was heard before")
	w.until("30m")
	require.Zero(t, w.state().firing("busy"))
	require.False(t, w.state().open())
	w.until("20h").has(3)
}

func TestStale_OfAnAlertThatNeverFiredALaterWordIsNew(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("10m", resolved("Busy", "9m"))
	w.post("11m", firing("Busy"))
	w.post("15m1s", firing("Busy")).is(Scaled, 3, 5)
	w.until("9h").has(5)
}

func TestStale_AWordInAYoungerNotificationResumesAtOnce(t *testing.T) {
	for name, beside := range map[string]said{
		"that knows of a later start": firing("Other").since("10m1s"),
		"that knows of a later end":   resolved("Other", "10m1s"),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, busyIdle, 3)
			w.post("0s", firing("Busy")).is(Scaled, 3, 5)
			w.post("10m", resolved("Busy", "10m"))
			w.post("10m30s", firing("Busy"), beside).is(Duplicate, 5, 5)
			require.Positive(t, w.state().firing("busy"))
			w.until("9h")
			require.Positive(t, w.state().firing("busy"), "nothing is doubtful about it")
			w.has(5)
		})
	}
	t.Run("not where it knows of nothing later", func(t *testing.T) {
		w := newWorld(t, busyIdle, 3)
		w.post("0s", firing("Busy"))
		w.post("10m", resolved("Busy", "10m"))
		w.post("10m30s", firing("Busy"), firing("Other").since("10m"))
		require.Zero(t, w.state().firing("busy"))
	})
	t.Run("nor where that lies ahead", func(t *testing.T) {
		w := newWorld(t, busyIdle, 3)
		w.post("0s", firing("Busy"))
		w.post("10m", resolved("Busy", "10m"))
		w.post("10m30s", firing("Busy"), firing("Other").since("11m"))
		require.Zero(t, w.state().firing("busy"))
	})
	t.Run("with the call that the resolve dropped", func(t *testing.T) {
		w := newWorld(t, busyIdle, 0)
		w.post("0s", firing("Busy")).is(Disabled, 0, 0)
		w.post("10m", resolved("Busy", "10m")).verdict(Ended)
		w.somebody("10m10s", 3)
		w.post("10m30s", firing("Busy"), young("10m1s")).is(Scaled, 3, 5)
	})
	t.Run("of one that never fired: it is new", func(t *testing.T) {
		w := newWorld(t, busyIdle, 3)
		w.post("10m", resolved("Busy", "10m"))
		w.post("10m30s", firing("Busy"), young("10m1s")).is(Scaled, 3, 5)
	})
}

// A late word alone holds downs for an hour at the most, and keeps no episode from beginning for longer.
func TestStale_WhatAnEarlyWordResumedIsDoubtfulForAnHour(t *testing.T) {
	w := newWorld(t, busyIdle, 10)
	w.post("0s", firing("Busy"), in("h")).is(Scaled, 10, 12)
	w.post("10m", resolved("Busy", "10m"), in("h")).verdict(Ended)
	w.post("10m40s", firing("Busy"), in("h")).is(Duplicate, 12, 12) // late
	w.post("21m", firing("Idle")).is(Held, 12, 12)
	w.until("1h19m59s").has(12)
	w.until("1h20m").has(11)
	w.post("2h", firing("Busy").with("pod", "b").since("2h"), in("i")).is(Scaled, 11, 13)
}

func TestStale_WhatIsHeardOfAgainIsNotDoubtful(t *testing.T) {
	w := newWorld(t, busyIdle, 10)
	w.post("0s", firing("Busy"), in("h"))
	w.post("10m", resolved("Busy", "10m"), in("h"))
	w.post("10m40s", firing("Busy"), in("h"))
	w.post("30m", firing("Busy"), in("h")).is(Duplicate, 12, 12)
	w.post("31m", firing("Idle")).is(Held, 12, 12)
	w.until("9h").has(12)
}

func TestStale_TheDoubtOutlivesARestart(t *testing.T) {
	w := newWorld(t, busyIdle, 10)
	w.post("0s", firing("Busy"))
	w.post("10m", resolved("Busy", "10m"))
	w.post("10m40s", firing("Busy"))
	w.until("22m")
	w.crash()
	w.until("1h19m59s")
	require.Positive(t, w.state().firing("busy"))
	w.until("1h20m")
	require.Zero(t, w.state().firing("busy"))
}

func TestResolve_OneThatEndsAsItStartsCounts(t *testing.T) {
	w := newWorld(t, calmBusy, 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	w.post("10m", resolved("Busy", "0s")).is(Scaled, 5, 4).by("calm")
	w.post("10m1s", resolved("Busy", "0s")).is(Duplicate, 4, 4)
	w.post("11m", firing("Busy").since("10m30s")).is(Scaled, 4, 6)
}

func TestResolve_OneWithoutAnEndEndsNow(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy"))
	over := resolved("Busy", "0s")
	over.EndsAt = over.EndsAt.AddDate(-4000, 0, 0)
	w.post("5m", over).is(Duplicate, 5, 5) // of an earlier firing
	require.Positive(t, w.state().firing("busy"))
	over.EndsAt = (&spoken{}).EndsAt
	w.post("10m", over).is(Ended, 5, 5)
}
