package engine

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestHookKey_AnotherBodyDoesNotChangeWhatItStandsFor(t *testing.T) {
	w := newWorld(t, button, 10)
	w.press("0s", "a", deploy).is(Scaled, 10, 12)
	w.press("10s", "b", deploy).is(Cooling, 12, 12)
	w.press("20s", "b", label("alertname", "Idle")).is(Cooling, 12, 12)
	require.Equal(t, map[string]int{"deploy": 1}, w.state().FiringByRule())
	w.until("1m").has(14)
}

func TestHookKey_IsForgottenThoughItsAlertFires(t *testing.T) {
	w := newWorld(t, button, 3)
	w.send(w.pressed("a", 48*time.Hour, deploy)).is(Scaled, 3, 5)
	w.until("23h59m59s")
	w.send(w.pressed("a", 48*time.Hour, deploy)).is(Duplicate, 5, 5)
	w.until("24h")
	w.send(w.pressed("a", 48*time.Hour, deploy)).is(Scaled, 5, 7)
	w.until("71h")
	require.Equal(t, map[string]int{"deploy": 1}, w.state().FiringByRule())
	w.until("72h")
	w.forgot()
}

func TestHookKey_OfAPOSTThatCameToNothingIsSentAgain(t *testing.T) {
	w := newWorld(t, button, 0)
	w.press("0s", "a", deploy).is(Disabled, 0, 0)
	w.until("10m")
	w.somebody("10m", 3)
	w.press("11m", "a", deploy).is(Scaled, 3, 5)
	w.press("12m", "a", deploy).is(Duplicate, 5, 5)
}

func TestHookKey_OfAPOSTThatTheNextOneEndedUnserved(t *testing.T) {
	w := newWorld(t, button, 3)
	w.press("0s", "a", deploy).is(Scaled, 3, 5)
	w.press("10s", "b", deploy).is(Cooling, 5, 5)
	w.press("20s", "c", deploy).is(Cooling, 5, 5)
	w.until("1m").has(7)
	w.press("1m", "b", deploy).is(Cooling, 7, 7)
	w.until("2m").has(9)
	for _, key := range []string{"a", "b", "c"} {
		w.press("3m", key, deploy).is(Duplicate, 9, 9)
	}
}

func TestHookKey_IsKeptWhereSomethingMayHaveComeOfIt(t *testing.T) {
	for name, befalls := range map[string]mishap{"done": answerLost, "lost": changeLost, "late": changeLate} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, button, 3)
			w.fails(befalls)
			w.send(w.pressed("a", time.Second, deploy))
			w.until("2s")
			w.press("3s", "a", deploy).verdict(Duplicate)
			w.until("2h")
			require.LessOrEqual(t, len(w.only().changes), 1)
		})
	}
}

func TestHookKey_IsKeptWhereOneOfItsRulesActed(t *testing.T) {
	w := newWorld(t, button+rule("set", "Deploy", "set: 4")+rule("after", "Deploy", "down: 1, when: resolved"), 0)
	w.press("0s", "a", deploy).is(Disabled, 0, 0)
	w.somebody("5m", 8)
	w.press("6m", "a", deploy).verdict(Duplicate)
	w.until("2h").has(7)
}

func TestHookKey_IsKeptWhereOthersGoOn(t *testing.T) {
	w := newWorld(t, button, 0)
	w.press("0s", "a", deploy).is(Disabled, 0, 0)
	w.post("1m", firing("Deploy").since("1m")).is(Disabled, 0, 0)
	w.until("6m")
	w.press("6m", "a", deploy).is(Disabled, 0, 0)
	require.Equal(t, map[string]int{"deploy": 1}, w.state().FiringByRule())
	w.somebody("7m", 3)
	w.until("9m").has(5)
	w.until("1h").has(5)
}

func TestHookKey_MendsATemplate(t *testing.T) {
	w := newWorld(t, web+rule("set", "Deploy", "set: '{{ .Labels.count }}'"), 3)
	w.press("0s", "a", deploy).is(Rejected, 3, 3)
	w.press("10s", "a", deploy, label("count", "7")).is(Scaled, 3, 7)
	w.press("2m", "a", deploy, label("count", "9")).is(Duplicate, 7, 7)
	w.press("3m", "b", deploy).is(Rejected, 7, 7)
	w.press("4m", "", deploy, label("count", "5")).verdict(Cooling)
	w.until("5m10s").has(5)
}

func TestHook_AClockThatIsSetBackBeforeAKeyIsRepeated(t *testing.T) {
	w := newWorld(t, button, 3)
	w.press("10h", "a", deploy).is(Scaled, 3, 5)
	w.now = at("1h") // nobody looks
	w.send(w.pressed("a", 5*time.Minute, deploy)).is(Duplicate, 5, 5)
	w.until("1h4m59s")
	require.NotEmpty(t, w.state().FiringByRule())
	w.until("1h5m")
	require.Empty(t, w.state().FiringByRule())
}

func TestHook_ARefThatAFixedTargetTakesOver(t *testing.T) {
	any := "targets:\n  any: {driver: sim, name: '{{ .Labels.svc }}', max: 9}\n"
	fixed := "  web: {driver: sim, name: web, max: 5}\n"
	rule := "rules:\n  - {name: deploy, matchers: ['alertname=\"Deploy\"'], target: any, up: 1}\n"
	w := newWorld(t, any+rule, 3)
	svc := label("svc", "web")
	w.press("0s", "a", deploy, svc).is(Scaled, 3, 4)
	w.reload("1m", any+fixed+rule)
	w.press("2m", "a", deploy, svc).is(Duplicate, 4, 4)
	w.press("3m", "b", deploy, svc).is(Scaled, 4, 5)
	w.press("4m", "", deploy, svc).is(AtBound, 5, 5)
	w.reload("5m", any+rule)
	w.press("6m", "", deploy, svc).is(Scaled, 5, 6)
	w.until("48h")
	require.Empty(t, w.state().plain().Alerts)
}

func TestHook_OfARefThatTheFileLosesAndGetsAgain(t *testing.T) {
	w := newWorld(t, button, 3)
	w.press("0s", "a", deploy).is(Scaled, 3, 5)
	w.reload("1m", "targets: {web2: {driver: sim, name: web2, max: 5}}\nrules: []\n")
	w.until("10m")
	w.reload("11m", button)
	w.press("12m", "a", deploy).is(Duplicate, 5, 5)
}

func TestHook_ItFiresForYears(t *testing.T) {
	w := newWorld(t, "alert_ttl: 1m\n"+button, 3)
	w.send(w.pressed("", 250*365*24*time.Hour, deploy)).is(Scaled, 3, 5)
	w.until("48h")
	require.NotEmpty(t, w.state().FiringByRule())
	w.crash()
	w.press("49h", "", deploy).is(Scaled, 5, 7)
	w.until("50h")
	require.Empty(t, w.state().plain().Alerts)
}

func TestHook_DryRunRules(t *testing.T) {
	w := newWorld(t, web+rule("deploy", "Deploy", "up: 2, dry_run: true"), 3)
	w.press("0s", "a", deploy).is(DryRun, 3, 5)
	w.press("1s", "a", deploy).is(Duplicate, 3, 3)
	w.press("2s", "", deploy).is(DryRun, 3, 5)
	w.has(3)
}

func TestHookKey_OfAChangeThatAnEarlierAttemptMayHaveMade(t *testing.T) {
	w := newWorld(t, button, 3)
	target := w.set.Targets["web"]
	for call, want := range map[uint64]int{1: 1, 2: 0} {
		s, _ := record(w.set, RefState{}, w.set.Match(w.pressed("a", time.Minute, deploy)).Refs[0], w.now)
		s.Intent = &Intent{At: w.now, From: 3, Attempts: []Attempt{{To: 5, Rule: "deploy", Calls: []uint64{call}}, {To: 5, Rule: "deploy"}}}
		s.expire(w.set, target, at("1m"))
		require.Len(t, s.plain().Alerts, want)
	}
}

func TestHookKey_AnotherBodyMendsNothingOfOthers(t *testing.T) {
	w := newWorld(t, button+rule("set", "Count", "set: '{{ .Labels.count }}'"), 3)
	count, seven := label("alertname", "Count"), label("count", "7")
	w.press("0s", "a", deploy).is(Scaled, 3, 5)
	w.post("1m", firing("Count")).is(Rejected, 5, 5)
	w.press("2m", "a", count, seven).is(Rejected, 5, 5)

	w.post("3m", resolved("Count", "3m"))
	w.press("4m", "b", count, seven).is(Scaled, 5, 7)
	w.press("10m", "c", count).is(Rejected, 7, 7)
	e := w.pressed("b", time.Minute, count, seven)
	next, rec := record(w.set, *w.state(), w.set.Match(e).Refs[0], w.now)
	require.False(t, rec.changed)
	require.Nil(t, next.episode("set").Value)
}

// TestProperty_HookKey: senders that post until they are told that it is done, at any pace, get one step for each
// key, whatever befalls the changes that nothing was heard of; and never more where an answer is lost.
func TestProperty_HookKey(t *testing.T) {
	file := "targets: {web: {driver: sim, name: web, max: 1000, cooldown: 30s}}\nrules:\n" + rule("deploy", "Deploy", "up: 1")
	rapid.Check(t, func(r *rapid.T) {
		w := newWorld(r, file, 3)
		worst := rapid.SampledFrom([]mishap{fine, busy, overtaken, changeLate, answerLost}).Draw(r, "worst")
		lasts := time.Duration(rapid.IntRange(1, 600).Draw(r, "for")) * time.Second
		used := map[string]bool{}
		for range rapid.IntRange(1, 30).Draw(r, "posts") {
			w.untilTime(w.now.Add(time.Duration(rapid.IntRange(0, 120).Draw(r, "pause")) * time.Second))
			if worst != fine && rapid.Bool().Draw(r, "befalls") {
				w.fails(worst)
			}
			if worst != busy && rapid.IntRange(0, 9).Draw(r, "crashes") == 0 { // it forgets what became of the last second
				w.crash()
			}
			key := rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(r, "key")
			used[key] = true
			w.send(w.pressed(key, lasts, deploy))
		}
		w.next = nil
		for _, key := range []string{"a", "b", "c", "d"} {
			for range 3 {
				if used[key] {
					w.untilTime(w.now.Add(2 * time.Minute))
					w.send(w.pressed(key, lasts, deploy))
				}
			}
		}
		w.untilTime(w.now.Add(time.Hour))
		require.LessOrEqual(r, len(w.only().changes), len(used))
		if worst == fine || worst == busy {
			require.Len(r, w.only().changes, len(used))
		}
		require.Empty(r, w.state().FiringByRule())
	})
}
