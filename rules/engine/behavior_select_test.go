package engine

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// selected is a target whose directions have policies, of which one counts.
func selected(selectPolicy, policies string) string {
	rules := "selectPolicy: " + selectPolicy + ", policies: [" + policies + "]"
	return fast("{scaleUp: {"+rules+"}, scaleDown: {stabilizationWindowSeconds: 0, "+rules+"}}", rule("busy", "Busy", "up: 90"), rule("idle", "Idle", "down: 90"))
}

const (
	four60   = "{type: Pods, value: 4, periodSeconds: 60}"
	half60   = "{type: Percent, value: 50, periodSeconds: 60}"
	one15    = "{type: Pods, value: 1, periodSeconds: 15}"
	double15 = "{type: Percent, value: 100, periodSeconds: 15}"
)

// Of several policies the one counts that allows the most, or the least; where they are even, either does.
func TestBehavior_SeveralPolicies(t *testing.T) {
	for _, c := range []struct {
		policies       string
		count          int
		up, down       int // by Max
		upMin, downMin int
		because        string // of the step up by Max
	}{
		{four60 + ", " + half60, 4, 8, 0, 6, 2, "8 at the most, by the policy 4 replicas in 1m0s: 94 → 8"},
		{four60 + ", " + half60, 8, 12, 4, 12, 4, "12 at the most, by the policy 4 replicas in 1m0s: 98 → 12"},
		{half60 + ", " + four60, 8, 12, 4, 12, 4, "12 at the most, by the policy 50% in 1m0s: 98 → 12"},
		{four60 + ", " + half60, 20, 30, 10, 24, 16, "30 at the most, by the policy 50% in 1m0s: 110 → 30"},
		{four60 + ", " + half60 + ", " + one15, 20, 30, 10, 21, 19, "30 at the most, by the policy 50% in 1m0s: 110 → 30"},
		{one15 + ", " + half60, 1, 2, 1, 2, 1, "2 at the most, by the policy 1 replicas in 15s: 91 → 2"},
		{one15 + ", " + double15, 3, 6, 1, 4, 2, "6 at the most, by the policy 100% in 15s: 93 → 6"},
	} {
		for selectPolicy, want := range map[string][2]int{"Max": {c.up, c.down}, "Min": {c.upMin, c.downMin}, "Disabled": {c.count, c.count}} {
			name := fmt.Sprintf("%s of %s at %d", selectPolicy, c.policies, c.count)
			w := newWorld(t, selected(selectPolicy, c.policies), c.count)
			a := w.post("0s", firing("Busy"))
			require.Equal(t, want[0], *a.all[0].To, "up: %s %v", name, a.all[0].Why)
			if selectPolicy == "Max" {
				a.because(c.because)
			}
			w = newWorld(t, selected(selectPolicy, c.policies), c.count)
			a = w.post("0s", firing("Idle"))
			require.Equal(t, max(want[1], 1), *a.all[0].To, "down: %s %v", name, a.all[0].Why)
		}
	}
}

// Each policy looks at its own period: by Max the next step goes as soon as one of them allows it, by Min once all do.
func TestBehavior_PoliciesWithPeriodsOfTheirOwn(t *testing.T) {
	for selectPolicy, then := range map[string]string{
		"Max": "14s=24 15s=25 30s=26 45s=27 59s=27 1m=28",
		"Min": "14s=21 15s=22 30s=23 45s=24 59s=24 1m=25",
	} {
		w := newWorld(t, selected(selectPolicy, four60+", "+one15), 20)
		w.post("0s", firing("Busy"))
		w.counts(then)
	}
}

// A period ends as it is over, to the second, and a change at that time counts from then.
func TestBehavior_PeriodsAtTheirEnds(t *testing.T) {
	for _, d := range []struct {
		alert string
		then  string
	}{
		{"Busy", "0s=24 59s=24 1m=28 1m59s=28 2m=32"},
		{"Idle", "0s=16 59s=16 1m=12 1m59s=12 2m=8"},
	} {
		w := newWorld(t, selected("Max", four60), 20)
		w.post("0s", firing(d.alert))
		w.counts(d.then)
		require.NotNil(t, w.state().episode(map[string]string{"Busy": "busy", "Idle": "idle"}[d.alert]).Call, "the rest of it")
	}
}

// A call that may never go keeps no other one waiting, neither one down nor the way back.
func TestBehavior_ACallOfADisabledDirectionKeepsNobodyWaiting(t *testing.T) {
	file := func(scaleUp string) string {
		return "targets: {web: {driver: sim, name: web, max: 20, cooldown: 0s, restore: {after: 10m, down: 1, every: 1m}, " +
			"behavior: {scaleUp: " + scaleUp + ", scaleDown: {stabilizationWindowSeconds: 0}}}}\nrules:\n" +
			rule("busy", "Busy", "up: 2") + rule("after", "Deploy", "up: 4, when: resolved") + rule("idle", "Idle", "down: 1")
	}
	w := newWorld(t, file("{}"), 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5)
	w.post("1m", resolved("Busy", "1m"))
	w.reload("1m30s", file("{selectPolicy: Disabled}"))
	w.post("2m", firing("Deploy"))
	w.post("3m", resolved("Deploy", "3m")).is(Limited, 5, 5).because("5 at the most, by selectPolicy: Disabled")
	w.post("4m", firing("Idle")).is(Scaled, 5, 4).because(`"after" waits: 5 at the most, by selectPolicy: Disabled`)
	w.post("5m", resolved("Idle", "5m"))
	w.until("10m59s").has(4)
	w.until("11m").has(3)
	w.reload("11m30s", file("{}"))
	w.until("12m").has(7)
}
