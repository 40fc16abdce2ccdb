package engine

import (
	"testing"

	"github.com/stretchr/testify/require"
)

const kept = "keep_active_for: 5m"

func TestKeepActive_ANewAlertWithinItGoesOnWithTheEpisode(t *testing.T) {
	w := newWorld(t, grows(kept), 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	w.post("10m", resolved("Busy", "10m")).verdict(Duplicate).because(`"busy": no alert fires; its episode ends in 5m unless one does`)
	w.post("14m59s", firing("Busy").since("14m")).is(Duplicate, 5, 5)
	w.post("20m", resolved("Busy", "20m"))
	w.until("24m59s")
	require.True(t, w.state().episode("busy").Ended.IsZero())
	w.until("25m")
	require.False(t, w.state().episode("busy").Ended.IsZero())
	require.Equal(t, Ended, w.log[len(w.log)-1].Verdict)
	w.post("25m1s", firing("Busy").since("25m")).is(Scaled, 5, 7)
}

func TestKeepActive_HoldsMeanwhileAsIfItWereActive(t *testing.T) {
	w := newWorld(t, grows(kept)+rule("idle", "Idle", "down: 1"), 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	w.post("10m", resolved("Busy", "10m"), firing("Idle").since("9m")).is(Held, 5, 5)
	w.until("14m59s").has(5)
	w.until("15m").has(4)
}

func TestKeepActive_HasNoCallServedMeanwhile(t *testing.T) {
	w := newWorld(t, grows(kept), 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	w.post("10s", resolved("Busy", "10s"))
	w.until("6m")
	w.post("6m", firing("Busy").since("6m")).is(Scaled, 5, 7)
	w.post("6m5s", firing("Busy").since("6m"), firing("Busy").with("pod", "b").since("6m"))
	w.post("6m10s", resolved("Busy", "6m10s"), resolved("Busy", "6m10s").with("pod", "b").since("6m"))
	w.until("30m").has(7)
}

func TestKeepActive_RepeatsNothingMeanwhile(t *testing.T) {
	w := newWorld(t, grows("repeat: 2m, "+kept), 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	w.post("1m", resolved("Busy", "1m"))
	w.until("5m").has(5)
	w.post("5m", firing("Busy").since("5m"))
	w.has(7) // it is active again, and two minutes have passed
	w.until("7m").has(9)
}

func TestKeepActive_ARuleThatCallsAtTheEndCallsThen(t *testing.T) {
	w := newWorld(t, web+rule("calm", "Busy", "down: 1, when: resolved, "+kept), 5)
	w.post("0s", firing("Busy"))
	w.post("10m", resolved("Busy", "10m"))
	w.until("14m59s").has(5)
	w.until("15m").has(4)
}

func TestKeepActive_ARulersRestartIsNoSecondStep(t *testing.T) {
	w := newWorld(t, grows(kept), 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	for _, minute := range []string{"10m", "20m", "30m"} {
		w.post(minute, resolved("Busy", minute))
		w.crash()
		w.untilTime(w.now.Add(30e9))
		w.send(telling(firing("Busy").since(minute + "20s")))
	}
	w.until("1h").has(5)
}

func TestKeepActive_WhatIsSuspendedCountsAsQuiet(t *testing.T) {
	w := newWorld(t, grows(kept)+rule("other", "Other", "hold: up"), 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	w.post("1m", firing("Other").with("x", "y").since("30s"))
	w.until("11m")
	require.Zero(t, w.state().firing("busy"))
	w.post("15m", firing("Busy").with("pod", "b").since("14m"), in("h")).is(Duplicate, 5, 5)
}

func TestKeepActive_AReloadWithoutItEndsTheEpisode(t *testing.T) {
	w := newWorld(t, grows(kept), 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	w.post("10m", resolved("Busy", "10m"))
	w.reload("11m", grows("cooldown: 1m"))
	require.False(t, w.state().episode("busy").Ended.IsZero())
	w.post("12m", firing("Busy").since("12m")).is(Scaled, 5, 7)
}
