package engine

import (
	"fmt"
	"testing"

	"alertscale/rules"

	"github.com/stretchr/testify/require"
)

// young is an alert that no rule is for. It makes a notification younger than what was heard before it began.
func young(when string) said { return firing("Other").since(when) }

// silenced lets the group leave out all that it told of, by one notification that is certain.
func (w *world) silenced(when string, what ...said) { w.post(when, append(what, young(when))...) }

func TestAbsence_IsBelievedTenMinutesAfterTheFirstOmission(t *testing.T) {
	for name, again := range map[string][][]said{
		"of a notification that is younger than what was heard": {{young("5m")}},
		"and of another one":        {{}, {}},
		"a third changes nothing":   {{}, {}, {}},
		"a resolve makes it young":  {{resolved("Other", "4m")}},
		"one without a word of any": {{}, {young("6m")}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, busyIdle, 3)
			w.post("0s", firing("Busy"))
			for i, what := range again {
				w.post(fmt.Sprintf("%dm", 5+i), what...)
			}
			w.until("14m59s")
			require.Positive(t, w.state().firing("busy"))
			w.until("15m")
			require.Zero(t, w.state().firing("busy"))
			require.Equal(t, Suspended, w.state().known(fp(firing("Busy"))).Phase)
		})
	}
}

func TestAbsence_OfOneNotificationThatKnowsNothingLaterIsNotBelieved(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy"))
	w.post("4m", firing("Busy"))
	w.post("5m", firing("Other").since("4m")) // not later than what was heard
	w.until("11h")
	require.Positive(t, w.state().firing("busy"))
}

func TestAbsence_ALaterOmissionMakesTheFirstOneCertain(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy"))
	w.post("5m")
	w.until("1h")
	require.Positive(t, w.state().firing("busy"))
	w.post("1h") // ten minutes after the first are over by far
	require.Zero(t, w.state().firing("busy"))
}

func TestAbsence_AWordOfTheGroupInBetweenUndoesIt(t *testing.T) {
	for name, word := range map[string]*spoken{
		"that it fires":               firing("Busy"),
		"that an earlier one is over": resolved("Busy", "-1m"),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, busyIdle, 3)
			w.post("0s", firing("Busy"))
			w.post("5m")
			w.post("6m", word)
			w.post("7m") // the first of another row
			w.until("3h")
			require.Positive(t, w.state().firing("busy"))
			w.post("3h1m", word, young("3h"))
			w.post("3h2m", young("3h2m"))
			w.until("3h11m59s")
			require.Positive(t, w.state().firing("busy"))
			w.until("3h12m")
			require.Zero(t, w.state().firing("busy"))
		})
	}
}

func TestAbsence_AWordOfAnotherGroupDoesNotUndoIt(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy"))
	w.post("5m", young("5m"))
	w.post("6m", firing("Busy"), in("h"))
	w.post("7m", in("h"), young("7m"))
	w.until("16m59s") // g has dropped it, h has not
	require.Positive(t, w.state().firing("busy"))
	w.until("17m")
	require.Zero(t, w.state().firing("busy"))
}

func TestAbsence_OfTheLastGroupThatToldOfItSuspends(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy"))
	w.post("1m", firing("Busy"), in("h"))
	w.post("2m", firing("Busy"), receiver("other"))
	other := firing("Busy").with("pod", "b")
	for i, left := range [][]said{{young("4m")}, {in("h"), young("4m")}, {receiver("other"), other, young("4m")}} {
		w.post(fmt.Sprintf("%dm", 5+i), left...)
	}
	w.until("16m59s")
	require.Equal(t, 2, w.state().FiringByRule()["busy"])
	w.until("17m")
	require.Equal(t, 1, w.state().FiringByRule()["busy"])
	w.until("1h").has(5) // the other pod came before the known one left
}

func TestAbsence_OfATruncatedNotificationSaysNothing(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy"))
	for _, what := range [][]said{{truncated(3)}, {in("h")}, {in("")}} {
		w.post("5m", append(what, young("5m"))...)
	}
	w.until("1h")
	require.Positive(t, w.state().firing("busy"))
}

func TestAbsence_OfOneWithoutAGroupKeySaysNothing(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy"), in(""))
	w.silenced("5m", in(""))
	w.silenced("6m")
	w.until("1h")
	require.Positive(t, w.state().firing("busy"))
}

func TestAbsence_AnOpenCallWaitsAndGoesOn(t *testing.T) {
	w := newWorld(t, web+rule("busy", "Busy", "up: 2")+rule("idle", "Idle", "down: 1, cooldown: 20m"), 10)
	w.post("0s", firing("Busy").with("pod", "a"), in("h")).is(Scaled, 10, 12)
	w.post("10s", resolved("Busy", "10s").with("pod", "a"), in("h"))
	w.post("20s", firing("Idle")).verdict(Cooling)
	w.silenced("1m") // while it waits for its cooldown
	w.until("30m").has(12)
	require.False(t, w.state().open())
	w.post("30m", firing("Idle")).is(Scaled, 12, 11)
	w.silenced("40m")
	w.post("1h", firing("Idle")).is(Duplicate, 11, 11) // served: not repeated
	w.until("3h").has(11)
}

func TestAbsence_ASuspendedRuleHoldsNobody(t *testing.T) {
	w := newWorld(t, busyIdle, 10)
	w.post("0s", firing("Busy")).is(Scaled, 10, 12)
	w.post("10m", firing("Idle"), in("h")).verdict(Held)
	w.silenced("11m")
	w.until("20m59s").has(12)
	w.until("21m").has(11) // at once
}

func TestAbsence_AResolveEndsASuspendedAlertAsUsual(t *testing.T) {
	w := newWorld(t, web+rule("calm", "Busy", "down: 1, when: resolved"), 5)
	w.post("0s", firing("Busy")).verdict(Duplicate)
	w.silenced("10m")
	w.until("20m")
	require.Zero(t, w.state().firing("calm"))
	w.post("20m", resolved("Busy", "20m")).is(Scaled, 5, 4).by("calm").because("the last alert is resolved")
}

var calmBusy = web + rule("busy", "Busy", "up: 2") + rule("calm", "Busy", "down: 1, when: resolved")

func TestAbsence_AResolveEndsAnEpisodeThoughSuspendedAlertsRemain(t *testing.T) {
	w := newWorld(t, calmBusy, 5)
	a, b := firing("Busy").with("pod", "a"), firing("Busy").with("pod", "b")
	w.post("0s", a, b).is(Scaled, 5, 7)
	w.silenced("10m", a)
	w.until("20m")
	w.post("20m", resolved("Busy", "20m").with("pod", "a")).is(Scaled, 7, 6).by("calm")
	require.Equal(t, Suspended, w.state().known(fp(b)).Phase, "it stays remembered")
	w.post("30m", b).is(Duplicate, 6, 6) // it comes back without being new: the episode resumes, and was served
	require.Positive(t, w.state().firing("busy"))
	w.post("40m", resolved("Busy", "40m").with("pod", "b")).verdict(Ended)
	w.until("3h").has(6)
}

func TestAbsence_AnEpisodeWithASuspendedAlertAloneIsNotOver(t *testing.T) {
	w := newWorld(t, calmBusy, 5)
	w.post("0s", firing("Busy")).is(Scaled, 5, 7)
	w.silenced("10m")
	w.until("100h").has(7)
	require.Contains(t, w.state().plain().Episodes, "calm")
	require.True(t, w.state().episode("calm").Ended.IsZero())
}

func TestAbsence_ForgettingEndsAnEpisodeButNotByAResolve(t *testing.T) {
	for _, c := range []struct{ ttl, suspended, forgotten string }{
		{"12h", "20m", "144h20m"},    // six days
		{"1m", "20m", "144h20m"},     // so too
		{"100h", "20m", "200h20m"},   // twice alert_ttl
		{"1000h", "20m", "2000h20m"}, // so too
	} {
		t.Run(c.ttl, func(t *testing.T) {
			w := newWorld(t, "alert_ttl: "+c.ttl+"\n"+calmBusy, 5)
			w.post("0s", firing("Busy"))
			if c.ttl == "1m" {
				w.post("19m", firing("Busy"))
			} else {
				w.silenced("10m")
			}
			w.untilTime(at(c.forgotten).Add(-1e9))
			require.Contains(t, w.state().plain().Episodes, "calm")
			w.log = nil
			w.until(c.forgotten)
			require.Empty(t, w.state().plain().Episodes)
			require.Equal(t, []string{"busy", "calm"}, []string{w.log[0].Rule, w.log[1].Rule})
			require.Equal(t, []string{"the episode ends, not by a resolve: none of its alerts is known any more"}, w.log[0].Why)
			w.until("2100h").has(7)
			w.forgot()
		})
	}
}

func TestAbsence_WhatIsForgottenIsNewWhenItComesBack(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	w.silenced("10m")
	w.post("144h19m", firing("Busy")).is(Duplicate, 5, 5)
	w.silenced("144h30m")
	w.post("288h41m", firing("Busy")).is(Scaled, 5, 7)
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
	w.post("10m", firing("Idle"), young("10m")).is(Held, 12, 12) // busy is left out
	w.until("19m59s").has(12)
	w.until("20m").has(11)
}

func TestAbsence_AnAlertThatIsDuplicatedHidesNone(t *testing.T) {
	w := newWorld(t, busyIdle, 10)
	a, b := firing("Busy").with("pod", "a"), firing("Busy").with("pod", "b")
	w.post("0s", a, b)
	w.post("1m", a, a, young("1m"))
	w.until("11m")
	require.Equal(t, 1, w.state().FiringByRule()["busy"])
}

// The first of the two takes an alert away that fires, by a copy that is late; the second by a part.
func TestAbsence_ALateCopyTakesNoAlertAway(t *testing.T) {
	pod := func(n string) *spoken { return firing("Busy").with("pod", n) }
	over := func(n, end string) *spoken { return resolved("Busy", end).with("pod", n) }
	for name, copies := range map[string]int{"once": 1, "doubled": 2, "three times": 3} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, busyIdle, 3)
			first := telling(pod("0"))
			w.send(first).is(Scaled, 3, 5)
			w.post("5m", over("0", "5m"), pod("1").since("4m")).is(Duplicate, 5, 5)
			w.until("6m")
			for range copies {
				w.send(first).is(Duplicate, 5, 5)
			}
			w.post("10m", over("1", "10m").since("4m"), pod("2").since("9m")).is(Duplicate, 5, 5)
			w.until("3h").has(5)
		})
	}
}

func TestAbsence_APartTakesNoAlertAway(t *testing.T) {
	w := newWorld(t, web+rule("busy", "Busy", "up: 2")+rule("idle", "Idle", "down: 1"), 5)
	other := firing("Busy").with("pod", "other")
	w.post("0s", firing("Busy"), in("g")).is(Scaled, 5, 7)
	w.post("10m", firing("Busy"), other.since("0s"))
	w.post("11m", firing("Idle"), in("h")).verdict(Held)
	w.post("12m", other).is(Held, 7, 7)
	w.until("30m").has(7)
	w.post("31m", firing("Busy"), other).verdict(Held) // the whole again
	w.until("3h").has(7)
}

func TestAbsence_OneGroupWithAPartOfWhichTheOtherFires(t *testing.T) {
	shop := "targets:\n  web: {driver: sim, name: web, max: 20}\n  cart: {driver: sim, name: cart, max: 20}\nrules:\n" +
		rule("busy", "Web", "up: 2") + rule("idle", "Idle", "down: 1") +
		"  - {name: cart, matchers: [alertname=Other], target: cart, up: 1}\n"
	w := newWorld(t, shop, 3)
	w.post("0s", firing("Web"), firing("Other")).is(Scaled, 3, 5)
	w.post("10m", firing("Idle"), in("h")).is(Held, 5, 5)
	w.post("11m", firing("Other"))
	w.until("1h").has(5, "sim:web") // not by a part alone
}

func TestAbsence_AnOmissionOutlivesARestart(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy"))
	w.post("5m")
	w.crash()
	w.post("6m")
	w.crash()
	w.until("14m59s")
	require.Positive(t, w.state().firing("busy"))
	w.until("15m")
	require.Zero(t, w.state().firing("busy"))
}

func TestAbsence_ANotificationThatLiesAheadIsNotYoung(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy"))
	ahead := firing("Other")
	ahead.StartsAt = epoch.AddDate(7973, 0, 0)
	w.post("5m", ahead)
	w.until("1h")
	require.Positive(t, w.state().firing("busy"))
	w.post("1h", ahead, option(func(e *rules.Event) { e.Truncated = 0 }))
	require.Zero(t, w.state().firing("busy"), "by the second omission")
}
