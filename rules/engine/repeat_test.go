package engine

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func grows(rest string) string { return web + rule("busy", "Busy", "up: 2, "+rest) }

func TestRepeat_CallsAgainWhileItIsActive(t *testing.T) {
	w := newWorld(t, grows("repeat: 2m"), 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	w.until("1m59s").has(5)
	w.until("2m").has(7)
	w.post("3m", firing("Busy")).is(Duplicate, 7, 7)
	w.until("4m").has(9)
	w.post("5m", resolved("Busy", "5m"))
	w.until("1h").has(9)
}

func TestRepeat_CountsFromWhenTheCallWasServed(t *testing.T) {
	w := newWorld(t, grows("repeat: 30s, cooldown: 1m"), 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	w.until("59s").has(5)
	w.until("1m").has(7)
	require.Len(t, w.only().reads, 2, "a call that waits for its cooldown is not read before that ends")
	w.until("2m").has(9)
}

func TestRepeat_GoesOnAtTheBound(t *testing.T) {
	w := newWorld(t, grows("repeat: 2m"), 19)
	w.post("0s", firing("Busy")).is(Scaled, 19, 20)
	w.until("2m").has(20)
	w.somebody("3m", 10)
	w.until("4m").has(12)
}

func TestRepeat_NotByAlertsThatAreSuspended(t *testing.T) {
	w := newWorld(t, grows("repeat: 2m")+rule("other", "Other", "down: 1"), 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	w.post("1m", firing("Other").since("30s")).verdict(Held)
	w.until("11m").has(15) // believed to be gone since then
	w.until("20m").has(14)
	w.post("21m", firing("Busy"), firing("Other").since("30s"))
	require.Equal(t, 16, w.only().count, "it is due at once where it comes back")
}

func TestRepeat_OnceAfterALongOutage(t *testing.T) {
	w := newWorld(t, grows("repeat: 2m"), 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	w.until("1m")
	w.now = at("1h")
	w.crash()
	w.until("1h1m59s").has(7)
	w.until("1h2m").has(9)
}

func TestRepeat_AReloadTakesItAwayOrBringsIt(t *testing.T) {
	w := newWorld(t, grows("repeat: 2m"), 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	w.reload("1m", grows("cooldown: 1m"))
	w.until("10m").has(5)
	w.reload("10m", grows("repeat: 5m"))
	require.Equal(t, 7, w.only().count, "five minutes have passed")
	w.until("15m").has(9)
}

func TestRepeat_ASetCallsForItsCountAgain(t *testing.T) {
	w := newWorld(t, web+rule("want", "Want", "set: 6, repeat: 2m"), 3)
	w.post("0s", firing("Want")).is(Scaled, 3, 6)
	w.somebody("1m", 4)
	w.until("2m").has(6)
}

// A resolve that is lost has a rule go on only until its alert is not heard of for alert_ttl.
func TestRepeat_UntilALostResolveIsFoundOut(t *testing.T) {
	w := newWorld(t, "alert_ttl: 1h\n"+grows("repeat: 20m"), 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	w.until("40m").has(9)
	w.until("11h").has(9) // at an hour it is suspended
	w.post("11h1m", firing("Busy")).is(Scaled, 9, 11)
	w.until("11h21m").has(13)
	w.post("11h22m", resolved("Busy", "11h22m"))
	w.until("20h").has(13)
}
