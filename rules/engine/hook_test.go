package engine

import (
	"fmt"
	"testing"
	"time"

	"alertscale/rules"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// button is a file with a hook's rules.
var button = web + rule("deploy", "Deploy", "up: 2") + rule("idle", "Idle", "down: 1")

// press posts to the hook "ci" at a time; without a key, each is of its own.
func (w *world) press(when, key string, labels ...rules.Label) *answer {
	w.t.Helper()
	w.until(when)
	return w.send(w.pressed(key, 5*time.Minute, labels...))
}

func (w *world) pressed(key string, lasts time.Duration, labels ...rules.Label) *rules.Event {
	w.presses++
	p := rules.HookPost{Hook: "ci", Fingerprint: fmt.Sprint("hook/ci/", w.presses), Labels: append(labels, label("hook", "ci")), At: w.now, For: lasts}
	if key != "" {
		p.Fingerprint, p.Keyed = "hook/ci/"+key, true
	}
	return p.Event()
}

var deploy = label("alertname", "Deploy")

func TestHook_EachPOSTIsAnEpisode(t *testing.T) {
	w := newWorld(t, button, 3)
	w.press("0s", "", deploy).is(Scaled, 3, 5).by("deploy")
	w.press("2m", "", deploy).is(Scaled, 5, 7)
	w.press("4m", "", deploy, label("commit", "another")).is(Scaled, 7, 9)
	require.Len(t, w.state().plain().Alerts, 1, "each ends the one before")
}

func TestHook_APOSTInTheCooldownIsServedAtItsEnd(t *testing.T) {
	w := newWorld(t, button, 3)
	w.press("0s", "", deploy).is(Scaled, 3, 5)
	w.press("10s", "", deploy).is(Cooling, 5, 5)
	w.until("59s").has(5)
	w.until("1m").has(7)
	w.until("1h").has(7)
}

func TestHook_AKeyMakesTwoTheSameForADay(t *testing.T) {
	w := newWorld(t, button, 3)
	w.press("0s", "a", deploy).is(Scaled, 3, 5)
	w.press("30s", "a", deploy).is(Duplicate, 5, 5).because("nothing new: a POST with this Idempotency-Key came before")
	w.press("10m", "a", deploy).is(Duplicate, 5, 5) // its alert has ended
	w.press("11m", "b", deploy).is(Scaled, 5, 7)
	w.press("12m", "", deploy).is(Scaled, 7, 9)
	w.press("13m", "a", deploy).is(Duplicate, 9, 9) // others came in between
	w.crash()
	w.press("20h", "b", deploy).is(Duplicate, 9, 9)
	w.press("23h59m59s", "a", deploy).is(Duplicate, 9, 9)
	w.press("24h", "a", deploy).is(Scaled, 9, 11)
}

func TestHook_AKeyThatIsRepeatedTellsOfItsOpenCall(t *testing.T) {
	w := newWorld(t, button, 3)
	w.press("0s", "a", deploy).is(Scaled, 3, 5)
	w.press("10s", "b", deploy).is(Cooling, 5, 5)
	w.press("20s", "b", deploy).is(Cooling, 5, 5)
	w.until("1m").has(7)
	w.press("70s", "b", deploy).is(Duplicate, 7, 7)
}

func TestHook_ItsAlertFiresForAsLongAsItSays(t *testing.T) {
	w := newWorld(t, button+rule("after", "Deploy", "down: 1, when: resolved"), 3)
	w.press("0s", "", deploy).is(Scaled, 3, 5)
	w.post("1m", firing("Idle")).verdict(Held)
	w.until("4m59s")
	require.Positive(t, w.state().firing("deploy"))
	w.until("5m")
	require.Zero(t, w.state().firing("deploy"))
	w.has(4) // by both downs
	w.until("6h").has(4)
}

func TestHook_ItEndsByAResolveThoughNobodyLooked(t *testing.T) {
	w := newWorld(t, button+rule("after", "Deploy", "down: 1, when: resolved"), 3)
	w.press("0s", "a", deploy).is(Scaled, 3, 5)
	w.until("1s")
	w.now = at("3h") // the process was away
	w.crash()
	w.until("3h").has(4)
}

func TestHook_AlertTTLSaysNothingOfIt(t *testing.T) {
	w := newWorld(t, "alert_ttl: 1m\n"+button, 3)
	w.send(w.pressed("", time.Hour, deploy)).is(Scaled, 3, 5)
	w.until("59m")
	require.Positive(t, w.state().firing("deploy"))
	w.until("1h")
	require.Empty(t, w.state().plain().Alerts)
	require.Empty(t, w.state().plain().Episodes)
}

func TestHook_ItJoinsAnEpisodeOfOthers(t *testing.T) {
	w := newWorld(t, button, 3)
	w.post("0s", firing("Deploy")).is(Scaled, 3, 5)
	w.press("2m", "", deploy).is(Duplicate, 5, 5)
	w.post("3m", resolved("Deploy", "3m")).verdict(Duplicate) // the hook's goes on
	w.until("7m")
	require.Empty(t, w.state().FiringByRule())
	w.has(5)
}

func TestHook_ItEndsOnlyItsOwn(t *testing.T) {
	w := newWorld(t, button, 3)
	w.press("0s", "", deploy)
	other := w.pressed("", time.Hour, label("alertname", "Idle"))
	other.Hook = "other"
	w.until("2m")
	w.send(other).verdict(Held)
	w.press("3m", "", deploy).is(Scaled, 5, 7)
	require.Equal(t, map[string]int{"deploy": 1, "idle": 1}, w.state().FiringByRule())
}

func TestHook_ANotificationDoesNotEndIt(t *testing.T) {
	w := newWorld(t, button, 3)
	w.press("0s", "", deploy)
	w.post("1m")
	w.post("2m", firing("Other"), in(""))
	require.Equal(t, map[string]int{"deploy": 1}, w.state().FiringByRule())
}

func TestHook_AClockThatIsSetBackDoesNotKeepItFiring(t *testing.T) {
	w := newWorld(t, button, 3)
	w.press("10h", "a", deploy).is(Scaled, 3, 5)
	w.clock("1h")
	w.until("1h5m")
	require.Empty(t, w.state().FiringByRule())
	w.press("24h59m", "a", deploy).is(Duplicate, 5, 5)
	w.press("25h", "a", deploy).is(Scaled, 5, 7)
}

func TestHook_AClockThatIsSetBackWithinItsTime(t *testing.T) {
	w := newWorld(t, button, 3)
	w.press("1h", "a", deploy).is(Scaled, 3, 5)
	w.press("1h4m", "a", deploy).is(Duplicate, 5, 5)
	w.clock("1h2m")
	w.until("1h4m59s")
	require.NotEmpty(t, w.state().FiringByRule())
	w.until("1h5m")
	require.Empty(t, w.state().FiringByRule())
}

func TestHook_AClockThatIsSetBackByYears(t *testing.T) {
	w := newWorld(t, button, 3)
	w.press("30000h", "", deploy).is(Scaled, 3, 5)
	w.clock("0s")
	w.until("4m59s")
	require.NotEmpty(t, w.state().FiringByRule())
	w.until("5m")
	require.Empty(t, w.state().FiringByRule())
}

func TestHook_AnotherBodyEndsTheRulesOfTheOneBefore(t *testing.T) {
	w := newWorld(t, web+rule("deploy", "Deploy", "up: 2")+rule("idle", "Idle", "down: 3")+rule("after", "Deploy", "down: 1, when: resolved"), 9)
	w.press("0s", "", deploy).is(Scaled, 9, 11)
	w.press("10s", "", deploy).is(Cooling, 11, 11)
	w.press("20s", "", label("alertname", "Idle")).is(Cooling, 11, 11)
	require.Equal(t, map[string]int{"idle": 1}, w.state().FiringByRule())
	w.until("1h").has(10) // of the calls down the larger count wins; the one up is dropped
}

func TestHook_WhatIsRememberedOfOneThatEnded(t *testing.T) {
	w := newWorld(t, button, 3)
	w.press("0s", "a", deploy).is(Scaled, 3, 5)
	w.until("6m")
	h := w.state().known("hook/ci/a")
	require.Equal(t, []time.Time{at("5m"), at("5m"), at("24h")}, []time.Time{h.At, h.EndsAt, h.KnownUntil})
}

func TestHook_OfARuleThatIsGone(t *testing.T) {
	w := newWorld(t, button, 3)
	w.press("0s", "a", deploy).is(Scaled, 3, 5)
	w.reload("1m", web+rule("idle", "Idle", "down: 1"))
	w.post("6m", firing("Idle")).is(Scaled, 5, 4)
	w.until("48h")
	require.NotContains(t, w.state().plain().Episodes, "deploy")
}

// TestProperty_Hook: every POST but a repeat of a key is one step, though senders repeat themselves, the
// process crashes and changes fail; and a step never comes within the cooldown (which the world checks).
func TestProperty_Hook(t *testing.T) {
	file := "targets: {web: {driver: sim, name: web, max: 1000, cooldown: 30s}}\nrules:\n" + rule("deploy", "Deploy", "up: 1")
	rapid.Check(t, func(r *rapid.T) {
		w := newWorld(r, file, 3)
		known := map[string]time.Time{}
		var last time.Time
		want := 3
		for range rapid.IntRange(1, 20).Draw(r, "posts") {
			w.next = nil
			w.untilTime(w.now.Add(time.Duration(rapid.IntRange(90, 40_000).Draw(r, "pause")) * time.Second))
			if rapid.IntRange(0, 3).Draw(r, "befalls") == 0 {
				w.fails(mishap(rapid.IntRange(int(fine), int(busy)).Draw(r, "mishap")))
			}
			if rapid.IntRange(0, 4).Draw(r, "crashes") == 0 {
				w.crash()
			}
			key := rapid.SampledFrom([]string{"", "a", "b", "c"}).Draw(r, "key")
			e := w.pressed(key, 10*time.Minute, deploy)
			if first, ok := known[key]; key == "" || !ok || w.now.Sub(first) >= 24*time.Hour {
				known[key] = w.now
				want++
			}
			for range rapid.IntRange(1, 3).Draw(r, "times") {
				w.send(e)
			}
			last = w.now
		}
		w.next = nil
		w.untilTime(last.Add(time.Hour))
		require.Equal(r, want, w.only().count)
		require.Empty(r, w.state().FiringByRule())
	})
}
