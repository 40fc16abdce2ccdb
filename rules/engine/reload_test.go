package engine

import (
	"cmp"
	"fmt"
	"strings"
	"testing"
	"time"

	"alertscale/rules"

	"github.com/stretchr/testify/require"
)

// reloads are files that take the place of one another in the midst of something: what holds from then on is what the new one
// says, nothing is done twice, and nothing is lost.
type reloads struct {
	file  func(rest string) string // the files are alike but for a part
	count int                      // at first; 0: 3
	begin func(*world)             // what happens before
	at    string                   // of the reload
	next  func(*world)             // what happens right after it; nil: nothing
	until string                   // when changes are counted; empty: after many hours
	all   []reloaded
}

// reloaded is one such pair.
type reloaded struct {
	name, before, after string
	then                string // the counts at some times from then on
	steps               int    // how many changes there are in all
}

func (r *reloads) check(t *testing.T) {
	for _, c := range r.all {
		for _, restart := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/restart=%t", c.name, restart), func(t *testing.T) {
				w := newWorld(t, r.file(c.before), cmp.Or(r.count, 3))
				r.begin(w)
				w.reload(r.at, r.file(c.after))
				if r.next != nil {
					r.next(w)
				}
				if restart {
					w.crash()
				}
				w.counts(c.then)
				w.until(cmp.Or(r.until, "11h"))
				require.Len(t, w.only().changes, c.steps)
			})
		}
	}
}

// options is a file whose target has options, with rules.
func options(text string, all ...string) string {
	return "targets: {web: {driver: sim, name: web, max: 100" + text + "}}\nrules:\n" + strings.Join(all, "")
}

var (
	up2   = rule("busy", "Busy", "up: 2")
	down1 = rule("idle", "Idle", "down: 1")
)

// ofTarget is a file with some options of the target, ofBusy one with some of the rule busy.
func ofTarget(text string) string { return options(text, up2) }
func ofBusy(rest string) string   { return options(", cooldown: 1m", rule("busy", "Busy", "up: 2"+rest)) }

func stepUp(w *world) { w.post("0s", firing("Busy"), in("b")).is(Scaled, 3, 5) }

// cooling has a call wait until 1m.
func cooling(w *world) {
	stepUp(w)
	w.post("10s", resolved("Busy", "10s"), in("b"))
	w.post("20s", firing("Busy").since("20s"), in("b")).verdict(Cooling)
}

func TestReload_Cooldown(t *testing.T) {
	(&reloads{file: ofTarget, begin: cooling, at: "30s", all: []reloaded{
		{"longer", ", cooldown: 1m", ", cooldown: 3m", "2m59s=5 3m=7", 2},
		{"shorter", ", cooldown: 5m", ", cooldown: 2m", "1m59s=5 2m=7", 2},
		{"none", ", cooldown: 5m", ", cooldown: 0s", "30s=7", 2},
	}}).check(t)
	(&reloads{file: ofBusy, begin: cooling, at: "30s", all: []reloaded{
		{"of the rule", "", ", cooldown: 4m", "3m59s=5 4m=7", 2},
		{"of the rule no more", ", cooldown: 4m", "", "59s=5 1m=7", 2},
		{"under a dry run", "", ", dry_run: true", "1h=5", 1},
	}}).check(t)
}

func TestReload_Behavior(t *testing.T) {
	window := func(seconds string) string {
		return options(", cooldown: 0s, behavior: {scaleDown: {stabilizationWindowSeconds: "+seconds+"}}", down1)
	}
	(&reloads{file: window, count: 9, begin: func(w *world) { w.post("0s", firing("Idle")).verdict(Stabilizing) }, at: "1m", all: []reloaded{
		{"a longer window", "300", "600", "9m59s=9 10m=8", 1},
		{"a shorter window", "300", "120", "1m59s=9 2m=8", 1},
		{"no window", "300", "0", "1m=8", 1},
	}}).check(t)
	policy := func(text string) string {
		return options(", cooldown: 0s, behavior: {scaleUp: {policies: [{type: Pods, "+text+"}]}}", rule("busy", "Busy", "up: 10"))
	}
	(&reloads{file: policy, begin: func(w *world) { w.post("0s", firing("Busy")).is(Scaled, 3, 7) }, at: "30s", all: []reloaded{
		{"less", "value: 4, periodSeconds: 60", "value: 2, periodSeconds: 60", "59s=7 1m=9 2m=11 3m=13", 4},
		{"more", "value: 4, periodSeconds: 60", "value: 5, periodSeconds: 60", "30s=8 59s=8 1m=12 1m30s=13", 4},
		{"a longer period", "value: 4, periodSeconds: 60", "value: 4, periodSeconds: 300", "4m59s=7 5m=11 10m=13", 3},
		{"a shorter period", "value: 4, periodSeconds: 60", "value: 4, periodSeconds: 40", "39s=7 40s=11 1m20s=13", 3},
	}}).check(t)
	step := func(action string) string {
		policy := "policies: [{type: Pods, value: 4, periodSeconds: 60}]"
		return options(", cooldown: 0s, behavior: {scaleUp: {"+policy+"}, scaleDown: {stabilizationWindowSeconds: 0, "+policy+"}}", rule("busy", "Busy", action))
	}
	(&reloads{file: step, begin: func(w *world) { w.post("0s", firing("Busy")).is(Scaled, 3, 7) }, at: "30s", all: []reloaded{
		{"the rest of a smaller step", "up: 10", "up: 6", "59s=7 1m=9 2m=9", 2},
		{"of one that is done", "up: 10", "up: 4", "1m=7", 1},
		{"of a larger one", "up: 6", "up: 12", "1m=11 2m=15 3m=15", 3},
		{"of one by percent", "up: 10", "up: 200%", "1m=9 2m=9", 2},
	}}).check(t)
	(&reloads{file: step, count: 30, begin: func(w *world) { w.post("0s", firing("Busy")).is(Scaled, 30, 26) }, at: "30s", all: []reloaded{
		{"of one the other way", "set: 9", "up: 1", "30s=27", 2},
		{"of one to another count", "set: 9", "set: 20", "1m=22 2m=20", 3},
		{"of one that is a count now", "down: 10", "set: 24", "1m=24", 2},
	}}).check(t)
}

func TestReload_Hold(t *testing.T) {
	held := func(w *world) {
		w.post("0s", firing("Deploying"), in("d"))
		w.post("10s", firing("Busy"), in("b")).verdict(Held)
	}
	with := func(rest string) string { return options("", up2, rule("stop", "Deploying", rest)) }
	(&reloads{file: with, begin: held, at: "30s", all: []reloaded{
		{"of the other direction", "hold: up", "hold: down", "30s=5", 1},
		{"under a dry run", "hold: up", "hold: up, dry_run: true", "30s=5", 1},
		{"none", "hold: up", "set: 5, dry_run: true", "30s=5", 1},
		{"of both", "hold: up", "hold: both", "1h=3", 0},
	}}).check(t)
	(&reloads{file: with, begin: func(w *world) {
		stepUp(w)
		w.post("10s", firing("Deploying"), in("d")).verdict(Held)
		w.post("20s", resolved("Busy", "20s"), in("b"))
		w.post("30s", firing("Busy").since("30s"), in("b")).verdict(Cooling)
	}, at: "40s", all: []reloaded{
		{"in the place of a step", "down: 1", "hold: up", "1h=5", 1},
	}}).check(t)
}

func TestReload_TimeIntervals(t *testing.T) {
	noon := func(rest string) string {
		return atNoon + options(", cooldown: 0s", rule("busy", "Busy", "up: 2"+rest))
	}
	muted := func(w *world) { w.post("0s", firing("Busy")).verdict(Muted) }
	(&reloads{file: noon, begin: muted, at: "10m", all: []reloaded{
		{"none", ", mute_time_intervals: [noon]", "", "10m=5", 1},
		{"active in the place of mute", ", mute_time_intervals: [noon]", ", active_time_intervals: [noon]", "10m=5", 1},
	}}).check(t)
	(&reloads{file: noon, begin: cooling, at: "30s", all: []reloaded{
		{"one", ", cooldown: 20m", ", cooldown: 20m, mute_time_intervals: [noon]", "29m59s=5 30m=7", 2},
	}}).check(t)
	ends := func(at string) string { return strings.ReplaceAll(noon(", mute_time_intervals: [noon]"), "12:30", at) }
	(&reloads{file: ends, begin: muted, at: "10m", all: []reloaded{
		{"a shorter one of that name", "12:30", "12:15", "14m59s=3 15m=5", 1},
		{"one of that name that is over", "12:30", "12:05", "10m=5", 1},
		{"a longer one of that name", "12:30", "12:45", "44m59s=3 45m=5", 1},
	}}).check(t)
}

func TestReload_OwnersAndPauses(t *testing.T) {
	owned := func(w *world) { w.only().conditions = []Condition{{ConditionOwned, "the HPA web sets the count"}} }
	(&reloads{file: ofTarget, begin: func(w *world) { owned(w); w.post("0s", firing("Busy")).verdict(Owned) }, at: "10s", all: []reloaded{
		{"override", "", ", when_owned: override", "10s=5", 1},
	}}).check(t)
	(&reloads{file: ofTarget, begin: func(w *world) { owned(w); cooling(w) }, at: "30s", all: []reloaded{
		{"refuse", ", cooldown: 1m, when_owned: override", ", cooldown: 1m", "1h=5", 1},
	}}).check(t)
	(&reloads{file: ofTarget, begin: func(w *world) { w.post("0s", firing("Busy")).verdict(Paused) }, at: "10m", all: []reloaded{
		{"paused no more", ", paused: true", "", "10m=5", 1},
		{"both", ", paused: true", ", paused: true, cooldown: 0s", "1h=3", 0},
	}}).check(t)
	(&reloads{file: ofTarget, begin: cooling, at: "30s", all: []reloaded{
		{"paused", ", cooldown: 1m", ", cooldown: 1m, paused: true", "1h=5", 1},
		{"a dry run", ", cooldown: 1m", ", cooldown: 1m, dry_run: true", "1h=5", 1},
	}}).check(t)
}

// What was paused over the API stays so, whatever the file.
func TestReload_APauseOverTheAPIStays(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.pause(rules.Stay, time.Hour)
	w.post("1m", firing("Busy")).verdict(Paused)
	w.reload("2m", ofTarget(", cooldown: 0s"))
	w.until("59m59s").has(3)
	w.until("1h").has(5)
}

func TestReload_WaitReady(t *testing.T) {
	ready := func(text string) string { return options(text, up2, rule("more", "More", "up: 1")) }
	(&reloads{file: ready, begin: func(w *world) {
		stepUp(w)
		w.only().unready = true
		w.post("20s", firing("More"), in("m")).verdict(NotReady)
	}, at: "1m", all: []reloaded{
		{"none", ", cooldown: 10s, wait_ready: 10m", ", cooldown: 10s", "1m=6", 2},
		{"shorter", ", cooldown: 10s, wait_ready: 10m", ", cooldown: 10s, wait_ready: 2m", "1m59s=5 2m=6", 2},
		{"longer", ", cooldown: 10s, wait_ready: 2m", ", cooldown: 10s, wait_ready: 10m", "9m59s=5 10m=6", 2},
	}}).check(t)
	(&reloads{file: ready, begin: func(w *world) { cooling(w); w.only().unready = true }, at: "30s", all: []reloaded{
		{"one", ", cooldown: 1m", ", cooldown: 1m, wait_ready: 5m", "4m59s=5 5m=7", 2},
	}}).check(t)
}
