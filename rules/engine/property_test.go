package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"alertscale/rules"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// propertyFiles are files that a timeline reloads: with rules renamed, taken out, changed.
var propertyFiles = func() []string {
	web2 := "targets:\n  web: {driver: sim, name: web, min: 1, max: 15, cooldown: 30s}\nrules:\n"
	return []string{
		web + rule("busy", "Busy", "up: 2") + rule("more", "Busy", "up: 50%") + rule("idle", "Idle", "down: 1") +
			rule("want", "Want", "set: 7") + rule("calm", "Busy", "down: 1, when: resolved") +
			rule("quick", "Quick", "up: 1, cooldown: 10s") + rule("asked", "Asked", "set: '{{ .Annotations.want }}'") +
			rule("try", "Quick", "up: 3, dry_run: true") + rule("back", "Idle", "up: 1, when: resolved"),
		web2 + rule("web is busy", "Busy", "up: 2") + rule("idle", "Idle", "down: 20%") + rule("want", "Want", "set: 30") +
			rule("calm", "Busy", "down: 1") + rule("asked", "Asked", "set: 4") + rule("quick", "Quick", "up: 1, cooldown: 10s"),
		"dry_run: true\n" + web2 + rule("busy", "Busy", "up: 2") + rule("idle", "Idle", "down: 1"),
		atNoon + strings.Replace(web2, "max: 20}", "max: 20, restore: {after: 5m, down: 2, every: 30s}}", 1) +
			rule("busy", "Busy", "up: 2, keep_active_for: 2m") + rule("idle", "Idle", "down: 1, mute_time_intervals: [noon]") +
			rule("stop", "Quick", "hold: up, active_time_intervals: [noon]") + rule("want", "Want", "set: 7, keep_active_for: 10m") +
			rule("calm", "Busy", "down: 1, when: resolved, keep_active_for: 5m"),
	}
}()

// alertOf is an alert as it is in truth, at one time.
type alertOf struct {
	name, pod string
	fires     bool
	start     time.Time
	end       time.Time
}

func (a alertOf) said(r *rapid.T) *spoken {
	s := firing(a.name).with("pod", a.pod)
	s.StartsAt = a.start
	if a.name == "Asked" {
		s.note("want", rapid.SampledFrom([]string{"3", "9", "40", "x", ""}).Draw(r, "want"))
	}
	if !a.fires {
		s.Resolved, s.EndsAt = true, a.end
	}
	return s
}

// story is a random timeline in the making.
type story struct {
	*world
	r      *rapid.T
	truth  []alertOf
	before [][]alertOf // what a sender that lags may tell
	ttl    string
}

func newStory(r *rapid.T) *story {
	s := &story{r: r, ttl: rapid.SampledFrom([]string{"", "", "", "alert_ttl: 1h\n"}).Draw(r, "ttl")}
	s.world = newWorld(r, s.ttl+propertyFiles[0], rapid.IntRange(0, 25).Draw(r, "count"))
	for _, name := range []string{"Busy", "Idle", "Want", "Quick", "Asked"} {
		for _, pod := range []string{"a", "b"} {
			s.truth = append(s.truth, alertOf{name: name, pod: pod, start: epoch, end: epoch})
		}
	}
	s.before = append(s.before, slices.Clone(s.truth))
	return s
}

// step is one thing that happens.
func (s *story) step() {
	r := s.r
	s.untilTime(s.now.Add(rapid.SampledFrom([]time.Duration{
		0, time.Second, 7 * time.Second, 40 * time.Second, 2 * time.Minute, 6 * time.Minute, 20 * time.Minute,
	}).Draw(r, "pause")))
	switch rapid.SampledFrom([]string{
		"flip", "flip", "flip", "tell", "tell", "tell", "tell", "tell", "mishap", "somebody", "crash", "reload", "read again",
	}).Draw(r, "step") {
	case "flip":
		s.flip()
	case "tell":
		s.tell()
	case "mishap":
		s.fails(mishap(rapid.IntRange(int(fine), int(busy)).Draw(r, "mishap")))
	case "somebody":
		n := rapid.IntRange(0, 25).Draw(r, "count")
		if in := s.state().Intent; in == nil || n != in.From { // nobody can tell that from a change that was lost
			s.only().count = n
			s.only().version++
		}
	case "crash":
		s.crash()
	case "reload":
		s.set = newSet(r, s.ttl+rapid.SampledFrom(propertyFiles).Draw(r, "file"))
		s.useAll()
	case "read again":
		s.readAgain()
	}
}

func (s *story) flip() {
	a := &s.truth[rapid.IntRange(0, len(s.truth)-1).Draw(s.r, "alert")]
	if a.fires = !a.fires; a.fires {
		a.start = s.now
	} else {
		a.end = s.now
	}
	s.before = append(s.before, slices.Clone(s.truth))
	if len(s.before) > 5 {
		s.before = s.before[1:]
	}
}

// tell sends what one of several senders knows, which may be old, to one of two groups: some of it left
// out, some of it lost, or twice.
func (s *story) tell() {
	r := s.r
	what := s.truth
	if rapid.IntRange(0, 3).Draw(r, "lags") == 0 {
		what = rapid.SampledFrom(s.before).Draw(r, "old")
	}
	e := &rules.Event{Receiver: "alertscale", GroupKey: rapid.SampledFrom([]string{"g", "g", "g", "h", ""}).Draw(r, "group")}
	silenced := rapid.IntRange(0, 20).Draw(r, "silenced")
	for i, a := range what {
		if i != silenced && (a.fires || a.end.After(epoch) && rapid.Bool().Draw(r, "tells")) {
			a.said(r).add(e)
		}
	}
	if rapid.IntRange(0, 9).Draw(r, "long") == 0 && len(e.Alerts) > 1 {
		e.Alerts, e.Truncated = e.Alerts[:1], len(e.Alerts)-1
	}
	for range rapid.SampledFrom([]int{1, 1, 1, 2, 0}).Draw(r, "times") {
		s.send(e)
	}
}

// settle ends all faults and lets time pass: every call that is still open then has a cause that is named.
func (s *story) settle() {
	s.next = nil
	s.untilTime(s.now.Add(30 * time.Minute))
	l, t := s.only(), s.set.Targets["web"]
	out := decide(s.set, t, *s.state(), Observed{Count: l.count}, s.now)
	require.Nilf(s.r, out.change, "something was still to be done: %s", dump(s.r, *s.state()))
	firing := out.next.FiringByRule()
	for name, ep := range out.next.episodes() {
		if !ep.waits(firing[name]) {
			continue
		}
		rule := s.set.RuleFor(name, t)
		up := slices.ContainsFunc(s.set.Rules, func(r *rules.Rule) bool {
			return r != rule && r.Action.Direction() != rules.Down && !r.Resolved && !r.DryRun && firing[r.Name] > 0
		})
		require.Truef(s.r, l.count == 0 && t.Min > 0 || lacksValue(rule, ep.Call) || rule.Action.Direction() != rules.Up && up ||
			slices.ContainsFunc(out.decisions, func(d Decision) bool { return d.Verdict == Held || d.Verdict == Muted || d.Verdict == Cooling }),
			"the call of %q is lost, at %d, by %v", name, l.count, out.decisions)
	}
}

// steps checks that nobody stepped more often than alerts began.
func (s *story) steps() {
	starts, steps := map[string]int{}, map[string]int{}
	for _, h := range s.heard {
		starts[h.labels.Get("alertname")] += len(h.starts)
	}
	for _, c := range s.only().changes {
		rule := ruleOf(s.r, c.rule)
		if !rule.Resolved && c.rule != "calm" {
			steps[rule.Matchers[0].Value+" "+rule.Action.Direction().String()]++
		}
	}
	for what, n := range steps {
		var alert, direction string
		_, _ = fmt.Sscan(what, &alert, &direction)
		require.LessOrEqualf(s.r, n, starts[alert], "%s: %v", what, s.only().changes)
	}
}

// ruleOf returns a rule of a name, of one of the files.
func ruleOf(t tester, name string) *rules.Rule {
	for _, text := range propertyFiles {
		if set := newSet(t, text); set.RuleFor(name, set.Targets["web"]) != nil {
			return set.RuleFor(name, set.Targets["web"])
		}
	}
	t.Fatalf("no rule %q", name)
	return nil
}

func TestProperty_AnyTimeline(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := newStory(r)
		for range rapid.IntRange(1, 80).Draw(r, "steps") {
			s.step()
		}
		s.settle()
		if s.ttl == "" {
			s.steps()
		}
	})
}
