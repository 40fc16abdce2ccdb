package engine

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLostWords_AnAlertNotHeardOfForItsTTLIsSuspended(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	w.post("4h", firing("Busy"))
	w.until("15h59m59s")
	require.Positive(t, w.state().firing("busy"))
	w.until("16h")
	require.Zero(t, w.state().firing("busy"))
	w.post("17h", firing("Busy")).is(Duplicate, 5, 5) // it comes back without being new
	require.Positive(t, w.state().firing("busy"))
	w.until("29h")
	require.Zero(t, w.state().firing("busy"))
	w.until("173h") // six days later it is forgotten
	w.forgot()
	w.has(5)
}

func TestLostWords_ARepeatAfterDaysIsNoNewAlert(t *testing.T) {
	for _, ttl := range []string{"1m", "2h", "12h"} {
		for _, back := range []string{"36h", "108h", "140h"} {
			w := newWorld(t, "alert_ttl: "+ttl+"\n"+busyIdle, 3)
			w.post("0s", firing("Busy")).is(Scaled, 3, 5)
			w.post(back, firing("Busy")).is(Duplicate, 5, 5)
			w.untilTime(w.now.Add(at("1h").Sub(epoch))).has(5)
		}
	}
}

func TestLostWords_TheTTLIsTheFiles(t *testing.T) {
	w := newWorld(t, "alert_ttl: 20m\n"+busyIdle, 3)
	w.post("0s", firing("Busy"))
	w.post("1m", firing("Idle"), in("h")).verdict(Held)
	w.until("19m59s").has(5)
	w.until("20m").has(4) // busy holds no longer
}

func TestLostWords_TheStartOfOneThatWasLostIsNew(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy"))
	w.post("13h", firing("Busy").since("11h")).is(Scaled, 5, 7)
}

func TestLostWords_ADeafProcessTakesAlertsUpAsTheyWere(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy"))
	w.now = at("140h") // it was not there
	w.crash()
	w.post("140h", firing("Busy")).verdict(Duplicate)
	w.until("141h").has(5)
}
