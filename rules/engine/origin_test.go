package engine

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A decision names the notification that brought its alerts, also when the call has waited, over a restart too.
func TestADecisionNamesItsNotification(t *testing.T) {
	w := newWorld(t, web+rule("busy", "Busy", "up: 2")+rule("more", "More", "up: 3, repeat: 10m"), 3)
	a := w.post("0s", firing("Busy"), in("g1"))
	a.is(Scaled, 3, 5)
	require.Equal(t, []string{"alertscale", "g1"}, []string{a.all[0].Receiver, a.all[0].Group})
	a = w.post("10s", firing("More"), receiver("other"), in("g2")).verdict(Cooling)
	require.Equal(t, []string{"other", "g2"}, []string{a.all[0].Receiver, a.all[0].Group})
	w.crash()
	w.until("15m")
	var origins []string
	for _, d := range w.log {
		if d.Verdict == Scaled {
			origins = append(origins, d.Rule+" "+d.Receiver+" "+d.Group)
		}
	}
	require.Equal(t, []string{"more other g2", "more other g2"}, origins, "when the cooldown ends, and when it repeats")
	a = w.post("20m", resolved("Busy", "20m"), in("g1")).verdict(Ended)
	require.Equal(t, []string{"alertscale", "g1"}, []string{a.all[0].Receiver, a.all[0].Group})
}
