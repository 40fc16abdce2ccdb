package engine

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const lookedUp = "lookup_after: 1m\n"

func TestLookup_ALostResolveDoesNotHoldDowns(t *testing.T) {
	w := newWorld(t, lookedUp+busyIdle, 3)
	w.post("0s", firing("Busy"), in("b")).is(Scaled, 3, 5)
	w.lostAt = map[string]bool{"Busy": true}
	w.post("10m", firing("Idle").since("9m"), in("i")).is(Scaled, 5, 4)
	require.Equal(t, Suspended, w.state().known(fp(firing("Busy"))).Phase)
	w.lostAt = nil
	w.post("20m", firing("Busy"), in("b")).is(Duplicate, 4, 4) // it is back, and served
}

func TestLookup_WhatStillFiresHoldsAndCountsAsHeardOf(t *testing.T) {
	w := newWorld(t, lookedUp+busyIdle, 3)
	w.post("0s", firing("Busy"), in("b")).is(Scaled, 3, 5)
	w.post("10m", firing("Idle").since("9m"), in("i")).is(Held, 5, 5)
	require.Equal(t, 1, w.asks)
	w.post("10m30s", firing("Idle").since("9m"), in("i")).is(Held, 5, 5)
	require.Equal(t, 1, w.asks, "it was heard of half a minute ago")
	w.until("12h5m")
	require.Positive(t, w.state().firing("busy"), "alert_ttl counts from then")
}

func TestLookup_WhereNobodySaysAnythingWhatWasHeardHolds(t *testing.T) {
	w := newWorld(t, lookedUp+busyIdle, 3)
	w.mute = true
	w.post("0s", firing("Busy"), in("b")).is(Scaled, 3, 5)
	w.post("10m", firing("Idle").since("9m"), in("i")).is(Held, 5, 5)
}

func TestLookup_ARepeatIsNotMadeForWhatIsGone(t *testing.T) {
	w := newWorld(t, lookedUp+grows("repeat: 2m"), 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	w.until("2m").has(7)
	w.lostAt = map[string]bool{"Busy": true}
	w.until("11h").has(7)
}

func TestLookup_AnOpenCallIsNotServedForWhatIsGone(t *testing.T) {
	w := newWorld(t, lookedUp+web+rule("busy", "Busy", "up: 2, cooldown: 5m"), 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	w.post("1m", resolved("Busy", "1m"))
	w.post("2m", firing("Busy").since("2m")).verdict(Cooling)
	w.lostAt = map[string]bool{"Busy": true}
	w.until("4h").has(5)
	w.lostAt = nil
	w.post("4h1m", firing("Busy").since("2m")).is(Scaled, 5, 7)
}

func TestLookup_OutlivesARestart(t *testing.T) {
	w := newWorld(t, lookedUp+busyIdle, 3)
	w.post("0s", firing("Busy"), in("b")).is(Scaled, 3, 5)
	w.until("1m")
	w.crash()
	w.lostAt = map[string]bool{"Busy": true}
	w.post("10m", firing("Idle").since("9m"), in("i")).is(Scaled, 5, 4)
}

func TestLookup_TakesNoMemoryWhereNobodyIsAsked(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy"), in("b")).is(Scaled, 3, 5)
	require.Nil(t, w.state().known(fp(firing("Busy"))).Labels)
	w.reload("1m", lookedUp+busyIdle)
	w.lostAt = map[string]bool{"Busy": true}
	w.post("2m", firing("Idle").since("1m30s"), in("i")).is(Held, 5, 5) // it is not known by what
	w.post("3m", firing("Busy"), in("b"))
	require.NotNil(t, w.state().known(fp(firing("Busy"))).Labels, "the next word of it tells")
}

// Labels of the sender's choice take no memory without bound: an alert with too many is not looked up.
func TestLookup_AnAlertWithLargeLabelsIsNotLookedUp(t *testing.T) {
	w := newWorld(t, lookedUp+busyIdle, 3)
	large := firing("Busy").with("x", strings.Repeat("x", 5000))
	w.post("0s", large, in("b")).is(Scaled, 3, 5)
	require.Nil(t, w.state().known(fp(large)).Labels)
	w.post("1m", large, in("b")).is(Duplicate, 5, 5)
	w.lostAt = map[string]bool{"Busy": true}
	w.post("10m", firing("Idle").since("9m"), in("i")).is(Held, 5, 5)
}

// A late word alone keeps no new alert from beginning an episode: Alertmanager is asked first.
func TestLookup_OfADoubtfulAlert(t *testing.T) {
	for _, check := range []string{"1m", "2h"} {
		for _, restart := range []bool{false, true} {
			w := newWorld(t, "lookup_after: "+check+"\n"+busyIdle, 3)
			w.post("0s", firing("Busy"), in("b")).is(Scaled, 3, 5)
			w.post("10m", resolved("Busy", "10m"), in("b")).verdict(Ended)
			w.post("10m40s", firing("Busy"), in("b")).is(Duplicate, 5, 5) // late
			w.lostAt = map[string]bool{"Busy": true}
			w.mute = restart
			w.until("20m")
			if w.mute = false; restart {
				w.crash()
			}
			w.until("20m1s")
			require.Equal(t, Suspended, w.state().known(fp(firing("Busy"))).Phase, "%s %t", check, restart)
			w.post("21m", firing("Busy").with("pod", "b").since("21m"), in("c")).is(Scaled, 5, 7)
		}
	}
}

func TestLookup_OfADoubtfulAlertThatFires(t *testing.T) {
	w := newWorld(t, lookedUp+busyIdle, 3)
	w.post("0s", firing("Busy"), in("b")).is(Scaled, 3, 5)
	w.post("10m", resolved("Busy", "10m"), in("b")).verdict(Ended)
	w.post("10m40s", firing("Busy"), in("b")).is(Duplicate, 5, 5)
	w.until("20m")
	require.Equal(t, 1, w.asks)
	require.Zero(t, w.state().known(fp(firing("Busy"))).DoubtedAt)
	w.post("21m", firing("Busy").with("pod", "b").since("21m"), in("c")).is(Duplicate, 5, 5)
	w.until("5h")
	require.Equal(t, 2, w.state().firing("busy"))
}

func TestLookup_ADoubtStaysWhereNobodySaysAnything(t *testing.T) {
	w := newWorld(t, lookedUp+busyIdle, 3)
	w.mute = true
	w.post("0s", firing("Busy"), in("b")).is(Scaled, 3, 5)
	w.post("10m", resolved("Busy", "10m"), in("b")).verdict(Ended)
	w.post("10m40s", firing("Busy"), in("b")).is(Duplicate, 5, 5)
	w.until("1h19m59s")
	require.Equal(t, 1, w.state().firing("busy"))
	require.Equal(t, 1, w.asks)
	w.until("1h20m")
	require.Zero(t, w.state().firing("busy"))
}

// A resolve that is lost while a call waits for it ends the wait, though no notification comes.
func TestLookup_OfWhatHoldsACall(t *testing.T) {
	w := newWorld(t, lookedUp+busyIdle, 3)
	w.post("0s", firing("Busy"), in("b")).is(Scaled, 3, 5)
	w.post("10m", firing("Idle").since("9m"), in("i")).is(Held, 5, 5)
	reads := len(w.only().reads)
	w.until("12m")
	w.lostAt = map[string]bool{"Busy": true}
	w.until("12m59s").has(5)
	require.Len(t, w.only().reads, reads, "nothing is read for it")
	w.until("13m").has(4)
	asks := w.asks
	w.until("11h")
	require.Equal(t, asks, w.asks, "nothing waits for it any more")
}

func TestLookup_OfWhatKeepsTheWayBackWaiting(t *testing.T) {
	w := newWorld(t, lookedUp+back("{after: 10m, down: 1, every: 1m}"), 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 7)
	w.until("5m")
	w.lostAt = map[string]bool{"Busy": true}
	w.until("16m59s").has(7)
	w.until("17m").has(6) // it was looked up at 1m, 3m and 7m
	w.until("20m").has(3)
	asks := w.asks
	w.until("11h")
	require.Equal(t, asks, w.asks)
}

// What fires for hours is looked up less and less often, and again after check once something is heard.
func TestLookup_OfWhatFiresForHours(t *testing.T) {
	for _, mute := range []bool{false, true} {
		w := newWorld(t, lookedUp+back("{after: 10m, down: 1, every: 1m}"), 3)
		w.mute = mute
		w.post("0s", firing("Busy"), in("b")).is(Scaled, 3, 7)
		w.until("31m")
		require.Equal(t, 5, w.asks) // after 1, 2, 4, 8 and 16 minutes
		w.until("10h31m")
		require.InDelta(t, 5+600/16, w.asks, 1)
		require.Len(t, w.only().reads, 1)
		asks := w.asks
		w.post("10h32m", firing("Busy").with("pod", "b").since("10h32m"), in("c"))
		w.until("10h34m")
		require.Greater(t, w.asks, asks)
	}
}

// A silence keeps a rule from going on, though nobody tells of it; when it is over, the rule goes on at once.
func TestLookup_ASilenceEndsARepeat(t *testing.T) {
	w := newWorld(t, lookedUp+grows("repeat: 2m"), 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	w.until("2m").has(7)
	w.lostAt = map[string]bool{"Busy": true}
	w.until("50m").has(7)
	require.Equal(t, Suspended, w.state().known(fp(firing("Busy"))).Phase)
	asks, reads := w.asks, len(w.only().reads)
	w.until("1h")
	require.Equal(t, []int{asks, reads}, []int{w.asks, len(w.only().reads)}, "nothing waits for it")
	w.lostAt = nil
	w.post("1h", firing("Busy")).is(Scaled, 7, 9)
	w.until("1h2m").has(11)
}
