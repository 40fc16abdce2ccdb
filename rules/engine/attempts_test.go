package engine

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// attempted is a world in which a down was asked for without an answer and not done, then an up without an answer,
// which came to the count that is given.
func attempted(t *testing.T, count int) *world {
	w := newWorld(t, busyIdle, 10)
	w.fails(changeLost, changeLost)
	w.post("0s", firing("Idle")).verdict(Failed)
	w.post("500ms", firing("Busy"), in("h")).verdict(Failed)
	require.Len(t, w.state().Intent.Attempts, 2)
	w.only().count = count
	w.only().version++
	w.log = nil
	return w
}

func TestAttempts_OfOppositeDirectionsSettleByWhatIsRead(t *testing.T) {
	for name, c := range map[string]struct {
		count      int
		rule       string
		busy, idle bool // whose call is open then
		why        string
	}{
		"the one up":                {12, "busy", false, true, "a change 10 → 12 of unknown outcome: 12 is read, it counts as applied now"},
		"the one down":              {9, "idle", true, false, "a change 10 → 12 of unknown outcome: 9 is read, it counts as applied now"},
		"somebody else's, upwards":  {15, "busy", false, true, "a change 10 → 12 of unknown outcome: 15 is read, it counts as applied now, though it may be somebody else's"},
		"somebody else's, downward": {4, "idle", true, false, "a change 10 → 12 of unknown outcome: 4 is read, it counts as applied now, though it may be somebody else's"},
	} {
		t.Run(name, func(t *testing.T) {
			w := attempted(t, c.count)
			w.until("3s")
			require.Nil(t, w.state().Intent)
			i := slices.IndexFunc(w.log, func(d Decision) bool { return d.Why[0] == c.why })
			require.NotEqual(t, -1, i, "%v", w.log)
			require.Equal(t, c.rule, w.log[i].Rule)
			require.Equal(t, c.busy, w.state().episode("busy").Call != nil)
			require.Equal(t, c.idle, w.state().episode("idle").Call != nil)
		})
	}
}

func TestAttempts_TheDownIsNotLostByTheUp(t *testing.T) {
	w := attempted(t, 12)
	w.post("10m", resolved("Busy", "10m"), in("h")).is(Scaled, 12, 11).by("idle")
	w.until("3h").has(11)
}

func TestAttempts_AnAnswerIsOfTheLastOne(t *testing.T) {
	w := newWorld(t, busyIdle, 10)
	w.fails(changeLost)
	w.post("0s", firing("Idle")).verdict(Failed)
	w.post("500ms", firing("Busy"), in("h")).is(Scaled, 10, 12)
	require.Nil(t, w.state().Intent)
	require.NotNil(t, w.state().episode("idle").Call)
}

func TestAttempts_AreKeptApartOverARestart(t *testing.T) {
	w := attempted(t, 12)
	w.crash()
	w.until("3s")
	require.Nil(t, w.state().Intent)
	require.NotNil(t, w.state().episode("idle").Call)
	require.Nil(t, w.state().episode("busy").Call)
}

func TestAttempts_AreBounded(t *testing.T) {
	in := &Intent{From: 100}
	for i := range 60 {
		in.Attempts = append(in.Attempts, Attempt{To: 101 + i, Calls: []uint64{uint64(i)}}, Attempt{To: 99 - i, Calls: []uint64{uint64(100 + i)}})
	}
	var open []uint64
	for i := range 200 {
		open = append(open, uint64(i))
	}
	in.Attempts = in.merged(open)
	require.Len(t, in.Attempts, maxAttempts)
	up, down := in.settledBy(1000), in.settledBy(1)
	require.Len(t, up.Calls, 60, "of one direction none is lost")
	require.Len(t, down.Calls, 60)
}

// A call that takes minutes, where alert_ttl is seconds.
func TestIntent_OutlivesItsCallWhateverAlertTTLIs(t *testing.T) {
	for name, after := range map[string]func(w *world, e *errand){
		"it is done":   func(w *world, e *errand) { w.complete(e) },
		"it is lost":   func(w *world, e *errand) { w.fails(changeLost); w.complete(e) },
		"it is heard":  func(w *world, e *errand) { w.fails(answerLost); w.complete(e) },
		"a crash":      func(w *world, _ *errand) { w.lands = true; w.crash() },
		"another read": func(w *world, e *errand) { w.pump(e.c); w.complete(e) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "alert_ttl: 5s\n"+busyIdle, 3)
			w.async = true
			w.send(telling(firing("Busy")))
			for w.out[0].cmd.Kind != Scale {
				w.complete(w.out[0])
			}
			scale := w.out[0]
			for range 30 {
				w.untilTime(w.now.Add(20 * time.Second))
				w.send(telling(firing("Busy")))
				for _, e := range w.out {
					if e != scale {
						w.complete(e)
					}
				}
			}
			require.NotNil(t, w.state().Intent)
			after(w, scale)
			w.async = false
			for len(w.out) > 0 {
				w.complete(w.out[0])
			}
			w.send(telling(firing("Busy")))
			w.until("40m").has(5)
			require.Len(t, w.only().changes, 1)
		})
	}
}

func TestIntent_IsReadBeforeItIsForgotten(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5) // the outcome is not stored so far
	w.now = at("100h")
	w.crash()
	w.until("100h1m").has(5)
	require.Nil(t, w.state().Intent)
	require.Nil(t, w.state().episode("busy").Call)
}

func TestIntent_IsNotForgottenWhileTheCountCannotBeRead(t *testing.T) {
	w := newWorld(t, "alert_ttl: 1h\n"+busyIdle, 3)
	w.fails(answerLost)
	w.post("0s", firing("Busy")).verdict(Failed)
	for range 5000 {
		w.reads = append(w.reads, Reply{Outcome: Unavailable, Text: "no answer"})
	}
	w.until("30h")
	require.NotNil(t, w.state().Intent)
	w.reads = nil
	w.until("31h").has(5)
	require.Nil(t, w.state().Intent)
}

// A change whose answer is lost, and a count that somebody moves the other way before it is read: the change may have been
// carried out, and is not made again.
func TestIntent_ACountThatSomebodyMovedTheOtherWayIsNoReasonForAnotherStep(t *testing.T) {
	w := newWorld(t, busyIdle, 4)
	w.fails(answerLost)
	w.post("0s", firing("Busy")).verdict(Failed)
	w.somebody("0s", 2)
	w.until("1h").has(2)
}
