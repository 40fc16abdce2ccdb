package engine

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"alertscale/rules"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// fast is a target with a behavior, and no cooldowns in its way.
func fast(behavior string, all ...string) string {
	text := "targets: {web: {driver: sim, name: web, min: 1, max: 100, cooldown: 0s, behavior: " + behavior + "}}\nrules:\n"
	for _, r := range all {
		text += r
	}
	return text
}

func TestBehavior_AStepGoesAsFarAsThePolicyAllowsAndTheRestFollows(t *testing.T) {
	w := newWorld(t, fast("{scaleUp: {policies: [{type: Pods, value: 4, periodSeconds: 60}]}}", rule("busy", "Busy", "up: 10")), 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 7).because("7 at the most, by the policy 4 replicas in 1m0s: 13 → 7")
	w.until("59s").has(7)
	w.until("1m").has(11)
	w.until("2m").has(13)
	w.until("1h").has(13)
	require.Nil(t, w.state().episode("busy").Call)
}

// A step goes from the count at which it begins, not from the one that there was when it was called for.
func TestBehavior_TheRestOfAStepThatWaited(t *testing.T) {
	w := newWorld(t, fast("{scaleDown: {stabilizationWindowSeconds: 0, policies: [{type: Pods, value: 4, periodSeconds: 60}]}}", rule("idle", "Idle", "down: 10")), 3)
	w.pause(rules.Down, 10*time.Minute)
	w.post("0s", firing("Idle")).verdict(Paused)
	w.somebody("5m", 20)
	w.until("10m").has(16)
	w.until("11m").has(12)
	w.until("12m").has(10)
	w.until("1h").has(10)
}

func TestBehavior_TheRestIsDroppedWithTheEpisode(t *testing.T) {
	w := newWorld(t, fast("{scaleUp: {policies: [{type: Pods, value: 4, periodSeconds: 60}]}}", rule("busy", "Busy", "up: 10")), 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 7)
	w.post("30s", resolved("Busy", "30s"))
	w.until("1h").has(7)
}

func TestBehavior_TheRestOutlivesACrashAndAReload(t *testing.T) {
	text := fast("{scaleUp: {policies: [{type: Pods, value: 4, periodSeconds: 60}]}}", rule("busy", "Busy", "up: 10"))
	w := newWorld(t, text, 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 7)
	w.until("30s")
	w.crash()
	w.until("59s").has(7)
	w.until("1m").has(11)
	w.reload("1m30s", "targets: {web: {driver: sim, name: web, max: 100, cooldown: 0s}}\nrules:\n"+rule("busy", "Busy", "up: 10"))
	w.until("1m30s").has(13)
	require.Empty(t, w.state().policies().Steps)
}

func TestBehavior_ADownIsStabilizedByDefault(t *testing.T) {
	w := newWorld(t, fast("{}", rule("idle", "Idle", "down: 3")), 10)
	w.post("0s", firing("Idle")).is(Stabilizing, 10, 10).because("stabilization: the highest recommendation of the last 5m is 10")
	w.until("4m59s").has(10)
	w.until("5m").has(7)
}

func TestBehavior_AnUpWithAWindowWaitsForIt(t *testing.T) {
	w := newWorld(t, fast("{scaleUp: {stabilizationWindowSeconds: 60}}", rule("busy", "Busy", "up: 1")), 3)
	w.post("0s", firing("Busy")).verdict(Stabilizing)
	w.post("30s", resolved("Busy", "30s"))
	w.until("10m").has(3)
	w.post("10m", firing("Busy").since("10m")).verdict(Stabilizing)
	w.until("10m59s").has(3)
	w.until("11m").has(4)
}

func TestBehavior_AWindowWhereTheClockIsSetBack(t *testing.T) {
	w := newWorld(t, fast("{scaleUp: {stabilizationWindowSeconds: 60}}", rule("busy", "Busy", "up: 1")), 3)
	w.post("2h", firing("Busy").since("2h")).verdict(Stabilizing)
	w.clock("1h")
	w.until("1h0m59s").has(3)
	w.until("1h2m").has(4)
}

func TestBehavior_ADirectionThatIsDisabled(t *testing.T) {
	w := newWorld(t, fast("{scaleDown: {selectPolicy: Disabled, stabilizationWindowSeconds: 0}}", rule("idle", "Idle", "down: 1"), rule("busy", "Busy", "up: 1")), 5)
	w.post("0s", firing("Idle")).is(Limited, 5, 5).because("5 at the most, by selectPolicy: Disabled")
	w.post("1s", resolved("Idle", "1s"), firing("Busy").since("1s")).is(Scaled, 5, 6)
}

func TestBehavior_PercentOfNothingIsNothing(t *testing.T) {
	text := strings.Replace(fast("{scaleUp: {policies: [{type: Percent, value: 100, periodSeconds: 60}]}}", rule("busy", "Busy", "up: 1")), "min: 1", "min: 0", 1)
	w := newWorld(t, text, 0)
	w.post("0s", firing("Busy")).is(Limited, 0, 0).because("0 at the most, by the policy 100% in 1m0s")
	w.until("1h").has(0)
	w.somebody("1h0m30s", 1)
	w.until("1h1m").has(2)
}

// A call that waits behind one that may not go yet is looked at when that one's rule becomes mute.
func TestBehavior_WhatALimitedCallKeepsBackGoesOnceThatIsMute(t *testing.T) {
	later := strings.ReplaceAll(atNoon, "'12:00'", "'12:20'")
	w := newWorld(t, later+fast("{scaleUp: {policies: [{type: Pods, value: 1, periodSeconds: 1800}]}, scaleDown: {stabilizationWindowSeconds: 0}}",
		rule("first", "First", "up: 1"),
		rule("more", "Busy", "up: 1, when: resolved, mute_time_intervals: [noon]"), rule("calm", "Busy", "down: 1, when: resolved")), 5)
	w.post("0s", firing("First")).is(Scaled, 5, 6)
	w.post("10s", resolved("First", "10s"), firing("Busy"))
	w.post("1m", resolved("Busy", "1m")).verdict(Limited)
	w.until("19m59s").has(6)
	w.until("20m").has(5)
}

func TestBehavior_PercentOfSmallCounts(t *testing.T) {
	for _, c := range []struct{ percent, count, up, down int }{
		{1, 3, 4, 2}, {10, 3, 4, 2}, {10, 5, 6, 4}, {50, 1, 2, 1}, {100, 1, 2, 1}, {10, 10, 11, 9}, {33, 10, 14, 6},
	} {
		text := fast(fmt.Sprintf("{scaleUp: {policies: [{type: Percent, value: %[1]d, periodSeconds: 60}]}, "+
			"scaleDown: {stabilizationWindowSeconds: 0, policies: [{type: Percent, value: %[1]d, periodSeconds: 60}]}}", c.percent),
			rule("busy", "Busy", "up: 50"), rule("idle", "Idle", "down: 50"))
		w := newWorld(t, text, c.count)
		w.post("0s", firing("Busy")).is(Scaled, c.count, c.up)
		w = newWorld(t, text, c.count)
		a := w.post("0s", firing("Idle"))
		require.Equal(t, c.down, *a.all[0].To, "%+v %v", c, a.all[0].Why)
	}
}

// A dry run is decided by itself: what was recommended since it called, which were its own recommendations if it were none,
// does not keep it waiting.
func TestBehavior_ADryRunIsStabilizedOnce(t *testing.T) {
	w := newWorld(t, fast("{scaleUp: {stabilizationWindowSeconds: 60}}", rule("try", "Busy", "up: 1, dry_run: true"), rule("want", "Want", "set: 3")), 3)
	w.post("0s", firing("Busy")).verdict(Stabilizing)
	w.post("30s", firing("Want"), in("w")).verdict(Duplicate)
	w.until("59s")
	require.NotNil(t, w.state().episode("try").Call)
	w.until("1m")
	require.Nil(t, w.state().episode("try").Call)
	require.Equal(t, DryRun, w.log[len(w.log)-1].Verdict)
	reads := len(w.only().reads)
	w.until("1h")
	require.Len(t, w.only().reads, reads)
}

func TestWaitReady_HoldsTheNextStepUp(t *testing.T) {
	text := "targets: {web: {driver: sim, name: web, max: 100, cooldown: 10s, wait_ready: 5m}}\nrules:\n" +
		rule("busy", "Busy", "up: 1") + rule("more", "More", "up: 1") + rule("idle", "Idle", "down: 1")
	w := newWorld(t, text, 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 4)
	w.only().unready = true
	w.post("20s", firing("More"), in("m")).is(NotReady, 4, 4)
	w.until("30s").has(4)
	w.only().unready = false
	w.until("34s").has(4)
	w.until("35s").has(5) // looked at after 1, 2, 4, 8 s

	w = newWorld(t, text, 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 4)
	w.only().unready = true
	w.post("20s", firing("More"), in("m")).verdict(NotReady)
	w.until("4m59s").has(4)
	w.until("5m").has(5)
	w.post("6m", resolved("Busy", "6m"))
	w.post("6m", resolved("More", "6m"), in("m"))
	w.post("6m1s", firing("Idle").since("6m"), in("i")).is(Scaled, 5, 4) // a step down waits for nobody
}

func TestPaused_InTheFile(t *testing.T) {
	w := newWorld(t, "targets: {web: {driver: sim, name: web, max: 100, paused: true}}\nrules:\n"+rule("busy", "Busy", "up: 1"), 3)
	w.post("0s", firing("Busy")).is(Paused, 3, 3).because("paused: true stands in the file")
	w.until("1h").has(3)
	w.reload("1h", "targets: {web: {driver: sim, name: web, max: 100}}\nrules:\n"+rule("busy", "Busy", "up: 1"))
	w.until("1h").has(4)
}

func TestOwned_OverrideIsNoted(t *testing.T) {
	for option, want := range map[string]Verdict{"when_owned: refuse": Owned, "when_owned: override": Scaled} {
		w := newWorld(t, "targets: {web: {driver: sim, name: web, max: 100, "+option+"}}\nrules:\n"+rule("busy", "Busy", "up: 1"), 3)
		w.only().conditions = []Condition{{ConditionOwned, "the HPA web sets the count"}}
		w.post("0s", firing("Busy")).verdict(want).because("the HPA web sets the count")
	}
}

// hpa is a plain HorizontalPodAutoscaler, written from the formulas of the Kubernetes documentation ("Horizontal Pod
// Autoscaling", configurable scaling behavior): it keeps all recommendations and all changes. The small numbers keep what
// is whole from being rounded.
type hpa struct {
	b            *rules.Behavior
	recommended  []Recommendation
	changes      []CountStep
	lowest, most int
}

func (h *hpa) next(count, desired int, now time.Time) int {
	if h.recommended == nil {
		h.recommended = []Recommendation{{now, count}}
	}
	up, down := desired, desired
	for _, r := range h.recommended {
		if r.At.After(now.Add(-h.b.Up.Window)) {
			up = min(up, r.Count)
		}
		if r.At.After(now.Add(-h.b.Down.Window)) {
			down = max(down, r.Count)
		}
	}
	h.recommended = append(h.recommended, Recommendation{now, desired})
	to := min(max(count, up), max(down, up))
	switch {
	case to > count:
		to = min(to, h.limit(h.b.Up, count, now, true), h.most)
		to = max(to, count)
	case to < count:
		to = max(to, h.limit(h.b.Down, count, now, false), h.lowest)
		to = min(to, count)
	}
	if to != count {
		h.changes = append(h.changes, CountStep{now, to - count})
	}
	return to
}

func (h *hpa) limit(s rules.ScalingRules, count int, now time.Time, up bool) int {
	if s.Select == rules.SelectDisabled {
		return count
	}
	var all []int
	for _, p := range s.Policies {
		start := count
		for _, c := range h.changes {
			if c.At.After(now.Add(-p.Period)) {
				start -= c.By
			}
		}
		by := float64(p.Value)
		switch {
		case p.Percent && up:
			all = append(all, int(math.Ceil(float64(start)*(1+by/100)-1e-9)))
		case p.Percent:
			all = append(all, int(math.Floor(float64(start)*max(0, 1-by/100)+1e-9)))
		case up:
			all = append(all, start+p.Value)
		default:
			all = append(all, start-p.Value)
		}
	}
	best := all[0]
	for _, to := range all {
		if (to > best) == (up == (s.Select == rules.SelectMax)) {
			best = to
		}
	}
	return best
}

func anyRules(r *rapid.T, d string) string {
	text := fmt.Sprintf("%s: {stabilizationWindowSeconds: %d, selectPolicy: %s", d, rapid.SampledFrom([]int{0, 15, 60, 300}).Draw(r, "window"),
		rapid.SampledFrom([]string{"Max", "Max", "Min", "Disabled"}).Draw(r, "select"))
	text += ", policies: ["
	for range rapid.IntRange(1, 3).Draw(r, "policies") {
		text += fmt.Sprintf("{type: %s, value: %d, periodSeconds: %d}, ", rapid.SampledFrom([]string{"Pods", "Percent"}).Draw(r, "type"),
			rapid.IntRange(1, 120).Draw(r, "value"), rapid.SampledFrom([]int{15, 30, 60, 120}).Draw(r, "period"))
	}
	return text + "]}"
}

// TestProperty_BehaviorIsThatOfAnHPA asks for a count every 15 s, as a HorizontalPodAutoscaler does, and compares.
func TestProperty_BehaviorIsThatOfAnHPA(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		set := newSet(r, fast("{"+anyRules(r, "scaleUp")+", "+anyRules(r, "scaleDown")+"}", rule("want", "Want", "set: '{{ .Annotations.want }}'")))
		target := set.Targets["web"]
		h := &hpa{b: target.Behavior, lowest: target.Min, most: target.Max}
		count, now := rapid.IntRange(1, 100).Draw(r, "count"), epoch
		state := RefState{Target: "web"}.with(map[string]AlertState{"a": {Phase: Firing, At: now, Rules: []string{"want"}}})
		for i := range rapid.IntRange(1, 40).Draw(r, "looks") {
			want := rapid.IntRange(1, 120).Draw(r, "want")
			state.setEpisode("want", &Episode{Since: now, Value: &want, Call: &Call{ID: uint64(i + 1), At: now, Value: &want}})
			state.Calls = uint64(i + 1)
			out := decide(set, target, state, Observed{Count: count, Ready: true}, now)
			expected := h.next(count, want, now)
			got := count
			state = out.next
			if out.change != nil {
				got = out.change.To
				state = state.clone()
				state.applied(set, target, now)
			}
			require.Equalf(r, expected, got, "look %d, at %d, for %d: %+v", i, count, want, out.decisions)
			count, now = got, now.Add(15*time.Second)
		}
	})
}
