package engine

import (
	"testing"
	"time"

	"alertscale/rules"

	"github.com/stretchr/testify/require"
)

// pause pauses the only ref, and lets that be stored.
func (w *world) pause(d rules.Direction, length time.Duration) {
	c := w.cycle(parseRef("sim:web"))
	c.Pause(Pause{Direction: d, Until: w.now.Add(length)}, w.now)
	w.pump(c)
	require.True(w.t, c.Stored())
}

func TestPause_KeepsCallsWaitingUntilItEnds(t *testing.T) {
	for _, crash := range []bool{false, true} {
		w := newWorld(t, busyIdle, 3)
		w.pause(rules.Stay, 2*time.Hour)
		w.post("1m", firing("Busy")).is(Paused, 3, 3).because("paused over the API until 14:00:00")
		reads := len(w.only().reads)
		if crash {
			w.crash()
		}
		w.until("1h59m").has(3)
		require.LessOrEqual(t, len(w.only().reads), reads+1)
		w.until("2h").has(5)
		require.Empty(t, w.state().policies().Pauses)
	}
}

func TestPause_OfADirection(t *testing.T) {
	w := newWorld(t, busyIdle, 5)
	w.pause(rules.Down, time.Hour)
	w.post("1m", firing("Idle")).verdict(Paused)
	w.post("2m", firing("Busy"), in("b")).is(Scaled, 5, 7)
	w.post("3m", resolved("Busy", "3m"), in("b"))
	w.until("59m").has(7)
	w.until("1h").has(6)
}

func TestPause_Resume(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.pause(rules.Up, time.Hour)
	w.pause(rules.Up, 2*time.Hour) // in place of the first
	w.post("1m", firing("Busy")).verdict(Paused)
	c := w.cycle(parseRef("sim:web"))
	require.False(t, c.Resume(rules.Down, w.now))
	require.True(t, c.Resume(rules.Stay, w.now))
	w.pump(c)
	w.until("1m1s").has(5)
	require.False(t, c.Resume(rules.Stay, w.now))
}

func TestPause_ThatExpiresWithinACooldown(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	w.pause(rules.Stay, 30*time.Second)
	w.post("10s", resolved("Busy", "10s"))
	w.post("15s", firing("Busy").since("12s")).verdict(Paused)
	w.until("59s").has(5)
	w.until("1m").has(7)
}

func TestPause_IsForgottenWhenItIsOver(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.pause(rules.Stay, time.Hour)
	w.until("59m")
	require.NotEmpty(t, w.store.records)
	w.until("1h2m")
	require.Empty(t, w.store.records)
}

func TestPause_OutlivesAConflictOfTheStore(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	w.until("1m")
	w.store.fails(outrun)
	w.pause(rules.Stay, time.Hour)
	w.post("2m", resolved("Busy", "2m"))
	w.post("5m", firing("Busy").since("5m")).verdict(Paused)
	w.store.fails(outrun)
	require.True(t, w.cycle(parseRef("sim:web")).Resume(rules.Stay, w.now))
	w.pump(w.cycle(parseRef("sim:web")))
	require.Empty(t, w.state().Pauses())
	w.until("6m").has(7)
}

// Whoever is told that a ref is paused sees no change of it from then on.
func TestPause_TakesAChangeBackThatIsNotAskedForSoFar(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.async = true
	w.post("0s", firing("Busy"))
	for len(w.out) > 0 {
		require.NotEqual(t, Scale, w.out[0].cmd.Kind)
		if w.out[0].cmd.Kind == Save && w.state().Intent != nil {
			w.cycle(parseRef("sim:web")).Pause(Pause{Until: at("1h")}, w.now)
		}
		w.complete(w.out[0])
	}
	require.Nil(t, w.state().Intent)
	w.async = false
	w.until("59m59s").has(3)
	w.until("1h").has(5)
}
