package engine

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// growing is a file with a rule that goes up without a cooldown, and one that holds it.
func growing(rest string) string {
	return options(", cooldown: 0s", rule("busy", "Busy", "up: 2"+rest), rule("stop", "Deploying", "hold: up"))
}

func TestReload_Repeat(t *testing.T) {
	(&reloads{file: growing, begin: stepUp, at: "2m", until: "11m", all: []reloaded{
		{"one", "", ", repeat: 5m", "4m59s=5 5m=7 10m=9", 3},
		{"none", ", repeat: 5m", "", "11m=5", 1},
		{"slower", ", repeat: 5m", ", repeat: 9m", "8m59s=5 9m=7", 2},
		{"faster", ", repeat: 10m", ", repeat: 4m", "3m59s=5 4m=7 8m=9", 3},
	}}).check(t)
	(&reloads{file: growing, begin: stepUp, at: "20m", until: "30m", all: []reloaded{
		{"one that was due long ago", "", ", repeat: 8m", "20m=7 27m59s=7 28m=9", 3},
	}}).check(t)
}

// A repeat whose call is open, but held, is the one of the file that there is now.
func TestReload_RepeatThatIsHeld(t *testing.T) {
	(&reloads{file: growing, begin: func(w *world) {
		stepUp(w)
		w.post("1m", firing("Deploying"), in("d"))
		w.until("3m").has(5)
	}, at: "4m", next: func(w *world) { w.post("5m", resolved("Deploying", "5m"), in("d")) }, until: "11m", all: []reloaded{
		{"as it was", ", repeat: 2m", ", repeat: 2m", "5m=7 7m=9 9m=11 11m=13", 5},
		{"none", ", repeat: 2m", "", "11m=5", 1},
		{"slower", ", repeat: 2m", ", repeat: 10m", "9m59s=5 10m=7", 2},
		{"faster", ", repeat: 2m", ", repeat: 1m", "5m=7 6m=9", 8},
	}}).check(t)
}

// A rule that has another name now goes on where the other was: without a step for what fires already.
func TestReload_RepeatUnderAnotherName(t *testing.T) {
	w := newWorld(t, growing(", repeat: 5m"), 3)
	stepUp(w)
	w.reload("2m", strings.ReplaceAll(growing(", repeat: 5m"), "name: busy", "name: burns"))
	w.post("3m", firing("Busy"), in("b")).is(Duplicate, 5, 5)
	w.until("7m59s").has(5)
	w.until("8m").has(7) // five minutes after it was first heard of
	w.until("13m").has(9)
}

func TestReload_KeepActiveFor(t *testing.T) {
	kept := func(rest string) string { return options(", cooldown: 0s", rule("busy", "Busy", "up: 2"+rest), down1) }
	quiet := func(w *world) {
		w.post("10m", resolved("Busy", "10m"), in("b"))
		w.post("10m10s", firing("Idle").since("10m"), in("i"))
	}
	(&reloads{file: kept, begin: func(w *world) { stepUp(w); quiet(w) }, at: "12m", all: []reloaded{
		{"longer", ", keep_active_for: 5m", ", keep_active_for: 20m", "29m59s=5 30m=4", 2},
		{"shorter", ", keep_active_for: 20m", ", keep_active_for: 5m", "14m59s=5 15m=4", 2},
		{"so short that it is over", ", keep_active_for: 20m", ", keep_active_for: 1m", "12m=4", 2},
		{"none", ", keep_active_for: 20m", "", "12m=4", 2},
	}}).check(t)
	(&reloads{file: kept, begin: stepUp, at: "9m", next: quiet, all: []reloaded{
		{"one", "", ", keep_active_for: 5m", "14m59s=5 15m=4", 2},
	}}).check(t)
}

func TestReload_Restore(t *testing.T) {
	way := func(text string) string { return ofTarget(", restore: {" + text + "}") }
	burnt := func(w *world) { stepUp(w); w.post("5m", resolved("Busy", "5m"), in("b")) }
	(&reloads{file: way, begin: burnt, at: "6m", all: []reloaded{
		{"later", "after: 10m, down: 1, every: 1m", "after: 20m, down: 1, every: 1m", "24m59s=5 25m=4 26m=3", 3},
		{"sooner", "after: 1h, down: 1, every: 1m", "after: 20m, down: 1, every: 1m", "24m59s=5 25m=4 26m=3", 3},
		{"so soon that it is due", "after: 1h, down: 1, every: 1m", "after: 30s, down: 2, every: 1m", "6m=3", 2},
	}}).check(t)
	(&reloads{file: way, begin: burnt, at: "15m30s", all: []reloaded{
		{"slower", "after: 10m, down: 1, every: 1m", "after: 10m, down: 1, every: 10m", "24m59s=4 25m=3", 3},
		{"in larger steps", "after: 10m, down: 1, every: 10m", "after: 10m, down: 5, every: 10m", "24m59s=4 25m=3", 3},
		{"to a baseline", "after: 10m, down: 1, every: 1m", "after: 10m, down: 1, every: 1m, baseline: 1", "16m=3 18m=1", 5},
		{"to no given one", "after: 10m, down: 1, every: 1m, baseline: 1", "after: 10m, down: 1, every: 1m", "16m=3", 3},
	}}).check(t)
	(&reloads{file: ofTarget, begin: burnt, at: "15m30s", all: []reloaded{
		{"none", ", restore: {after: 10m, down: 1, every: 1m}", "", "1h=4", 2},
	}}).check(t)
}

// A step of the way back that is due, but held, is the one of the file that there is now.
func TestReload_RestoreThatIsHeld(t *testing.T) {
	way := func(text string) string {
		return options(", restore: {"+text+", every: 1m}", up2, rule("stop", "Deploying", "hold: down"))
	}
	(&reloads{file: way, begin: func(w *world) {
		stepUp(w)
		w.post("5m", resolved("Busy", "5m"), in("b"))
		w.post("6m", firing("Deploying"), in("d"))
		w.until("20m")
		require.NotNil(w.t, w.state().episode("restore"))
	}, at: "20m", next: func(w *world) { w.post("21m", resolved("Deploying", "21m"), in("d")) }, all: []reloaded{
		{"later", "after: 10m, down: 1", "after: 30m, down: 1", "34m59s=5 35m=4 36m=3", 3},
		{"not so late", "after: 10m, down: 1", "after: 12m, down: 2", "21m=3", 2},
		{"to another baseline", "after: 10m, down: 1", "after: 10m, down: 5, baseline: 2", "21m=2", 2},
	}}).check(t)
}

func TestReload_OfWhatARuleDoes(t *testing.T) {
	with := func(action string) string { return options(", cooldown: 1m", rule("busy", "Busy", action)) }
	(&reloads{file: with, begin: cooling, at: "30s", all: []reloaded{
		{"more", "up: 2", "up: 9", "59s=5 1m=14", 2},
		{"less", "up: 2", "down: 1", "59s=5 1m=4", 2},
		{"a count", "up: 2", "set: 8", "1m=8", 2},
		{"a hold", "up: 2", "hold: up", "1h=5", 1},
	}}).check(t)
	w := newWorld(t, with("up: 2"), 3)
	cooling(w)
	w.reload("30s", with("up: 2, when: resolved"))
	w.until("10m").has(5)
	w.post("20m", resolved("Busy", "20m").since("20s"), in("b")).is(Scaled, 5, 7)
	require.True(t, w.state().episode("busy").EndServed)
}
