package engine

import (
	"testing"

	"github.com/stretchr/testify/require"
)

var calm = web + rule("calm", "Busy", "down: 1, when: resolved")

func TestCalls_ANewAlertBesideSuspendedOnesBeginsANewEpisode(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	a, b := firing("Busy").with("pod", "a"), firing("Busy").with("pod", "b").since("20m")
	w.post("0s", a).is(Scaled, 3, 5)
	w.silenced("5m")
	w.post("20m", b, in("h")).is(Scaled, 5, 7)
	// The suspended one went over into it: its coming back changes nothing, and it keeps it open.
	w.post("30m", a).is(Duplicate, 7, 7)
	w.post("40m", resolved("Busy", "40m").with("pod", "b").since("20m"), in("h")).is(Duplicate, 7, 7)
	w.post("50m", resolved("Busy", "50m").with("pod", "a")).verdict(Ended)
}

func TestCalls_OneWhoseEpisodeEndsUnservedIsDropped(t *testing.T) {
	w := newWorld(t, busyIdle, 10)
	w.post("0s", firing("Busy")).is(Scaled, 10, 12)
	w.post("10s", resolved("Busy", "10s"))
	w.post("1m", firing("Idle")).verdict(Cooling)
	w.post("2m", resolved("Idle", "2m")).is(Ended, 12, 12).by("idle")
	w.until("3h").has(12)
}

func TestCalls_WhenResolvedCallsOnceAtTheEnd(t *testing.T) {
	w := newWorld(t, calm, 5)
	w.post("0s", firing("Busy")).verdict(Duplicate)
	w.post("10m", resolved("Busy", "10m")).is(Scaled, 5, 4)
	w.post("10m1s", resolved("Busy", "10m")).is(Duplicate, 4, 4)
	w.post("14h", resolved("Busy", "10m")).is(Duplicate, 4, 4)
	w.until("60h").has(4)
}

func TestCalls_WhenResolvedIsDroppedByANewEpisode(t *testing.T) {
	w := newWorld(t, calm+rule("busy", "Other", "up: 1"), 5)
	w.post("0s", firing("Other"), firing("Busy")).is(Scaled, 5, 6)
	w.post("1m", resolved("Busy", "1m"), firing("Other")).verdict(Held).by("calm") // and in its cooldown
	w.post("3m", firing("Busy").since("3m"), firing("Other")).is(Duplicate, 6, 6)
	w.post("4m", resolved("Other", "4m"), firing("Busy").since("3m")).is(Ended, 6, 6)
	w.until("1h").has(6)
	w.post("1h", resolved("Busy", "1h").since("3m")).is(Scaled, 6, 5)
	w.until("3h").has(5)
}

func TestCalls_WhenResolvedIsNotCalledByAStartThatWasHeardBeforeItsResolve(t *testing.T) {
	w := newWorld(t, calm, 5)
	w.post("0s", firing("Busy"))
	w.post("10m", firing("Busy").since("9m"))
	w.post("11m", resolved("Busy", "8m")).verdict(Duplicate)
	w.until("1h").has(5)
}

func TestCalls_WhenResolvedThatWasServedIsNotCalledAgainByAnEpisodeThatResumed(t *testing.T) {
	w := newWorld(t, calm, 5)
	w.post("0s", firing("Busy"))
	w.post("10m", resolved("Busy", "10m")).is(Scaled, 5, 4)
	w.post("20m", firing("Busy")).is(Duplicate, 4, 4) // taken back
	w.post("30m", resolved("Busy", "30m")).verdict(Ended)
	w.until("3h").has(4)
	w.post("4h", firing("Busy").since("4h"))
	w.post("5h", resolved("Busy", "5h").since("4h")).is(Scaled, 4, 3)
}

func TestCalls_WhenResolvedWaitsForNobodyWhoFires(t *testing.T) {
	w := newWorld(t, calm, 5)
	a, b := firing("Busy").with("pod", "a"), firing("Busy").with("pod", "b")
	w.post("0s", a, b)
	w.post("10m", resolved("Busy", "10m").with("pod", "a"), b).verdict(Duplicate)
	w.post("20m", resolved("Busy", "20m").with("pod", "b")).is(Scaled, 5, 4)
}

func TestCalls_ReloadToTheOtherEndOfAnEpisodeDropsTheCall(t *testing.T) {
	w := newWorld(t, busyIdle, 10)
	w.post("0s", firing("Busy")).is(Scaled, 10, 12)
	w.post("1m", firing("Idle"), in("h")).verdict(Held)
	w.reload("2m", web+rule("busy", "Busy", "up: 2")+rule("idle", "Idle", "down: 1, when: resolved"))
	w.post("3m", resolved("Busy", "3m"))
	w.until("10m").has(12)
	w.post("20m", resolved("Idle", "20m"), in("h")).is(Scaled, 12, 11)
}

func TestCooldown_TheDefaults(t *testing.T) {
	w := newWorld(t, busyIdle, 10)
	w.post("0s", firing("Busy")).is(Scaled, 10, 12)
	w.post("10s", resolved("Busy", "10s"))
	w.post("20s", firing("Busy").since("15s")).is(Cooling, 12, 12).because("cooldown up until 12:01:00")
	w.until("59s").has(12)
	w.until("1m").has(14)
	w.post("1m10s", resolved("Busy", "1m10s").since("15s"))
	w.post("2m", firing("Idle")).is(Cooling, 14, 14).because("cooldown down until 12:06:00")
	w.until("5m59s").has(14)
	w.until("6m").has(13)
}

func TestCooldown_OneThatMeetsItIsServedFromTheCountReadThen(t *testing.T) {
	w := newWorld(t, web+rule("busy", "Busy", "up: 50%"), 4)
	w.post("0s", firing("Busy")).is(Scaled, 4, 6)
	w.post("10s", resolved("Busy", "10s"))
	w.post("20s", firing("Busy").since("15s")).verdict(Cooling)
	w.somebody("30s", 10)
	w.until("1m").has(15)
}

func TestCooldown_OneThatWaitsDoesNotCompete(t *testing.T) {
	w := newWorld(t, web+rule("busy", "Busy", "up: 1")+rule("panic", "Panic", "up: 5, cooldown: 10m")+
		rule("quick", "Quick", "up: 2, cooldown: 10s"), 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 4)
	w.post("5s", firing("Panic"), firing("Busy")).is(Cooling, 4, 4)
	w.post("10s", firing("Panic"), firing("Busy"), firing("Quick")).is(Scaled, 4, 6).by("quick").
		because(`"panic" waits: cooldown up until 12:10:00`)
	w.until("10m9s").has(6)
	w.until("10m10s").has(11)
}

func TestCooldown_IsSetForBothDirectionsAndByRules(t *testing.T) {
	text := `
targets:
  web: {driver: sim, name: web, max: 20, cooldown: 2m}
rules:
` + rule("busy", "Busy", "up: 1") + rule("idle", "Idle", "down: 1, cooldown: 0s")
	w := newWorld(t, text, 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 4)
	w.post("1s", resolved("Busy", "1s"))
	w.post("2s", firing("Idle")).is(Scaled, 4, 3) // its own is none
	w.post("3s", firing("Busy").since("3s")).is(Cooling, 3, 3)
	w.until("2m2s").has(4)
}

func TestCooldown_AChangeOfTheOtherDirectionStartsItToo(t *testing.T) {
	w := newWorld(t, busyIdle, 10)
	w.post("0s", firing("Idle")).is(Scaled, 10, 9)
	w.post("30s", firing("Busy"), in("h")).is(Cooling, 9, 9)
	w.until("1m").has(11)
}

func TestCooldown_SomebodyElsesChangeStartsNone(t *testing.T) {
	w := newWorld(t, busyIdle, 10)
	w.somebody("0s", 7)
	w.post("1s", firing("Busy")).is(Scaled, 7, 9)
}

func TestCooldown_OutlivesARestart(t *testing.T) {
	w := newWorld(t, busyIdle, 10)
	w.post("0s", firing("Busy")).is(Scaled, 10, 12)
	w.post("1m", resolved("Busy", "1m"), firing("Idle")).verdict(Cooling)
	w.crash()
	w.until("4m59s").has(12)
	w.until("5m").has(11)
	require.False(t, w.state().open())
}

func TestCooldown_LastsToItsEnd(t *testing.T) {
	w := newWorld(t, busyIdle, 10)
	w.post("0s", firing("Busy")).is(Scaled, 10, 12)
	w.post("10s", resolved("Busy", "10s"))
	w.post("20s", firing("Busy").since("15s")).verdict(Cooling)
	w.post("59.999s", firing("Busy").since("15s")).verdict(Cooling)
	w.until("1m").has(14)
}
