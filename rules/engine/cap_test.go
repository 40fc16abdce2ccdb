package rules

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// crowd is a memory of n alerts of the rule busy, in a state, heard of one second after the other.
func crowd(n int, state State) Memory {
	m := Memory{Target: "web", Alerts: map[string]Heard{}, Episodes: map[string]*Episode{}, Calls: 1}
	for i := range n {
		when := epoch.Add(time.Duration(i) * time.Second)
		h := Heard{State: state, StartsAt: epoch, At: when, Rules: []string{"busy"}}
		if state == Resolved {
			h.EndsAt = when
		}
		m.Alerts[fmt.Sprintf("%05d", i)] = h
	}
	m.Episodes["busy"] = &Episode{Since: epoch}
	return m
}

func TestEpisodes_TheOldestResolvesAreForgottenFirst(t *testing.T) {
	h := newHand(t, busyIdle)
	h.mem = crowd(maxAlerts, Resolved)
	h.mem.Episodes["busy"].Ended = epoch
	h.hear("5h", firing("Busy").with("pod", "x"), firing("Busy").with("pod", "y"), resolved("Busy", "5h").with("pod", "z"))
	require.Len(t, h.mem.Alerts, maxAlerts)
	require.Equal(t, 2, h.mem.Firing()["busy"])
	require.NotContains(t, h.mem.Alerts, "00002")
	require.Contains(t, h.mem.Alerts, "00003")
	require.Contains(t, h.mem.Alerts, fp(resolved("Busy", "5h").with("pod", "z")))
}

func TestEpisodes_TheLastAlertOfARuleOutlivesACrowdOfAnothers(t *testing.T) {
	h := newHand(t, busyIdle)
	h.hear("0s", firing("Idle"), in("i"))
	one := h.mem.Alerts[fp(firing("Idle"))]
	h.mem = crowd(maxAlerts+5, Firing)
	h.mem.Alerts[fp(firing("Idle"))] = one
	h.mem.Episodes["idle"] = &Episode{Since: epoch} // served
	h.hear("3h", firing("Busy").with("pod", "x"), in(""))
	require.Len(t, h.mem.Alerts, maxAlerts)
	require.Contains(t, h.mem.Alerts, fp(firing("Idle")))
	h.hear("3h1m", firing("Idle"), in("i"))
	require.False(t, h.mem.Open(), "it is not taken for new")
}

func TestEpisodes_ACrowdOfRulesIsCappedAllTheSame(t *testing.T) {
	h := newHand(t, busyIdle)
	h.mem = crowd(maxAlerts+5, Firing)
	i := 0
	for fp, heard := range h.mem.Alerts {
		i++
		heard.Rules = []string{fmt.Sprint("r", i)}
		h.mem.Alerts[fp] = heard
	}
	h.mem.cap()
	require.Len(t, h.mem.Alerts, maxAlerts)
}
