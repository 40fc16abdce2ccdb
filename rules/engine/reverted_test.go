package engine

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const repeated = "targets: {web: {driver: sim, name: web, max: 20, cooldown: 0s}}\nrules:\n"

func TestReverted_IsLeftAloneForLongerEachTime(t *testing.T) {
	w := newWorld(t, repeated+rule("busy", "Busy", "up: 2, repeat: 1m"), 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	setBack := func(when string) { w.somebody(when, 3) }
	setBack("30s")
	w.until("1m").has(5)
	setBack("1m30s")
	w.until("2m").has(5)
	setBack("2m30s")
	w.until("7m59s").has(3) // found out at 3m, for the third time
	require.Equal(t, Reverted, w.log[len(w.log)-1].Verdict)
	require.Contains(t, w.log[len(w.log)-1].Why[2], "somebody else set the count back after each of our last 3 changes")
	w.until("8m").has(5)
	setBack("8m30s")
	w.until("18m59s").has(3) // ten minutes from 9m
	w.crash()
	w.until("19m").has(5)
	require.Equal(t, 4, w.state().policies().Reverted)
	w.until("2h")
	require.Nil(t, w.state().policies().Reverts, "a change that stays ends it")
}

func TestReverted_TwiceIsNoHabit(t *testing.T) {
	w := newWorld(t, repeated+rule("busy", "Busy", "up: 2, repeat: 1m"), 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	w.somebody("30s", 3)
	w.until("1m").has(5)
	w.somebody("1m30s", 3)
	w.until("2m").has(5)
	w.until("3m").has(7) // this one stays, for a minute: the run is over
	w.somebody("3m30s", 5)
	w.until("4m").has(7)
}

func TestReverted_NotOverMoreThanADay(t *testing.T) {
	s := RefState{}
	for i := range 10 {
		at := epoch.Add(time.Duration(i) * 20 * time.Hour)
		s.Last = &LastChange{At: at, From: 3, To: 5}
		s.noteReverted(3, at.Add(time.Hour))
		require.True(t, s.policies().Reverts.until().IsZero(), "%d", i)
	}
	require.Equal(t, 10, s.policies().Reverted)
}

func TestReverted_AnotherCountIsNoRevert(t *testing.T) {
	w := newWorld(t, repeated+rule("busy", "Busy", "up: 2, repeat: 1m"), 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	for i, when := range []string{"30s", "1m30s", "2m30s", "3m30s"} {
		w.somebody(when, []int{2, 1, 6, 2}[i])
	}
	w.until("10m")
	require.Nil(t, w.state().policies().Reverts)
	require.Zero(t, w.state().policies().Reverted)
}

func TestReverted_NotTwiceWhereTheClockIsSetBack(t *testing.T) {
	w := newWorld(t, repeated+rule("busy", "Busy", "up: 2, cooldown: 10m")+rule("more", "More", "up: 2, cooldown: 10m"), 3)
	w.post("5m", firing("Busy")).is(Scaled, 3, 5)
	w.somebody("6m", 3)
	w.post("7m", firing("More"), in("m")).verdict(Cooling)
	require.Equal(t, 1, w.state().Reverted())
	w.clock("1m")
	w.post("2m", firing("Busy"), in("b"))
	w.post("3m", firing("More"), in("m")).verdict(Cooling)
	require.Equal(t, 1, w.state().Reverted(), "it is the same change")
}
