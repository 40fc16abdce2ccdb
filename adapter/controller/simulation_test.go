package controller_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"alertscale/rules"
	"alertscale/rules/engine"
	"alertscale/rules/simulation"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// simulated are rules of many kinds. None of them depends on what a simulation has not: failures, owners, pauses.
const simulated = `
targets:
  web: {driver: fake, name: web, min: 2, max: 20, restore: {after: 12m, down: 2, every: 1m}}
  queue: {driver: fake, name: queue, min: 0, max: 30, behavior: {scaleUp: {policies: [{type: Pods, value: 2, periodSeconds: 60}]}}}
  any: {driver: fake, name: '{{ .Labels.app }}', max: 10, cooldown: 90s}
rules:
  - {name: busy, matchers: ['alertname="Busy"'], target: web, up: 2, keep_active_for: 3m}
  - {name: idle, matchers: ['alertname="Idle"'], target: web, down: 1, cooldown: 10m}
  - {name: hold, matchers: ['alertname="Hold"'], target: web, hold: down}
  - {name: long, matchers: ['alertname="Busy"'], target: queue, up: 5, repeat: 4m}
  - {name: done, matchers: ['alertname="Busy"'], target: queue, set: 1, when: resolved}
  - {name: app, matchers: ['alertname="Hold"'], target: any, up: 50%}
  - {name: try, matchers: ['alertname="Idle"'], target: any, down: 1, dry_run: true}
`

// noted is a decision and when it was made.
type noted struct {
	At time.Duration
	engine.Decision
}

// scene is one notification of a story, and how long it is after the one before.
type scene struct {
	pause time.Duration
	group string
	what  []string // becomes of each alert
}

// scenes draws a story.
func scenes(r *rapid.T) []scene {
	return rapid.SliceOfN(rapid.Custom(func(r *rapid.T) scene {
		return scene{
			rapid.SampledFrom([]time.Duration{time.Second, 20 * time.Second, time.Minute, 5 * time.Minute, 4 * time.Hour}).Draw(r, "pause"),
			rapid.SampledFrom([]string{"g", "g", "h", ""}).Draw(r, "group"),
			rapid.SliceOfN(rapid.SampledFrom([]string{"stays", "stays", "stays", "flips", "is left out"}), 6, 6).Draw(r, "what"),
		}
	}), 1, 40).Draw(r, "scenes")
}

// truth is what there is of each alert at a time.
type truth map[string]*rules.Alert

// tell returns the notification of a scene.
func (all truth) tell(s scene, now time.Time) *rules.Event {
	e := &rules.Event{Receiver: "alertscale", GroupKey: s.group}
	for i, what := range s.what {
		name, app := []string{"Busy", "Idle", "Hold"}[i/2], []string{"cart", "shop"}[i%2]
		a := all[name+app]
		switch {
		case what == "flips" && (a == nil || a.Resolved):
			a = &rules.Alert{
				Fingerprint: name + app, StartsAt: now, Labels: rules.Labels{{Name: "alertname", Value: name}, {Name: "app", Value: app}},
			}
		case what == "flips":
			next := *a
			next.Resolved, next.EndsAt = true, now
			a = &next
		}
		if all[name+app] = a; a != nil && what != "is left out" {
			e.Alerts = append(e.Alerts, *a)
		}
	}
	return e
}

// TestProperty_ASimulationDecidesAsTheProgramDoes tells both the same, and compares every answer, every decision and its
// time, and the counts.
func TestProperty_ASimulationDecidesAsTheProgramDoes(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		story := scenes(r)
		var want, got []string
		inWorld(t, simulated, map[string]int{"web": 3, "queue": 0, "cart": 4, "shop": 1}, func(w *world) { want, got = w.both(story) })
		require.Equal(r, want, got)
	})
}

// both tells a story to a simulation and to the controller, and returns what each made of it.
func (w *world) both(story []scene) (simulated, real []string) {
	epoch, alerts := time.Now(), truth{}
	counts := map[string]int{}
	for name, n := range w.driver.counts {
		counts["fake:"+name] = n
	}
	var all []noted
	s := simulation.New(simulation.Options{Set: w.file.Rules, Start: epoch, Counts: counts, Decided: func(at time.Time, d engine.Decision) {
		if d.Verdict != engine.Duplicate {
			all = append(all, noted{at.Sub(epoch), d})
		}
	}})
	for _, sc := range story {
		after(sc.pause + 137*time.Millisecond) // so that nothing is due by itself at the same time
		e := alerts.tell(sc, time.Now())
		simulated = append(simulated, shown(s.Post(e, time.Now()))...)
		real = append(real, shown(w.send(e))...)
		synctest.Wait()
	}
	after(time.Hour)
	s.AdvanceTo(time.Now())
	for ref := range counts {
		n, _ := s.Count(ref)
		counts[ref] = n
	}
	return append(append(simulated, ordered(all)...), fmt.Sprint(counts)),
		append(append(real, ordered(told(w.sink, epoch))...), fmt.Sprint(w.driver.refs()))
}

// refs are the counts by the ref.
func (d *fakeDriver) refs() map[string]int {
	all := map[string]int{}
	d.with(func(d *fakeDriver) {
		for name, n := range d.counts {
			all["fake:"+name] = n
		}
	})
	return all
}

// told is what a sink was told.
func told(s *fakeSink, epoch time.Time) []noted {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []noted
	for _, d := range s.all {
		all = append(all, noted{d.At.Sub(epoch), d.Decision})
	}
	return all
}

// ordered writes decisions down, of each ref in the order in which they were made. The program wakes a millisecond late
// at times.
func ordered(all []noted) []string {
	slices.SortStableFunc(all, func(a, b noted) int {
		switch {
		case a.Ref < b.Ref:
			return -1
		case a.Ref > b.Ref:
			return 1
		default:
			return 0
		}
	})
	texts := make([]string, 0, len(all))
	for _, d := range all {
		texts = append(texts, fmt.Sprint(d.At.Round(5*time.Millisecond), shown([]engine.Decision{d.Decision})))
	}
	return texts
}

func shown(all []engine.Decision) (texts []string) {
	for _, d := range all {
		from, to := -1, -1
		if d.From != nil && d.To != nil {
			from, to = *d.From, *d.To
		}
		texts = append(texts, fmt.Sprintf("%s %s %q %s %d→%d %q %q", d.Ref, d.Target, d.Rule, d.Verdict, from, to, d.Why, d.Alerts))
	}
	return texts
}
