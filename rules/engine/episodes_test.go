package engine

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEpisodes_ARuleActsOnceAnEpisode(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5).by("busy").because("1 alert fires").because("up 2: 3 → 5")
	for _, when := range []string{"1s", "30s", "10m", "4h", "8h"} {
		w.post(when, firing("Busy")).is(Duplicate, 5, 5)
	}
	w.post("9h", resolved("Busy", "9h")).is(Ended, 5, 5).because("the last alert is resolved")
	w.post("9h1s", resolved("Busy", "9h")).is(Duplicate, 5, 5)
	w.post("10h", firing("Busy").since("10h")).is(Scaled, 5, 7)
}

func TestEpisodes_MoreAlertsThatJoinChangeNothing(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy").with("pod", "a")).is(Scaled, 3, 5)
	for i := range 20 {
		pod := firing("Busy").with("pod", fmt.Sprint(i)).since(fmt.Sprintf("%dm", i))
		w.post(fmt.Sprintf("%dm", i), firing("Busy").with("pod", "a"), pod, in("g")).is(Duplicate, 5, 5)
	}
	w.has(5)
}

func TestEpisodes_JoinsComeBeforeLeaves(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy").with("pod", "a")).is(Scaled, 3, 5)
	// The resolve stands first, and yet the episode goes over to the pod that came.
	w.post("5m", resolved("Busy", "5m").with("pod", "a"), firing("Busy").with("pod", "b").since("4m")).is(Duplicate, 5, 5)
	w.until("1h").has(5)
}

func TestEpisodes_KnownAlertsComeBeforeNewOnes(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	a, b := firing("Busy").with("pod", "a"), firing("Busy").with("pod", "b").since("6m")
	w.post("0s", a).is(Scaled, 3, 5)
	w.silenced("5m")
	w.until("15m") // the rule is not active
	require.Zero(t, w.state().firing("busy"))
	// The new one stands first; the known one takes the episode up all the same, so that it joins.
	w.post("16m", b, a).is(Duplicate, 5, 5)
	w.until("1h").has(5)
}

func TestEpisodes_NewIsWhatStartedAfterItWasLastHeardOf(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	w.post("10m", firing("Busy"))
	// After the recorded start, but not after it was last heard of: two senders, two evaluations.
	w.post("11m", firing("Busy").since("9m")).is(Duplicate, 5, 5)
	// After both: its resolve was lost.
	w.post("20m", firing("Busy").since("15m")).is(Scaled, 5, 7)
	// A start that goes back is of a sender that lags.
	w.post("21m", firing("Busy").since("9m")).is(Duplicate, 7, 7)
	w.until("2h").has(7)
}

func TestEpisodes_AfterAResolveNewIsWhatStartedAfterItsEnd(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy"))
	w.post("10m", resolved("Busy", "8m")).verdict(Ended)
	w.post("11m", firing("Busy").since("8m")).is(Duplicate, 5, 5).
		because("not new: a resolve that is later than its start was heard before")
	w.post("12m", firing("Busy").since("8m1s")).is(Scaled, 5, 7) // it began before the resolve was heard
}

func TestEpisodes_AResolveCountsIfItEndsAfterTheRecordedStart(t *testing.T) {
	w := newWorld(t, web+rule("busy", "Busy", "up: 2")+rule("calm", "Busy", "down: 1, when: resolved"), 3)
	w.post("0s", firing("Busy"))
	w.post("20m", firing("Busy").since("15m")).is(Scaled, 5, 7)
	w.post("21m", resolved("Busy", "10m")).is(Duplicate, 7, 7) // of the first firing, late
	require.Positive(t, w.state().firing("busy"))
	w.until("40m").has(7)
	w.post("40m", resolved("Busy", "40m")).is(Scaled, 7, 6).by("calm")
}

func TestEpisodes_AResolveOfAnUnheardAlertIsRemembered(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("10m", resolved("Busy", "9m")).verdict(Duplicate)
	w.post("11m", firing("Busy")).verdict(Duplicate) // the firing that the resolve overtook
	w.post("12m", resolved("Busy", "9m"))            // denied
	w.until("1h").has(3)
	// It had not been heard of, so there is no episode to resume: it is new.
	w.post("1h", firing("Busy")).is(Scaled, 3, 5)
}

func TestEpisodes_AnEarlyWordOfAnAlertThatNeverFiredResumesNothing(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("10m", resolved("Busy", "9m"))
	w.post("12m", firing("Busy"))
	w.until("3h").has(3)
	w.post("4h", firing("Busy")).is(Scaled, 3, 5) // a later one does
}

func TestEpisodes_AStaleFiringIsIgnoredFor5m(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy"))
	w.post("10m", resolved("Busy", "10m"))
	w.post("15m", firing("Busy")).is(Duplicate, 5, 5) // not more than 5m
	require.Zero(t, w.state().firing("busy"))
	w.post("15m1s", firing("Busy")).is(Duplicate, 5, 5) // more: it resumes, and was served
	require.Positive(t, w.state().firing("busy"))
	w.until("2h").has(5)
}

func TestEpisodes_AStaleFiringResumesAfter10m(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy"))
	w.post("10m", resolved("Busy", "10m"))
	w.post("11m", firing("Busy"))
	w.until("19m59s")
	require.Zero(t, w.state().firing("busy"))
	w.until("20m")
	require.Positive(t, w.state().firing("busy"))
	// It resumed as heard of at 11m: what starts after that is new.
	w.post("21m", firing("Busy").since("12m")).is(Scaled, 5, 7)
}

func TestEpisodes_AStaleFiringIsDenied(t *testing.T) {
	for name, deny := range map[string][]said{
		"by a resolve":                    {resolved("Busy", "10m")},
		"by a resolve to another group":   {resolved("Busy", "10m"), in("h")},
		"by its absence":                  {firing("Other").with("for", "busy")},
		"by its absence and nothing else": {},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, busyIdle, 3)
			w.post("0s", firing("Busy"))
			w.post("10m", resolved("Busy", "10m"))
			w.post("11m", firing("Busy"))
			w.post("12m", deny...)
			w.until("1h")
			require.Zero(t, w.state().firing("busy"))
			w.has(5)
		})
	}
}

func TestEpisodes_AStaleFiringIsNotDeniedByAnotherGroupOrATruncatedOne(t *testing.T) {
	for name, other := range map[string][]said{
		"another group":    {in("h")},
		"another receiver": {receiver("mail")},
		"truncated":        {truncated(1)},
		"no group":         {in("")},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, busyIdle, 3)
			w.post("0s", firing("Busy"))
			w.post("10m", resolved("Busy", "10m"))
			w.post("11m", firing("Busy"))
			w.post("12m", other...)
			w.until("20m")
			require.Positive(t, w.state().firing("busy"))
			w.until("1h").has(5)
		})
	}
}

func TestEpisodes_ResumedWithTheCallThatTheResolveDropped(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy").with("pod", "a")).is(Scaled, 3, 5)
	w.post("1s", firing("Idle")) // brings nothing: held
	w.post("30s", resolved("Busy", "30s").with("pod", "a"), in("h"))
	w.post("31s", firing("Busy").with("pod", "b"), in("h")).verdict(Cooling)
	w.post("40s", resolved("Busy", "40s").with("pod", "b"), in("h")).verdict(Cooling).by("idle")
	w.post("41s", resolved("Idle", "41s"), in("i"))
	w.until("5m50s").has(5)
	w.post("5m50s", firing("Busy").with("pod", "b"), in("h")).is(Scaled, 5, 7)
	w.until("2h").has(7)
}

func TestEpisodes_OneThatEndsAgainInTheNotificationThatResumesItIsNotServed(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy"))
	w.post("10m", resolved("Busy", "10m"))
	w.post("12m", firing("Busy"))
	delete(w.wakes, parseRef("sim:web")) // nobody was there at 20m
	w.post("25m", resolved("Busy", "24m"))
	require.Zero(t, w.state().firing("busy"))
	w.until("2h").has(5)
}

func TestEpisodes_TwoSendersLateAndOutOfOrder(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	w.post("3s", firing("Busy")).is(Duplicate, 5, 5) // the other sender
	w.post("10m", resolved("Busy", "10m")).verdict(Ended)
	w.post("10m5s", firing("Busy")).is(Duplicate, 5, 5) // the other sender lags
	w.post("10m40s", resolved("Busy", "10m"))
	w.post("15m", firing("Busy").since("14m30s")).is(Scaled, 5, 7)
	w.post("15m3s", resolved("Busy", "10m")).is(Duplicate, 7, 7) // and lags again
	w.post("15m20s", firing("Busy").since("14m30s")).is(Duplicate, 7, 7)
	w.until("3h").has(7)
	require.Positive(t, w.state().firing("busy"))
}

func TestEpisodes_ATimeOfReceiptThatLiesAfterNowCountsAsNow(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("10h", firing("Busy")).is(Scaled, 3, 5)
	w.clock("1h") // set back by nine hours
	w.post("1h", firing("Busy")).is(Duplicate, 5, 5)
	// Neither the last-heard time nor the cooldown waits for the old clock to come round again.
	w.post("1h10m", firing("Busy").since("1h5m")).is(Scaled, 5, 7)
	w.post("1h20m", resolved("Busy", "1h20m"))
	w.clock("30m")
	w.post("30m", firing("Busy").since("1h5m"))
	w.until("39m59s")
	require.Zero(t, w.state().firing("busy"))
	w.until("40m")
	require.Positive(t, w.state().firing("busy"), "the 10m count from the clock as it is now")
}

func TestEpisodes_AnEmptyMemoryIsForgotten(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy"))
	w.post("1h", resolved("Busy", "1h"))
	w.until("24h59m")
	require.NotEmpty(t, w.state().plain().Alerts)
	w.until("25h")
	w.forgot()
	w.until("1000h")
}
