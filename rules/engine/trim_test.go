package engine

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// crowd is what is known of n alerts of the rule busy, in a phase, heard of one second after the other.
func crowd(n int, phase AlertPhase) RefState {
	s := RefState{Target: "web", Calls: 1}
	for i := range n {
		when := epoch.Add(time.Duration(i) * time.Second)
		h := AlertState{Phase: phase, StartsAt: epoch, At: when, Rules: []string{"busy"}}
		if phase == Resolved {
			h.EndsAt = when
		}
		s.putAlert(fmt.Sprintf("%05d", i), h)
	}
	s.setEpisode("busy", &Episode{Since: epoch})
	return s
}

func TestEpisodes_TheOldestResolvesAreForgottenFirst(t *testing.T) {
	h := newHand(t, busyIdle)
	h.state = crowd(maxAlerts, Resolved)
	h.state.episode("busy").Ended = epoch
	h.hear("5h", firing("Busy").with("pod", "x"), firing("Busy").with("pod", "y"), resolved("Busy", "5h").with("pod", "z"))
	require.Equal(t, maxAlerts, h.state.alerts.n)
	require.Equal(t, 2, h.state.FiringByRule()["busy"])
	require.NotContains(t, h.state.plain().Alerts, "00002")
	require.Contains(t, h.state.plain().Alerts, "00003")
	require.Contains(t, h.state.plain().Alerts, fp(resolved("Busy", "5h").with("pod", "z")))
}

func TestEpisodes_TheLastAlertOfARuleOutlivesACrowdOfAnothers(t *testing.T) {
	h := newHand(t, busyIdle)
	h.hear("0s", firing("Idle"), in("i"))
	one := h.state.known(fp(firing("Idle")))
	h.state = crowd(maxAlerts+5, Firing)
	h.state.putAlert(fp(firing("Idle")), one)
	h.state.setEpisode("idle", &Episode{Since: epoch}) // served
	h.hear("3h", firing("Busy").with("pod", "x"), in(""))
	require.Equal(t, maxAlerts, h.state.alerts.n)
	require.Contains(t, h.state.plain().Alerts, fp(firing("Idle")))
	h.hear("3h1m", firing("Idle"), in("i"))
	require.False(t, h.state.open(), "it is not taken for new")
}

func TestEpisodes_ACrowdOfRulesIsCappedAllTheSame(t *testing.T) {
	h := newHand(t, busyIdle)
	h.state = crowd(maxAlerts+5, Firing)
	i := 0
	for fp, heard := range h.state.allAlerts() {
		i++
		heard.Rules = []string{fmt.Sprint("r", i)}
		h.state.putAlert(fp, heard)
	}
	h.state.trim()
	require.Equal(t, maxAlerts, h.state.alerts.n)
}
