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
