package engine

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHold_KeepsCallsOfItsDirectionWaiting(t *testing.T) {
	for _, c := range []struct {
		way      string
		up, down Verdict
	}{{"up", Held, Scaled}, {"down", Scaled, Held}, {"both", Held, Held}} {
		text := web + rule("stop", "Deploying", "hold: "+c.way) + rule("busy", "Busy", "up: 1") + rule("idle", "Idle", "down: 1")
		for name, want := range map[string]Verdict{"Busy": c.up, "Idle": c.down} {
			w := newWorld(t, text, 5)
			w.post("0s", firing("Deploying"), in("d")).verdict(Duplicate)
			a := w.post("1s", firing(name)).verdict(want)
			if want == Held {
				a.because(`held by "stop"`)
			}
			w.post("5m", resolved("Deploying", "5m"), in("d"))
			w.until("6m").has(map[string]int{"Busy": 6, "Idle": 4}[name])
		}
	}
}

func TestHold_TwoThatOverlap(t *testing.T) {
	w := newWorld(t, web+rule("a", "A", "hold: up")+rule("b", "B", "hold: both")+rule("busy", "Busy", "up: 1"), 5)
	w.post("0s", firing("A"), in("a"))
	w.post("1s", firing("B"), in("b"))
	w.post("2s", firing("Busy")).verdict(Held).because(`held by "a"`)
	w.post("3s", resolved("A", "3s"), in("a"))
	w.until("1m").has(5)
	w.post("1m1s", resolved("B", "1m1s"), in("b"))
	w.until("1m2s").has(6)
}

func TestHold_OneForEachDirection(t *testing.T) {
	w := newWorld(t, web+rule("a", "A", "hold: up")+rule("b", "B", "hold: down, keep_active_for: 5m")+rule("busy", "Busy", "up: 1, when: resolved")+rule("idle", "Idle", "down: 1"), 5)
	w.post("0s", firing("A"), in("a"))
	w.post("1s", firing("B"), in("b"))
	w.post("2s", firing("Busy"), in("c"))
	w.post("1m", resolved("Busy", "1m"), in("c")).verdict(Held).because(`held by "a"`)
	w.post("2m", firing("Idle").since("2m"), in("i")).verdict(Held).because(`"idle" waits: held by "b"`)
	w.post("3m", resolved("B", "3m"), in("b"))
	w.until("7m59s").has(5)
	w.until("8m").has(4) // kept for five minutes
	w.post("9m", resolved("A", "9m"), in("a"))
	w.until("9m1s").has(5)
	w.until("1h").has(5)
}

// Two of one direction, of which one ends by the clock and one by an event: the later one counts.
func TestHold_TwoOfWhichOneEndsByTheClock(t *testing.T) {
	text := atNoon + web + rule("a", "A", "hold: up, active_time_intervals: [noon]") + rule("b", "B", "hold: up") + rule("busy", "Busy", "up: 1")
	for when, then := range map[string]string{"20m": "20m=5 29m59s=5 30m=6", "40m": "40m=6"} {
		w := newWorld(t, text, 5)
		w.post("0s", firing("A"), in("a"))
		w.post("1s", firing("B"), in("b"))
		w.post("2s", firing("Busy")).verdict(Held)
		w.post(when, resolved("B", when), in("b"))
		w.counts(then)
		require.LessOrEqual(t, len(w.only().reads), 4)
	}
}

func TestHold_OfADryRuleHoldsNobody(t *testing.T) {
	w := newWorld(t, web+rule("stop", "Stop", "hold: both, dry_run: true")+rule("busy", "Busy", "up: 1"), 5)
	w.post("0s", firing("Stop"), in("s"))
	w.post("1s", firing("Busy")).is(Scaled, 5, 6)
}

const atNoon = `
time_intervals:
  - {name: noon, time_intervals: [{times: [{start_time: '12:00', end_time: '12:30'}]}]}
`

func TestMute_ACallWaitsUntilItIsOver(t *testing.T) {
	w := newWorld(t, atNoon+grows("mute_time_intervals: [noon]"), 3)
	w.post("10s", firing("Busy")).is(Muted, 3, 3).because(`muted by time interval "noon", until 12:30:00`)
	reads := len(w.only().reads)
	w.until("29m59s").has(3)
	require.Len(t, w.only().reads, reads, "nothing is read meanwhile")
	w.until("30m").has(5)
}

func TestMute_ARestartInTheMidstOfItReadsNothing(t *testing.T) {
	w := newWorld(t, atNoon+grows("mute_time_intervals: [noon]"), 3)
	w.post("10s", firing("Busy")).verdict(Muted)
	reads := len(w.only().reads)
	w.crash()
	w.until("29m59s").has(3)
	require.Len(t, w.only().reads, reads)
	w.until("30m").has(5)
}

func TestMute_ACallThatIsOverByThenIsDropped(t *testing.T) {
	w := newWorld(t, atNoon+grows("mute_time_intervals: [noon]"), 3)
	w.post("10s", firing("Busy")).verdict(Muted)
	w.post("20m", resolved("Busy", "20m"))
	w.until("1h").has(3)
}

func TestMute_ARepeatGoesOnAfterIt(t *testing.T) {
	w := newWorld(t, "alert_ttl: 48h\n"+atNoon+grows("repeat: 2m, active_time_intervals: [noon]"), 3)
	w.post("25m", firing("Busy")).is(Scaled, 3, 5)
	w.until("1h").has(9) // at 27 and 29 minutes
	w.until("24h").has(11)
}

func TestMute_AHoldThatIsMuteHoldsNothing(t *testing.T) {
	w := newWorld(t, atNoon+web+rule("stop", "Stop", "hold: up, active_time_intervals: [noon]")+rule("busy", "Busy", "up: 1"), 3)
	w.post("10s", firing("Stop"), in("s"))
	w.post("20s", firing("Busy")).verdict(Held)
	w.until("29m59s").has(3)
	w.until("30m").has(4)
}

func TestMute_ARuleThatGoesUpHoldsDownsAllTheSame(t *testing.T) {
	w := newWorld(t, atNoon+grows("mute_time_intervals: [noon]")+rule("idle", "Idle", "down: 1"), 5)
	w.post("10s", firing("Busy")).verdict(Muted)
	w.post("20s", firing("Busy"), firing("Idle")).verdict(Muted)
	w.until("29m").has(5)
}

func TestMute_AReloadMovesTheWindow(t *testing.T) {
	w := newWorld(t, atNoon+grows("mute_time_intervals: [noon]"), 3)
	w.post("10s", firing("Busy")).verdict(Muted)
	w.reload("10m", grows("cooldown: 1m"))
	w.until("10m").has(5)
}
