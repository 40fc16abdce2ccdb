package engine

import (
	"fmt"
	"math"
	"testing"
	"time"

	"alertscale/rules"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func inProportion(action string) string {
	return "targets: {web: {driver: sim, name: web, min: 0, max: 50, cooldown: 0s}}\nrules:\n" +
		rule("load", "Load", "proportional: "+action) + rule("idle", "Idle", "down: 1")
}

const (
	ofEach  = "{current: '{{ .Annotations.value }}', desired: 70}"
	ofQueue = "{total: '{{ .Annotations.value }}', desired: 30}"
)

func load(value string) *spoken { return firing("Load").note("value", value) }

func TestProportional_AFigureOfEachReplica(t *testing.T) {
	w := newWorld(t, inProportion(ofEach), 4)
	w.post("0s", load("140")).is(Scaled, 4, 8).because("proportional: 140 where 70 is desired: 4 → 8")
	w.post("1m", load("140")).is(Duplicate, 8, 8) // nothing new: not 16
	w.post("2m", load("75")).is(Duplicate, 8, 8)  // within the tolerance
	w.post("3m", load("35")).is(Scaled, 8, 4)
	w.post("4m", load("210")).is(Scaled, 4, 12)
	w.post("5m", resolved("Load", "5m"))
	w.until("1h").has(12)
}

func TestProportional_AFigureThatTheReplicasShare(t *testing.T) {
	w := newWorld(t, inProportion(ofQueue), 0)
	w.post("0s", load("100")).is(Scaled, 0, 4)
	w.post("1m", load("125")).is(Duplicate, 4, 4) // 1.04 of what is desired
	w.post("2m", load("300")).is(Scaled, 4, 10)
	w.post("3m", load("0")).is(Scaled, 10, 0)
}

func TestProportional_OfSeveralAlertsTheLargestCounts(t *testing.T) {
	a, b := load("140").with("pod", "a"), load("35").with("pod", "b")
	w := newWorld(t, inProportion(ofEach), 4)
	w.post("0s", b, a).is(Scaled, 4, 8)
	w.post("1m", a, load("210").with("pod", "b")).is(Scaled, 8, 24)
	w.post("2m", a, resolved("Load", "2m").with("pod", "b")).is(Scaled, 24, 48) // it is 140 now, of 24
	w.until("11h").has(48)
}

func TestProportional_ACallThatWaitsKeepsWhatItAskedFor(t *testing.T) {
	text := "targets: {web: {driver: sim, name: web, max: 50, cooldown: 5m}}\nrules:\n" + rule("load", "Load", "proportional: "+ofEach) + rule("busy", "Busy", "up: 1")
	w := newWorld(t, text, 4)
	w.post("0s", firing("Busy"), in("b")).is(Scaled, 4, 5)
	w.post("1m", load("140")).verdict(Cooling)
	w.somebody("2m", 7)
	w.crash()
	w.until("5m").has(10) // twice the five that there were
}

func TestProportional_HoldsDownsWhileItAsksForAsMuch(t *testing.T) {
	w := newWorld(t, inProportion(ofQueue), 2)
	w.post("0s", load("100")).is(Scaled, 2, 4)
	w.post("1m", firing("Idle").since("1m"), in("i")).is(Held, 4, 4)
	w.somebody("2m", 9)
	w.until("4m").has(8)
}

func TestProportional_NotByExpiry(t *testing.T) {
	w := newWorld(t, "alert_ttl: 1h\n"+inProportion(ofEach), 4)
	w.post("0s", load("140").with("pod", "a"), in("a")).is(Scaled, 4, 8)
	w.post("30m", load("35").with("pod", "b"), in("b")).is(Duplicate, 8, 8)
	w.until("1h15m").has(8)
	w.post("1h20m", load("35").with("pod", "b"), in("b"))
	w.has(4) // by the next notification
}

func TestProportional_ABrokenFigureIsRejected(t *testing.T) {
	for value, want := range map[string]string{
		"":    "proportional: the template renders empty, want a number",
		"-1":  `proportional: the template renders "-1", want a number of at least 0`,
		"NaN": `proportional: the template renders "NaN", want a number of at least 0`,
	} {
		w := newWorld(t, inProportion(ofEach), 4)
		w.post("0s", load(value)).verdict(Rejected).because(want)
		w.post("1m", load("140")).is(Scaled, 4, 8)
		w.post("2m", load(value)).is(Duplicate, 8, 8)
	}
}

// A word that takes a resolve back brings its figure too.
func TestProportional_ALateWordBringsAFigure(t *testing.T) {
	w := newWorld(t, inProportion(ofEach), 3)
	w.pause(rules.Up, 20*time.Minute)
	w.post("0s", load("140")).verdict(Paused)
	w.post("10m", resolved("Load", "10m")).verdict(Ended)
	w.post("16m", load("280")).verdict(Paused)
	w.post("17m", firing("Idle").since("11m"), in("i"))
	w.until("20m").has(12)

	w = newWorld(t, inProportion(ofEach), 4)
	w.post("0s", load("140")).is(Scaled, 4, 8)
	w.post("10m", resolved("Load", "10m")).verdict(Ended)
	w.post("11m", load("280")).verdict(Duplicate) // late: it is believed at 20m
	w.post("21m", load("280")).is(Scaled, 8, 32)
}

func TestProportional_AFigureBeyondAllBoundsAsksForTheMost(t *testing.T) {
	for _, action := range []string{ofEach, ofQueue} {
		w := newWorld(t, inProportion(action), 4)
		w.post("0s", load("1e308")).is(Scaled, 4, 50)
	}
	p := &rules.Proportional{Desired: 1e-300}
	require.Equal(t, rules.MaxCount, p.Asks(1e308, 1000, nil))
}

func TestProportional_TheTargetsToleranceByDirection(t *testing.T) {
	text := "targets: {web: {driver: sim, name: web, max: 50, cooldown: 0s, behavior: {scaleUp: {tolerance: 0}, scaleDown: {tolerance: 0.5, stabilizationWindowSeconds: 0}}}}\nrules:\n" +
		rule("load", "Load", "proportional: "+ofEach)
	w := newWorld(t, text, 10)
	w.post("0s", load("36")).is(Duplicate, 10, 10)
	w.post("1m", load("71")).is(Scaled, 10, 11)
	w.post("2m", load("34")).is(Scaled, 11, 6)
}

func TestProportional_WhatIsRefused(t *testing.T) {
	for rest, want := range map[string]string{
		"proportional: {current: '1', total: '1', desired: 1}":   "want one of current, a figure of each replica, and total, one that they share",
		"proportional: {current: '1'}":                           "desired is missing: the figure that each replica is to have",
		"proportional: {current: '1', desired: 0}":               "want more than 0",
		"proportional: {current: '{{ .Nope }}', desired: 1}":     "Nope",
		"proportional: {current: '1', desired: 1}, repeat: 1m":   "repeat: a proportional rule calls when its figure changes",
		"proportional: {total: '1', desired: 1}, when: resolved": "when: a proportional rule follows its alerts while they fire",
	} {
		_, err := parseSet(web + rule("load", "Load", rest))
		require.ErrorContains(t, err, want, rest)
	}
}

// At its edge a tolerance still holds, and a little further it does not. By direction they are apart.
func TestProportional_ToleranceAtItsEdge(t *testing.T) {
	for _, c := range []struct {
		tolerance       float64
		current, shared string // of each of 10 replicas where 70 is desired; in all
		asks            int
	}{
		{0.1, "77", "770", 10}, {0.1, "63", "630", 10}, {0.1, "77.001", "770.001", 12}, {0.1, "62.99", "629.9", 9},
		{0, "70", "700", 10}, {0, "70.001", "700.001", 11}, {0, "69.99", "699.9", 10}, {0, "63", "630", 9},
		{0.25, "87.5", "875", 10}, {0.25, "52.5", "525", 10}, {0.25, "87.6", "876", 13}, {0.25, "52.4", "524", 8},
		{0.5, "105", "1050", 10}, {0.5, "35", "350", 10}, {0.5, "34.9", "349", 5}, {1, "0", "0", 10}, {0.99, "0", "0", 0},
	} {
		for value, figure := range map[string]string{c.current: "current", c.shared: "total"} {
			text := inProportion(fmt.Sprintf("{%s: '{{ .Annotations.value }}', desired: 70, tolerance: %v}", figure, c.tolerance))
			w := newWorld(t, text, 10)
			w.post("0s", load(value))
			require.Equal(t, c.asks, w.only().count, "%+v %s", c, figure)
		}
	}
	text := "targets: {web: {driver: sim, name: web, max: 50, cooldown: 0s, behavior: {scaleUp: {tolerance: 0.2}, scaleDown: {tolerance: 0.3, stabilizationWindowSeconds: 0}}}}\nrules:\n" +
		rule("load", "Load", "proportional: "+ofEach)
	for value, asks := range map[string]int{"84": 10, "84.01": 13, "49": 10, "48.9": 7} {
		w := newWorld(t, text, 10)
		w.post("0s", load(value))
		require.Equal(t, asks, w.only().count, value)
	}
}

// TestProperty_ProportionalIsTheFormulaOfAnHPA compares with the formula of the Kubernetes documentation.
func TestProperty_ProportionalIsTheFormulaOfAnHPA(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		count, current := rapid.IntRange(0, 200).Draw(r, "count"), rapid.IntRange(0, 500).Draw(r, "current")
		desired := rapid.IntRange(1, 200).Draw(r, "desired")
		p := &rules.Proportional{Desired: float64(desired), Tolerance: rules.DefaultTolerance}
		want := int(math.Ceil(float64(count*current)/float64(desired) - 1e-9))
		if ratio := float64(current) / float64(desired); 0.9 <= ratio && ratio <= 1.1 {
			want = count
		}
		require.Equal(r, want, p.Asks(float64(current), count, nil), fmt.Sprint(count, current, desired))
		p.Total = true
		want = int(math.Ceil(float64(current)/float64(desired) - 1e-9))
		if ratio := float64(current) / float64(desired) / float64(max(count, 1)); count > 0 && 0.9 <= ratio && ratio <= 1.1 {
			want = count
		}
		require.Equal(r, want, p.Asks(float64(current), count, nil), fmt.Sprint(count, current, desired))
	})
}
