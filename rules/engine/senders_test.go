package engine

import (
	"fmt"
	"testing"
	"time"

	"alertscale/rules"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// twoSenders is a file with two senders, each with rules of its own and one that both may touch.
var twoSenders = "senders: {a: ['busy*', 'both'], b: ['idle*', 'both']}\n" + web +
	rule("busy", "Busy", "up: 2") + rule("idle", "Idle", "down: 1") + rule("both", "Both", "up: 1")

// by makes a notification one of a sender. It is the last thing that is said.
func by(sender string) said {
	return option(func(e *rules.Event) {
		e.Sender = sender
		for i := range e.Alerts {
			e.Alerts[i].Fingerprint = rules.SenderFingerprint(sender, e.Alerts[i].Fingerprint)
		}
	})
}

func TestSenders_OneSaysNothingOfAnothersAlerts(t *testing.T) {
	w := newWorld(t, twoSenders, 3)
	w.post("0s", firing("Both"), by("a")).is(Scaled, 3, 4)
	w.post("10s", firing("Both"), by("b")).is(Duplicate, 4, 4).because(`"both": 2 alerts fire; it acts once an episode`)
	w.post("5m", resolved("Both", "5m"), by("a")).verdict(Duplicate)
	require.Equal(t, map[string]int{"both": 1}, w.state().FiringByRule())
	w.post("6m", resolved("Both", "6m"), by("b")).verdict(Ended)
}

func TestSenders_OneLeavesNothingOfAnothersOut(t *testing.T) {
	w := newWorld(t, twoSenders, 3)
	w.post("0s", firing("Both"), by("a")).is(Scaled, 3, 4)
	w.post("1m", firing("Both").with("pod", "x").since("1m"), by("b"))
	w.post("2m", firing("Both").with("pod", "y").since("2m"), by("b"))
	w.until("30m")
	require.Equal(t, map[string]int{"both": 2}, w.state().FiringByRule(), "b's first is left out, a's is not")
}

func TestSenders_WhatIsOutsideOfASendersRulesIsIgnored(t *testing.T) {
	w := newWorld(t, twoSenders, 3)
	require.Empty(t, w.post("0s", firing("Busy"), by("b")).all)
	w.post("1s", firing("Busy"), by("a")).is(Scaled, 3, 5)
	require.Empty(t, w.post("2s", resolved("Busy", "2s"), by("b")).all)
	require.Equal(t, map[string]int{"busy": 1}, w.state().FiringByRule())
}

func TestSenders_ThoseThatAFileBeginsToAskForTakeOver(t *testing.T) {
	without := web + rule("busy", "Busy", "up: 2, repeat: 2m") + rule("idle", "Idle", "down: 1")
	w := newWorld(t, without, 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	w.reload("10s", "senders: {a: ['busy'], b: ['idle']}\n"+without)
	require.Empty(t, w.post("20s", resolved("Busy", "20s"), by("b")).all, "it may not touch the rule")
	w.post("30s", firing("Busy"), by("a")).verdict(Duplicate)
	require.Len(t, w.state().plain().Alerts, 1)
	w.post("40s", resolved("Busy", "40s"), by("a")).verdict(Ended)
	w.until("1h").has(5)
}

func TestSenders_OneWhoIsRenamedGoesOn(t *testing.T) {
	file := func(sender string) string {
		return "senders: {" + sender + ": , other: ['none']}\n" + web + rule("busy", "Busy", "up: 2")
	}
	w := newWorld(t, file("a"), 3)
	w.post("0s", firing("Busy"), by("a")).is(Scaled, 3, 5)
	w.reload("10s", file("b"))
	w.post("2m", firing("Busy"), by("b")).verdict(Duplicate)
	w.post("3m", firing("Other").since("3m"), by("b"))
	w.until("20m")
	require.Empty(t, w.state().FiringByRule(), "left out by the group of the new name, and by no other")
	w.post("21m", resolved("Busy", "21m"), by("b")).verdict(Ended)
	w.has(5)
}

func TestSenders_WhereTheFileAsksForNoneAnyMore(t *testing.T) {
	without := web + rule("busy", "Busy", "up: 2")
	w := newWorld(t, "senders: {a: , b: }\n"+without, 3)
	w.post("0s", firing("Busy"), by("a")).is(Scaled, 3, 5)
	w.post("1s", firing("Busy"), by("b")).verdict(Duplicate)
	w.reload("2m", without)
	require.Len(t, w.state().plain().Alerts, 1)
	w.crash()
	w.post("3m", firing("Busy")).verdict(Duplicate)
	w.post("4m", resolved("Busy", "4m")).verdict(Ended)
	w.has(5)
}

func TestSenders_OfTwoThatBecomeNobodysTheOneThatSaysMoreIsLeft(t *testing.T) {
	without := web + rule("busy", "Busy", "up: 2") + rule("more", "Busy", "hold: down")
	w := newWorld(t, "senders: {a: ['busy'], b: ['more']}\n"+without, 3)
	w.post("0s", firing("Busy"), by("a")).is(Scaled, 3, 5)
	w.post("1s", firing("Busy"), by("b"))
	w.post("2s", resolved("Busy", "2s"), by("a")).verdict(Ended)
	w.reload("2m", without)
	require.Equal(t, map[string]int{"more": 1}, w.state().FiringByRule())
	w.post("3m", resolved("Busy", "3m"))
	require.Empty(t, w.state().FiringByRule())
}

func TestSenders_AHooksAlertIsNobodyElses(t *testing.T) {
	w := newWorld(t, button, 3)
	w.press("0s", "", deploy).is(Scaled, 3, 5)
	w.reload("10s", "senders: {a: }\n"+button)
	require.Len(t, w.state().plain().Alerts, 1)
	w.until("5m")
	require.Empty(t, w.state().FiringByRule())
}

// TestProperty_Senders: what is known of the alerts of a sender is what would be known if there was no other one.
func TestProperty_Senders(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		together, alone := newWorld(r, twoSenders, 3), newWorld(r, twoSenders, 3)
		for range rapid.IntRange(1, 30).Draw(r, "notifications") {
			now := together.now.Add(time.Duration(rapid.IntRange(1, 900).Draw(r, "pause")) * time.Second)
			together.untilTime(now)
			alone.untilTime(now)
			sender := rapid.SampledFrom([]string{"a", "b"}).Draw(r, "sender")
			e := anySaid(r, now, sender)
			together.send(e)
			if sender == "a" {
				alone.send(e)
			}
			require.Equal(r, alone.saidBy("a"), together.saidBy("a"))
		}
	})
}

// anySaid is a notification, or a list as from Prometheus itself, of a sender.
func anySaid(r *rapid.T, now time.Time, sender string) *rules.Event {
	e := &rules.Event{Receiver: "alertscale", GroupKey: rapid.SampledFrom([]string{"g", "h"}).Draw(r, "group")}
	direct := rapid.IntRange(0, 3).Draw(r, "direct") == 0
	if direct {
		e.GroupKey = ""
	}
	for _, name := range []string{"Busy", "Idle", "Both"} {
		for pod := range 2 {
			s := firing(name).with("pod", fmt.Sprint(pod))
			s.StartsAt = now.Add(-time.Duration(rapid.IntRange(0, 2000).Draw(r, "age")) * time.Second)
			switch rapid.IntRange(0, 3).Draw(r, "says") {
			case 0:
				continue
			case 1:
				s.Resolved, s.EndsAt = true, now
			default:
				if direct {
					s.EndsAt = now.Add(4 * time.Minute)
				}
			}
			s.add(e)
		}
	}
	by(sender).add(e)
	return e
}

// saidBy is what is known of the alerts of a sender, but for when they were heard of in a group that tells of all.
func (w *world) saidBy(sender string) map[string]AlertState {
	all := map[string]AlertState{}
	for fp, h := range w.state().heard().Alerts {
		if of, _ := rules.CutSender(fp); of == sender {
			all[fp] = h
		}
	}
	return all
}
