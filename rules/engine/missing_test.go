package engine

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// gone takes the only workload away, or brings it back.
func (w *world) gone(when string, missing bool) { w.until(when).only().missing = missing }

func TestMissing_OneThatWasThereJustNowIsTriedAgain(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	w.post("1m", resolved("Busy", "1m"))
	w.gone("5m", true)
	w.post("6m", firing("Busy").since("6m")).is(Failed, 5, 5).because("read: there is no such workload")
	w.gone("6m20s", false)
	w.until("6m40s").has(7)
	w.until("1h").has(7)
}

func TestMissing_AfterTwoMinutesItIsRejected(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	w.post("1m", resolved("Busy", "1m"))
	w.gone("5m", true)
	w.post("6m", firing("Busy").since("6m")).is(Failed, 5, 5)
	w.post("7m59s", firing("Busy").since("6m")).is(Failed, 5, 5)
	w.log = nil
	w.until("9m")
	require.Len(t, w.log, 1)
	require.Equal(t, Rejected, w.log[0].Verdict)
	require.True(t, w.log[0].Refused)
	reads := len(w.only().reads)
	w.gone("10m", false)
	w.until("3h").has(5)
	require.Len(t, w.only().reads, reads, "a rejected call waits for the next notification")
	w.post("3h", firing("Busy").since("6m")).is(Scaled, 5, 7)
}

func TestMissing_OneThatWasNotThereForLongIsRejectedAtOnce(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	w.post("1m", resolved("Busy", "1m"))
	w.gone("2m", true)
	w.post("12m", firing("Busy").since("12m")).is(Rejected, 5, 5)
}

func TestMissing_WhileTheChangeIsMade(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.async = true
	w.post("0s", firing("Busy"))
	for len(w.out) > 0 {
		w.only().missing = w.out[0].cmd.Kind == Scale
		w.complete(w.out[0])
	}
	require.Nil(t, w.state().Intent, "nothing was changed")
	w.async = false
	w.only().missing = false
	w.until("10s").has(5)
}

func TestMissing_OneThatWasNeverFoundIsForgottenAfterAnHour(t *testing.T) {
	w := newWorld(t, anyTarget+anyBusy, 0)
	w.loads[parseRef(shopWeb)] = &workload{missing: true}
	w.post("0s", busyOf("shop", "web")).verdict(Rejected)
	c := w.cycles[parseRef(shopWeb)]
	require.True(t, c.Unknown())
	w.post("30m", busyOf("shop", "web")).verdict(Rejected)
	w.crash()
	w.until("59m")
	require.NotEmpty(t, w.cycles)
	w.until("1h1m")
	w.forgot()
	require.Empty(t, w.cycles)
}

func TestMissing_OneThatIsFoundIsNotForgotten(t *testing.T) {
	w := newWorld(t, anyTarget+anyBusy, 0)
	l := &workload{count: 3, missing: true}
	w.loads[parseRef(shopWeb)] = l
	w.post("0s", busyOf("shop", "web")).verdict(Rejected)
	w.until("29m")
	l.missing = false
	w.post("30m", busyOf("shop", "web")).is(Scaled, 3, 4)
	w.until("3h")
	require.NotEmpty(t, w.cycles)
}

func TestMissing_OneThatWasNeverReadIsLookedForForTwoMinutes(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	l := w.only()
	l.missing = true
	w.post("0s", firing("Busy")).verdict(Rejected)
	w.until("10s").has(3)
	l.missing = false
	w.until("20s").has(5)

	w = newWorld(t, busyIdle, 3)
	l = w.only()
	l.missing = true
	w.post("0s", firing("Busy")).verdict(Rejected)
	w.until("3m")
	reads := len(l.reads)
	require.Less(t, reads, 12)
	w.until("3h")
	require.Len(t, l.reads, reads, "then a notification is to come first")
}

func TestNotReady_IsLookedAtAfter1Then2Then4UpTo30Seconds(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	l := w.only()
	l.conditions = []Condition{{ConditionNotReady, "it restarts"}}
	w.post("0s", firing("Busy")).is(NotReady, 3, 3).because("it restarts")
	w.until("122s")
	var after []time.Duration
	for i, at := range l.reads[1:] {
		after = append(after, at.Sub(l.reads[i]))
	}
	second := time.Second
	require.Equal(t, []time.Duration{second, 2 * second, 4 * second, 8 * second, 16 * second, 30 * second, 30 * second, 30 * second}, after)
	l.conditions = nil
	w.until("151s").has(5)
}

func TestNotReady_BeginsWithASecondAgain(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	l := w.only()
	l.conditions = []Condition{{ConditionNotReady, "it restarts"}}
	w.post("0s", firing("Busy")).verdict(NotReady)
	w.until("2m")
	l.conditions = nil
	w.until("3m").has(5)
	l.conditions = []Condition{{ConditionNotReady, "it restarts"}}
	w.post("10m", resolved("Busy", "10m"))
	w.post("11m", firing("Busy").since("11m")).verdict(NotReady)
	l.conditions = nil
	w.until("11m1s").has(7)
}

func TestStaysOpen_AHeldCallIsNotRead(t *testing.T) {
	w := newWorld(t, busyIdle, 10)
	w.post("0s", firing("Busy"), in("h")).is(Scaled, 10, 12)
	w.post("10m", firing("Idle")).is(Held, 12, 12)
	reads, writes := len(w.only().reads), w.store.writes
	w.until("1h10m")
	require.Len(t, w.only().reads, reads)
	require.LessOrEqual(t, w.store.writes, writes+1, "its outcome")
	w.post("1h10m", resolved("Busy", "1h10m"), in("h")).is(Scaled, 12, 11).by("idle")
}

func TestStaysOpen_AHeldCallThatMeetsItsCooldownIsNotRead(t *testing.T) {
	w := newWorld(t, busyIdle, 10)
	w.post("0s", firing("Busy"), in("h")).is(Scaled, 10, 12)
	w.post("1m", firing("Idle")).is(Held, 12, 12).because("cooldown down until 12:05:00")
	reads := len(w.only().reads)
	w.until("1h1m")
	require.Len(t, w.only().reads, reads)
}

func TestStaysOpen_AHeldCallWakesWhenTheHoldIsSuspendedOrForgotten(t *testing.T) {
	w := newWorld(t, "alert_ttl: 1h\n"+busyIdle, 10)
	w.post("0s", firing("Busy"), in("h")).is(Scaled, 10, 12)
	w.post("30m", firing("Idle")).is(Held, 12, 12)
	w.until("59m59s").has(12)
	w.until("1h").has(11) // at once, not at the next look
}

func TestStaysOpen_ADisabledOrOwnedOneIsReadEachMinute(t *testing.T) {
	for _, c := range []Condition{{ConditionOwned, "an autoscaler sets it"}, {ConditionDisabled, "it is stopped"}} {
		w := newWorld(t, busyIdle, 3)
		w.only().conditions = []Condition{c}
		w.post("0s", firing("Busy"))
		w.until("10m30s")
		require.Len(t, w.only().reads, 11)
	}
}
