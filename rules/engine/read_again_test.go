package engine

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// readAgain asks for a read of every ref, and reports whether one comes of the last of them.
func (w *world) readAgain() (comes bool) {
	for _, c := range w.sorted() {
		comes = c.ReadAgain(w.now)
		w.pump(c)
	}
	return comes
}

// fixed makes the cycle of the only workload, as whoever reads all fixed targets does.
func (w *world) fixed() *Cycle {
	w.only()
	for ref := range w.loads {
		return w.cycle(ref)
	}
	return nil
}

func TestReadAgain_KnowsTheCountAndStoresNothing(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	c := w.fixed()
	require.True(t, w.readAgain())
	require.Equal(t, 3, *w.state().Count)
	require.True(t, *c.Ready())
	w.somebody("5m", 9)
	w.only().unready = true
	require.True(t, w.readAgain())
	require.Equal(t, 9, *w.state().Count)
	require.Equal(t, w.now, w.state().ReadAt)
	require.False(t, *c.Ready())
	w.until("24h")
	require.Len(t, w.only().reads, 2, "nothing is read of which nobody asks")
	require.Zero(t, w.store.writes)
	require.Empty(t, w.log)
	require.Nil(t, c.effort, "it is at rest")
}

func TestReadAgain_CostsNoWriteOfWhatIsStored(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	w.until("10m")
	writes := w.store.writes
	for range 20 {
		w.untilTime(w.now.Add(5 * time.Minute))
		require.True(t, w.readAgain())
	}
	w.until("3h")
	require.Equal(t, writes, w.store.writes)
	w.post("3h", firing("Busy")).is(Duplicate, 5, 5)
}

func TestReadAgain_CountsAsARecommendation(t *testing.T) {
	text := fast("{}", rule("idle", "Idle", "down: 3"))
	w := newWorld(t, text, 10)
	w.fixed()
	require.True(t, w.readAgain())
	w.until("10m")
	require.Zero(t, w.store.writes)
	require.True(t, w.readAgain())
	w.somebody("12m", 6)
	w.post("13m", firing("Idle").since("13m")).is(Stabilizing, 6, 6).because("stabilization: the highest recommendation of the last 5m is 10")
	w.until("14m59s").has(6)
	w.until("17m59s").has(6)
	w.until("18m").has(3) // five minutes after what was recommended when the call came

	w = newWorld(t, text, 10)
	w.post("0s", firing("Idle")).verdict(Stabilizing)
	before := w.state().policies().Recommended
	require.NotEmpty(t, before)
	w.until("1m")
	w.somebody("1m", 50)
	require.True(t, w.readAgain())
	require.Equal(t, before, w.state().policies().Recommended, "a call is open: it is not for a read to recommend")
}

func TestReadAgain_OfATargetWithoutBehaviorForgetsWhatWasRecommended(t *testing.T) {
	w := newWorld(t, fast("{}", rule("busy", "Busy", "up: 1")), 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 4)
	require.NotNil(t, w.state().Policies)
	w.reload("1m", busyIdle)
	require.True(t, w.readAgain())
	require.Nil(t, w.state().Policies)
}

func TestReadAgain_FindsThatSomebodyWentBack(t *testing.T) {
	for _, reads := range []bool{false, true} {
		w := newWorld(t, back("{after: 10m, down: 1, every: 1m}"), 3)
		w.post("0s", firing("Busy")).is(Scaled, 3, 7)
		w.post("1m", resolved("Busy", "1m"))
		w.somebody("2m", 3)
		if w.until("3m"); reads {
			require.True(t, w.readAgain())
			require.Nil(t, w.state().policies().Baseline)
			w.until("4m")
			w.crash()
			require.Nil(t, w.state().policies().Baseline, "it is stored within a minute")
		}
		w.somebody("5m", 9)
		w.until("1h")
		if reads {
			w.has(9)
		} else {
			w.has(3)
		}
	}
}

func TestReadAgain_LeavesOpenCallsAlone(t *testing.T) {
	w := newWorld(t, busyIdle, 10)
	w.post("0s", firing("Busy"), in("h")).is(Scaled, 10, 12)
	w.post("10m", firing("Idle")).is(Held, 12, 12)
	w.until("12m")
	told, writes, call := len(w.log), w.store.writes, *w.state().episode("idle").Call
	for range 10 {
		w.untilTime(w.now.Add(5 * time.Minute))
		require.True(t, w.readAgain())
	}
	w.somebody("1h3m", 15)
	require.True(t, w.readAgain())
	require.Equal(t, 15, *w.state().Count)
	require.Len(t, w.log, told)
	require.Equal(t, writes, w.store.writes)
	require.Equal(t, call, *w.state().episode("idle").Call)
	w.post("1h10m", resolved("Busy", "1h10m"), in("h")).is(Scaled, 15, 14).by("idle")
}

func TestReadAgain_ACallThatMeetsItsCooldownIsServedAtItsEnd(t *testing.T) {
	w := newWorld(t, web+rule("busy", "Busy", "up: 2, cooldown: 30m")+rule("more", "More", "up: 1, cooldown: 30m"), 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	w.post("1m", firing("Busy"), firing("More").since("1m")).verdict(Cooling)
	w.until("10m")
	require.True(t, w.readAgain())
	w.until("29m30s")
	require.False(t, w.readAgain(), "it is read within a minute")
	w.until("29m59s").has(5)
	w.until("30m").has(6)
}

func TestReadAgain_ARejectedCallWaitsForTheNextNotification(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.only().missing = true
	w.post("0s", firing("Busy")).verdict(Rejected)
	w.gone("10m", false)
	require.True(t, w.readAgain())
	require.Equal(t, 3, *w.state().Count, "known by now")
	w.until("1h").has(3)
	w.post("1h", firing("Busy")).is(Scaled, 3, 5)
}

func TestReadAgain_NotWhereTheRefIsLookedAtByItselfOrTheDriverAskedNotToBeCalled(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.only().conditions = []Condition{{ConditionNotReady, "it restarts"}}
	w.post("0s", firing("Busy")).verdict(NotReady)
	reads := len(w.only().reads)
	require.False(t, w.readAgain())
	require.Len(t, w.only().reads, reads)

	w = newWorld(t, busyIdle, 3)
	w.reads = []Reply{{Outcome: Throttled, Text: "too many requests", After: 5 * time.Minute}}
	w.post("0s", firing("Busy")).verdict(Failed)
	w.post("1m", resolved("Busy", "1m"))
	require.False(t, w.readAgain())
	w.until("5m")
	require.True(t, w.readAgain())
}

func TestReadAgain_NotWhileTheOutcomeOfAChangeIsUnknown(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.fails(answerLost)
	w.post("0s", firing("Busy")).verdict(Failed)
	require.NotNil(t, w.state().Intent)
	require.False(t, w.readAgain())
	w.until("10s")
	require.Nil(t, w.state().Intent)
	require.True(t, w.readAgain())

	w = newWorld(t, busyIdle, 3)
	w.fails(changeLost)
	w.post("0s", firing("Busy")).verdict(Failed)
	w.post("500ms", resolved("Busy", "500ms"))
	w.until("30m")
	require.NotNil(t, w.state().Intent, "it may still be that it comes about")
	require.False(t, w.readAgain())
}

func TestReadAgain_NotWhereNoTargetHasTheRef(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	w.reload("1m", "targets: {cart: {driver: sim, name: cart, max: 2}}\nrules: [{name: x, matchers: [a=b], target: cart, up: 1}]\n")
	require.False(t, w.readAgain())
}

func TestReadAgain_KeepsNothingThatWasNeverFound(t *testing.T) {
	w := newWorld(t, anyTarget+anyBusy, 0)
	l := &workload{missing: true}
	w.loads[parseRef(shopWeb)] = l
	w.post("0s", busyOf("shop", "web")).verdict(Rejected)
	require.True(t, w.cycles[parseRef(shopWeb)].Unknown())
	reads := len(l.reads)
	for w.now.Before(at("59m")) {
		w.untilTime(w.now.Add(time.Minute))
		require.False(t, w.readAgain())
	}
	require.Len(t, l.reads, reads, "alerts can name more of them than there is time for")
	w.until("1h1m")
	w.forgot()
	require.Empty(t, w.cycles)
}

func TestReadAgain_AFixedTargetThatIsNotThereIsNotUnknown(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	c := w.fixed()
	w.only().missing = true
	require.True(t, w.readAgain())
	w.post("0s", firing("Busy")).verdict(Rejected)
	require.False(t, c.Unknown(), "there are no more of them than the file has")
	w.until("1h30m")
	require.True(t, w.readAgain())
	require.Nil(t, w.state().Count)
}

func TestReadAgain_AFailureCountsForNothing(t *testing.T) {
	for _, outcome := range []Outcome{NotFound, Refused, Throttled, Unavailable} {
		w := newWorld(t, busyIdle, 3)
		w.fixed()
		require.True(t, w.readAgain())
		w.until("5m")
		w.reads = []Reply{{Outcome: outcome, Text: "no", After: time.Hour}}
		require.True(t, w.readAgain())
		require.Equal(t, 3, *w.state().Count, "as last read")
		require.Empty(t, w.log)
		w.post("5m", firing("Busy").since("5m")).is(Scaled, 3, 5)
	}
}

func TestReadAgain_OneThatWasThereIsTriedForTwoMinutesAllTheSame(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.fixed()
	w.readAgain()
	w.gone("5m", true)
	require.True(t, w.readAgain())
	w.post("9m", firing("Busy").since("9m")).verdict(Failed)
	w.gone("10m", false)
	w.until("11m").has(5)
}

// TestProperty_ReadingAgainChangesNothing tells the same to two worlds of which one reads again at any time, and compares
// every answer, every change and every decision that nobody waited for.
func TestProperty_ReadingAgainChangesNothing(t *testing.T) {
	file := back("{after: 4m, down: 2, every: 90s}") + rule("more", "Busy", "up: 1, repeat: 3m") + rule("ended", "Busy", "set: 9, when: resolved")
	rapid.Check(t, func(r *rapid.T) {
		quiet, reading := newWorld(r, file, 3), newWorld(r, file, 3)
		_, all, end := episodesOf(r)
		pass := func(to time.Time) {
			for range rapid.IntRange(0, 3).Draw(r, "reads") {
				reading.untilTime(reading.now.Add(to.Sub(reading.now) / time.Duration(rapid.IntRange(1, 5).Draw(r, "part"))))
				reading.readAgain()
			}
			quiet.untilTime(to)
			reading.untilTime(to)
		}
		for _, e := range all {
			pass(e.at)
			if how := mishap(rapid.IntRange(int(fine), int(busy)).Draw(r, "mishap")); rapid.IntRange(0, 3).Draw(r, "befalls") == 0 {
				quiet.fails(how)
				reading.fails(how)
			}
			require.Equal(r, quiet.send(e.e).all, reading.send(e.e).all)
		}
		pass(end.Add(time.Hour))
		require.Equal(r, quiet.only().changes, reading.only().changes)
		require.Equal(r, quiet.log, reading.log)
		require.LessOrEqual(r, reading.store.writes, quiet.store.writes+1, "a way back that is over may be known earlier")
	})
}
