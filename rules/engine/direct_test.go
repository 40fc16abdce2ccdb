package engine

import (
	"fmt"
	"testing"
	"time"

	"alertscale/rules"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// told posts what Prometheus itself says: a list, of no group, of which each alert that fires ends in four minutes.
func (w *world) told(when string, all ...*spoken) *answer {
	w.t.Helper()
	w.until(when)
	e := &rules.Event{Receiver: "api/v2/alerts"}
	for _, s := range all {
		if !s.Resolved && s.EndsAt.IsZero() {
			s.EndsAt = w.now.Add(4 * time.Minute)
		}
		s.add(e)
	}
	return w.send(e)
}

// ending sets until when an alert fires unless it is heard of again.
func (s *spoken) ending(end string) *spoken { s.EndsAt = at(end); return s }

func TestDirect_AStepAtOnceAndARepeatIsNone(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.told("0s", firing("Busy")).is(Scaled, 3, 5).by("busy")
	stored, reads := w.store.writes, len(w.only().reads)
	for minute := 1; minute <= 20; minute++ {
		w.told(fmt.Sprintf("%dm", minute), firing("Busy")).is(Duplicate, 5, 5)
	}
	require.Len(t, w.only().reads, reads, "a repeat reads nothing")
	require.LessOrEqual(t, w.store.writes-stored, 21, "and is stored late, once a minute at the most")
	require.Equal(t, map[string]int{"busy": 1}, w.state().FiringByRule())
	w.told("21m", resolved("Busy", "21m")).verdict(Ended)
	w.has(5)
}

func TestDirect_ALostResolveEndsByItself(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.told("0s", firing("Busy")).is(Scaled, 3, 5)
	w.told("3m", firing("Busy")).verdict(Duplicate)
	w.post("4m", firing("Idle")).verdict(Held)
	w.until("6m59s").has(5)
	w.until("7m")
	require.Equal(t, map[string]int{"idle": 1}, w.state().FiringByRule())
	require.Equal(t, Suspended, w.state().known(fmt.Sprint(firing("Busy").Labels)).Phase)
	w.until("9m").has(4)
	w.told("10m", firing("Busy")).verdict(Duplicate) // it comes back, without being new
	require.Equal(t, map[string]int{"busy": 1, "idle": 1}, w.state().FiringByRule())
	w.until("1h").has(4)
}

func TestDirect_TheLatestEndCounts(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.told("0s", firing("Busy").ending("30m"))
	w.told("1m", firing("Busy").ending("2m")).verdict(Duplicate)
	w.until("29m59s")
	require.NotEmpty(t, w.state().FiringByRule())
	w.until("30m")
	require.Empty(t, w.state().FiringByRule())
}

func TestDirect_AnEndThatIsFarAheadCountsForAlertTTL(t *testing.T) {
	w := newWorld(t, "alert_ttl: 10m\n"+busyIdle, 3)
	w.told("0s", firing("Busy").ending("1000h"))
	w.told("5m", firing("Busy").ending("1000h")).verdict(Duplicate)
	w.until("14m59s")
	require.NotEmpty(t, w.state().FiringByRule())
	w.until("15m")
	require.Empty(t, w.state().FiringByRule())
}

func TestDirect_WhatIsLeftOutSaysNothing(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.told("0s", firing("Busy").ending("2h"))
	for minute := 1; minute < 60; minute++ {
		w.told(fmt.Sprintf("%dm", minute), firing("Idle").since(fmt.Sprintf("%dm", minute)).ending("2h"))
	}
	require.Equal(t, 1, w.state().FiringByRule()["busy"])
}

func TestDirect_ARestartedPrometheusIsNoNewStep(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.told("0s", firing("Busy")).is(Scaled, 3, 5)
	w.told("2m", firing("Busy").since("110s")).is(Duplicate, 5, 5) // it has lost when the alert began
	stored := w.store.writes
	w.told("2m30s", firing("Busy").since("110s")).is(Duplicate, 5, 5)
	require.Equal(t, stored, w.store.writes)
	w.told("4m", resolved("Busy", "4m")).verdict(Ended)
	w.told("5m", firing("Busy").since("5m")).is(Scaled, 5, 7)
}

func TestDirect_AnAlertThatBeginsAfterAnEndIsNew(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.told("0s", firing("Busy")).is(Scaled, 3, 5)
	w.told("20m", firing("Busy").since("20m")).is(Scaled, 5, 7)
}

func TestDirect_ItIsStoredUntilWhenItFires(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.told("0s", firing("Busy"))
	w.told("1m", firing("Busy"))
	w.until("2m")
	w.crash()
	w.until("4m59s")
	require.NotEmpty(t, w.state().FiringByRule())
	w.until("5m")
	require.Empty(t, w.state().FiringByRule())
}

func TestDirect_BesideAnAlertmanager(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.told("0s", firing("Busy")).is(Scaled, 3, 5)
	w.post("30s", firing("Busy")).is(Duplicate, 5, 5)
	w.told("1m", firing("Busy")).is(Duplicate, 5, 5)
	w.until("1h")
	require.NotEmpty(t, w.state().FiringByRule(), "it goes on by what Alertmanager said")
	w.told("2h", firing("Busy")).is(Duplicate, 5, 5)
	w.post("2h1m", firing("Other").since("2h1m"))
	w.told("2h3m", firing("Busy"))
	w.told("2h6m", firing("Busy"))
	w.told("2h9m", firing("Busy"))
	w.told("2h12m", firing("Busy"))
	require.NotEmpty(t, w.state().FiringByRule(), "Alertmanager leaves it out, and Prometheus goes on")
	w.until("2h16m")
	require.Empty(t, w.state().FiringByRule())
	w.until("3h").has(5)
}

func TestDirect_AnotherPrometheusThatIsLate(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.told("0s", firing("Busy")).is(Scaled, 3, 5)
	w.told("2m", resolved("Busy", "2m")).verdict(Ended)
	for _, when := range []string{"3m", "4m", "5m"} { // one of both still says so
		w.told(when, firing("Busy"))
	}
	require.Empty(t, w.state().FiringByRule())
	w.until("12m")
	require.Empty(t, w.state().FiringByRule(), "its end passed before its word counted")
	for minute := 13; minute < 20; minute++ {
		w.told(fmt.Sprintf("%dm", minute), firing("Busy"))
	}
	require.NotEmpty(t, w.state().FiringByRule())
	w.has(5)
}

func TestDirect_AClockThatIsSetBackDoesNotKeepItFiring(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.told("10h", firing("Busy").since("10h"))
	w.clock("1h")
	w.until("1h4m")
	require.Empty(t, w.state().FiringByRule())
}

func TestDirect_TimesThatCannotBeStored(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.odd = true
	far := time.Date(20_000, time.January, 1, 0, 0, 0, 0, time.UTC)
	s := firing("Busy")
	s.EndsAt = far
	w.told("0s", s).is(Scaled, 3, 5)
	w.crash()
	w.until("12h")
	require.Empty(t, w.state().FiringByRule())
}

// TestProperty_Direct: whatever is posted when, an alert fires as long as the latest end that was heard lies ahead, but
// after a resolve; a rule steps once an episode; and the process may crash in between.
func TestProperty_Direct(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		w := newWorld(r, "alert_ttl: 1h\n"+web+rule("busy", "Busy", "up: 1"), 3)
		var start, until time.Time // of the alert that fires; zero: none does
		for range rapid.IntRange(1, 40).Draw(r, "posts") {
			w.untilTime(w.now.Add(time.Duration(rapid.IntRange(60, 600).Draw(r, "pause")) * time.Second))
			if !w.now.Before(until) {
				start, until = time.Time{}, time.Time{}
			}
			switch what := rapid.IntRange(0, 5).Draw(r, "what"); {
			case what == 0 && !start.IsZero():
				s := resolved("Busy", "0s")
				s.StartsAt, s.EndsAt = start, w.now
				w.told(w.now.Sub(epoch).String(), s).verdict(Ended)
				start, until = time.Time{}, time.Time{}
			case what == 1:
				w.untilTime(w.now.Add(heardLate + time.Second)) // by then it is stored
				w.crash()
				if !w.now.Before(until) {
					start, until = time.Time{}, time.Time{}
				}
			default:
				if start.IsZero() {
					start = w.now
				}
				s := firing("Busy")
				s.StartsAt, s.EndsAt = start, w.now.Add(time.Duration(rapid.IntRange(1, 7200).Draw(r, "lasts"))*time.Second)
				until = later(until, earlier(s.EndsAt, w.now.Add(time.Hour)))
				w.told(w.now.Sub(epoch).String(), s)
			}
			w.untilTime(w.now)
			require.Equal(r, w.now.Before(until), w.state().FiringByRule()["busy"] == 1)
		}
	})
}

// grown is a file with a rule that repeats, and an Alertmanager that is asked.
var grown = lookedUp + web + rule("busy", "Busy", "up: 2, repeat: 2m") + rule("idle", "Idle", "down: 1")

func TestDirect_ASilenceStopsARepeatWhereAlertmanagerIsAsked(t *testing.T) {
	w := newWorld(t, grown, 3)
	minute := func(n int) { w.told(fmt.Sprintf("%dm", n), firing("Busy")) }
	minute(0)
	require.Zero(t, w.asks, "Alertmanager may not have it yet")
	minute(1)
	minute(2)
	w.has(7)
	require.Equal(t, 1, w.asks)
	w.lostAt = map[string]bool{"Busy": true} // or it is silenced there
	for n := 3; n <= 30; n++ {
		minute(n)
	}
	w.has(7)
	require.Empty(t, w.state().FiringByRule())
	require.Less(t, w.asks, 10, "it is looked up less and less often")
	w.crash()
	minute(31)
	require.Empty(t, w.state().FiringByRule(), "that is known after a restart, too")
	w.told("32m", firing("Busy").since("31m30s")).verdict(Duplicate) // Prometheus was restarted
	w.lostAt = nil
	for n := 33; n <= 50; n++ {
		minute(n)
	}
	require.NotEmpty(t, w.state().FiringByRule(), "the silence is over")
	require.Greater(t, w.only().count, 7)
}

func TestDirect_WhatIsSilencedDoesNotHold(t *testing.T) {
	w := newWorld(t, lookedUp+busyIdle, 3)
	w.told("0s", firing("Busy")).is(Scaled, 3, 5)
	w.told("1m", firing("Busy"))
	w.lostAt = map[string]bool{"Busy": true}
	w.told("2m", firing("Busy"), firing("Idle").since("2m")).verdict(Cooling)
	w.until("5m").has(4)
	w.told("5m30s", firing("Busy")).is(Duplicate, 4, 4)
	w.until("20m")
	require.False(t, w.state().silenced(), "its end has passed")
	w.told("20m", firing("Busy")).verdict(Duplicate)
	require.Equal(t, 1, w.state().FiringByRule()["busy"])
}

func TestDirect_WhatIsSilencedIsResolved(t *testing.T) {
	w := newWorld(t, lookedUp+busyIdle, 3)
	w.told("0s", firing("Busy")).is(Scaled, 3, 5)
	w.lostAt = map[string]bool{"Busy": true}
	w.told("2m", firing("Busy"), firing("Idle").since("2m"))
	w.told("3m", resolved("Busy", "3m")).verdict(Cooling)
	require.Equal(t, Resolved, w.state().known(fp(firing("Busy"))).Phase)
	w.told("4m", firing("Busy").since("4m")).is(Scaled, 5, 7)
}

func TestDirect_WithoutAnAlertmanagerAnyMoreItsWordIsForgotten(t *testing.T) {
	w := newWorld(t, lookedUp+busyIdle, 3)
	w.told("0s", firing("Busy")).is(Scaled, 3, 5)
	w.lostAt = map[string]bool{"Busy": true}
	w.told("2m", firing("Busy"), firing("Idle").since("2m"))
	require.True(t, w.state().silenced())
	w.reload("2m30s", busyIdle)
	w.told("3m", firing("Busy")).verdict(Held)
	require.Equal(t, 1, w.state().FiringByRule()["busy"])
}
