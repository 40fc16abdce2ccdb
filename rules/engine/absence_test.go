package engine

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAbsence_OfTheLastGroupThatToldOfItSuspends(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy"))
	w.post("1m", firing("Busy"), in("h"))
	w.post("2m", firing("Busy"), receiver("other"))
	other := firing("Busy").with("pod", "b")
	for i, left := range [][]said{{}, {in("h")}, {receiver("other"), other}} {
		require.Truef(t, w.state().fires("busy"), "%d", i)
		w.post(fmt.Sprintf("%dm", 5+i), left...)
	}
	require.Equal(t, 1, w.state().firing()["busy"])
	require.Equal(t, Suspended, w.state().Alerts[fmt.Sprint(firing("Busy").Labels)].Phase)
	w.until("1h").has(5) // the other pod came before the known one left
}

func TestAbsence_OfATruncatedNotificationSaysNothing(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy"))
	w.post("5m", truncated(3))
	w.post("6m", in("h"))
	w.post("7m", in(""))
	require.True(t, w.state().fires("busy"))
	w.post("8m")
	require.False(t, w.state().fires("busy"))
}

func TestAbsence_OfOneWithoutAGroupKeySaysNothing(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy"), in(""))
	w.post("5m", in(""))
	w.post("6m")
	require.True(t, w.state().fires("busy"))
}

func TestAbsence_AnOpenCallWaitsAndGoesOn(t *testing.T) {
	w := newWorld(t, busyIdle, 10)
	w.post("0s", firing("Busy").with("pod", "a"), in("h")).is(Scaled, 10, 12)
	w.post("10s", resolved("Busy", "10s").with("pod", "a"), in("h"))
	w.post("20s", firing("Idle")).verdict(Cooling)
	w.post("1m") // silenced while it waits for its cooldown
	w.until("20m").has(12)
	require.False(t, w.state().open())
	w.post("20m", firing("Idle")).is(Scaled, 12, 11)
	w.post("30m")
	w.post("40m", firing("Idle")).is(Duplicate, 11, 11) // served: not repeated
	w.until("3h").has(11)
}

func TestAbsence_ASuspendedRuleHoldsNobody(t *testing.T) {
	w := newWorld(t, busyIdle, 10)
	w.post("0s", firing("Busy")).is(Scaled, 10, 12)
	w.post("10m", firing("Idle"), in("h")).verdict(Held)
	w.post("10m10s")          // busy is silenced
	w.until("11m10s").has(11) // a minute later at the latest
}

func TestAbsence_AResolveEndsASuspendedAlertAsUsual(t *testing.T) {
	w := newWorld(t, web+rule("calm", "Busy", "down: 1, when: resolved"), 5)
	w.post("0s", firing("Busy")).verdict(Duplicate)
	w.post("10m")
	w.post("20m", resolved("Busy", "20m")).is(Scaled, 5, 4).by("calm").because("the last alert is resolved")
}

func TestAbsence_AnEpisodeWithASuspendedAlertIsNotOver(t *testing.T) {
	w := newWorld(t, web+rule("calm", "Busy", "down: 1, when: resolved"), 5)
	a, b := firing("Busy").with("pod", "a"), firing("Busy").with("pod", "b")
	w.post("0s", a, b)
	w.post("10m", a)
	w.post("20m", resolved("Busy", "20m").with("pod", "a")).verdict(Duplicate)
	w.until("21m").has(5)
	w.post("22m", resolved("Busy", "22m").with("pod", "b")).is(Scaled, 5, 4)
}

func TestAbsence_ForgettingEndsAnEpisodeButNotByAResolve(t *testing.T) {
	w := newWorld(t, web+rule("calm", "Busy", "down: 1, when: resolved"), 5)
	a, b := firing("Busy").with("pod", "a"), firing("Busy").with("pod", "b")
	w.post("0s", a, b)
	w.post("10m", a)
	w.post("20m", resolved("Busy", "20m").with("pod", "a"))
	w.until("24h9m")
	require.Contains(t, w.state().Episodes, "calm")
	w.until("24h10m") // twice alert_ttl after b was suspended
	require.NotContains(t, w.state().Episodes, "calm")
	w.until("100h").has(5)
	w.forgot()
}

func TestAbsence_WhatIsForgottenIsNewWhenItComesBack(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	w.post("10m")
	w.post("24h9m", firing("Busy")).is(Duplicate, 5, 5)
	w.post("24h10m")
	w.post("48h11m", firing("Busy")).is(Scaled, 5, 7)
}

func TestAbsence_ARefThatIsLeftOutGetsNoDecision(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy"))
	require.Empty(t, w.post("10m", firing("Other")).all)
}

func TestAbsence_OfOneOfTheAlertsOfARefThatIsTold(t *testing.T) {
	w := newWorld(t, busyIdle, 10)
	w.post("0s", firing("Busy"), firing("Idle")).is(Scaled, 10, 12).
		because(`"idle" waits: held while "busy" is active, which goes up`)
	w.post("10m", firing("Idle")).is(Scaled, 12, 11) // busy is left out
}

func TestAbsence_AnAlertThatStandsTwiceHidesNone(t *testing.T) {
	w := newWorld(t, busyIdle, 10)
	a, b := firing("Busy").with("pod", "a"), firing("Busy").with("pod", "b")
	w.post("0s", a, b)
	w.post("1m", a, a)
	require.Equal(t, 1, w.state().firing()["busy"])
}

func TestLostWords_AnAlertNotHeardOfForItsTTLIsSuspended(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	w.post("4h", firing("Busy"))
	w.until("15h59m59s")
	require.True(t, w.state().fires("busy"))
	w.until("16h")
	require.False(t, w.state().fires("busy"))
	w.post("17h", firing("Busy")).is(Duplicate, 5, 5) // it comes back without being new
	require.True(t, w.state().fires("busy"))
	w.until("29h")
	w.until("53h") // twice the ttl later it is forgotten
	w.forgot()
	w.has(5)
}

func TestLostWords_TheTTLIsTheFiles(t *testing.T) {
	w := newWorld(t, "alert_ttl: 20m\n"+busyIdle, 3)
	w.post("0s", firing("Busy"))
	w.post("1m", firing("Idle"), in("h")).verdict(Cooling)
	w.until("19m").has(5)
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
	w.now = at("200h") // it was not there
	w.crash()
	w.post("200h", firing("Busy")).verdict(Duplicate)
	w.until("201h").has(5)
}
