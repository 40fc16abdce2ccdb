package replay

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"alertscale/adapter/config"
	"alertscale/adapter/controller"
	"alertscale/adapter/driver/simulator"
	"alertscale/adapter/recording"
	"alertscale/adapter/source/hook"
	"alertscale/adapter/source/webhook"
	"alertscale/adapter/store/memory"
	"alertscale/rules"
	"alertscale/rules/engine"

	"github.com/go-kit/log"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// program is an alertscale that records, in a synctest bubble, on a simulator that takes a moment for each request.
type program struct {
	t        *testing.T
	core     *controller.Controller
	driver   *simulator.Driver
	recorder *recording.Recorder
	hook     *hook.Config
	posts    int

	mu  sync.Mutex
	all []controller.DecisionRecord // but duplicates
}

// slow is a driver whose requests take a moment.
type slow struct{ controller.Driver }

// moment is short beside offset: what is due by itself comes later by it with each step, and not past a notification.
const (
	moment = 200 * time.Microsecond
	offset = 31700 * time.Microsecond
)

func (s slow) Observe(ctx context.Context, ref rules.Ref) (engine.Observed, error) {
	time.Sleep(moment)
	return s.Driver.Observe(ctx, ref)
}

func (s slow) Scale(ctx context.Context, ref rules.Ref, c engine.Change) error {
	time.Sleep(moment)
	return s.Driver.Scale(ctx, ref, c)
}

// Record implements controller.Sink.
func (p *program) Record(d controller.DecisionRecord) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if d.Verdict != engine.Duplicate {
		p.all = append(p.all, d)
	}
}

// start starts the program. What it returns stops it.
func start(t *testing.T, path string) (*program, func()) {
	file, err := config.Load("testdata/hour.yml", config.LoadOptions{})
	require.NoError(t, err)
	p := &program{t: t, hook: &file.Hooks[0]}
	p.driver = simulator.New(simulator.Config{Workloads: map[string]int{"web": 3, "queue": 0, "cart": 4, "shop": 1}}, simulator.Options{Now: time.Now})
	p.recorder, err = recording.Open(recording.Options{Path: path})
	require.NoError(t, err)
	p.core, err = controller.New(t.Context(), controller.Options{
		Store: memory.New(), Metrics: controller.NewMetrics(prometheus.NewRegistry(), 100), Logger: log.NewNopLogger(),
		Sinks: []controller.Sink{p}, Counted: p.recorder.Count,
	}, &controller.Snapshot{Rules: file.Rules, Drivers: map[string]controller.Backend{"simulator": {Driver: slow{p.driver}, Timeout: time.Minute}}})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { p.core.Run(ctx); close(ended) }()
	return p, func() {
		cancel()
		<-ended
		require.NoError(t, p.core.Shutdown(context.Background()))
		require.NoError(t, p.recorder.Close(context.Background()))
	}
}

// scene is one thing that happens, and how long after the one before.
type scene struct {
	Pause time.Duration
	Kind  string   // what happens
	Group string   // of a notification
	What  []string // becomes of each alert
	Count int      // that somebody else sets
}

func anyScene(r *rapid.T) scene {
	return scene{
		rapid.SampledFrom([]time.Duration{3 * time.Second, 20 * time.Second, time.Minute, 5 * time.Minute}).Draw(r, "pause") + offset,
		rapid.SampledFrom([]string{"notify", "notify", "notify", "notify", "hook", "key", "somebody"}).Draw(r, "kind"),
		rapid.SampledFrom([]string{"g", "g", "h"}).Draw(r, "group"),
		rapid.SliceOfN(rapid.SampledFrom([]string{"stays", "stays", "stays", "flips", "is left out"}), 6, 6).Draw(r, "what"),
		rapid.IntRange(2, 12).Draw(r, "count"),
	}
}

// live lets the scenes happen.
func (p *program) live(story []scene) {
	alerts := map[string]map[string]any{}
	for _, s := range story {
		time.Sleep(s.Pause)
		switch s.Kind {
		case "notify":
			p.notify(alerts, s)
		case "somebody":
			p.driver.Set(rules.Ref{Driver: "simulator", Name: "web"}, s.Count)
		case "hook":
			p.post("")
		case "key":
			p.post("again")
		}
		synctest.Wait()
	}
	time.Sleep(30 * time.Minute)
	synctest.Wait()
}

func (p *program) notify(alerts map[string]map[string]any, s scene) {
	now := time.Now().UTC().Format(time.RFC3339Nano)
	list := []any{}
	for i, what := range s.What {
		name, app := []string{"Busy", "Idle", "Hold"}[i/2], []string{"cart", "shop"}[i%2]
		a := alerts[name+app]
		switch {
		case what == "flips" && (a == nil || a["status"] == "resolved"):
			a = map[string]any{"status": "firing", "labels": map[string]string{"alertname": name, "app": app}, "startsAt": now}
		case what == "flips":
			a = map[string]any{"status": "resolved", "labels": a["labels"], "startsAt": a["startsAt"], "endsAt": now}
		}
		if alerts[name+app] = a; a != nil && what != "is left out" {
			list = append(list, a)
		}
	}
	body, err := json.Marshal(map[string]any{"version": "4", "receiver": "alertscale", "groupKey": s.Group, "alerts": list})
	require.NoError(p.t, err)
	e, err := webhook.Decode(body)
	require.NoError(p.t, err)
	p.recorder.Notification(body, "")
	p.core.Handle(p.t.Context(), e)
}

func (p *program) post(key string) {
	p.posts++
	post := rules.HookPost{Hook: "deploy", Labels: p.hook.Alert(nil), At: time.Now(), For: p.hook.For, Keyed: key != "", Fingerprint: "hook/deploy/" + key}
	if key == "" {
		post.Fingerprint += fmt.Sprint(p.posts)
	}
	p.recorder.HookPost("deploy", key, []byte(`{"action":"up","hook":"deploy"}`))
	p.core.Handle(p.t.Context(), post.Event())
}

// TestProperty_WhatWasRecordedReplaysToTheSame records an hour of a program, in which somebody else sets counts, too, and
// replays it: the same decisions, each within a second.
func TestProperty_WhatWasRecordedReplaysToTheSame(t *testing.T) {
	dir, n := t.TempDir(), 0
	rapid.Check(t, func(r *rapid.T) {
		story := rapid.SliceOfN(rapid.Custom(anyScene), 1, 30).Draw(r, "story")
		n++
		path := filepath.Join(dir, fmt.Sprint(n))
		var real []controller.DecisionRecord
		synctest.Test(t, func(t *testing.T) {
			p, stop := start(t, path)
			p.live(story)
			stop()
			real = p.all
		})
		recorded, err := recording.Read([]string{path}, nil)
		require.NoError(r, err)
		if len(recorded.Lines) == 0 {
			return
		}
		o := Options{FollowCounts: true, Tail: time.Hour}
		again, err := o.replay("testdata/hour.yml", recorded)
		require.NoError(r, err)
		last := recorded.Lines[len(recorded.Lines)-1].At.Add(time.Second)
		require.Equal(r, sequence(real, last), sequence(again.decisions, last))
		near(r, real, again.decisions)
	})
}

// sequence writes down the decisions up to a time, of each ref in the order in which they were made.
func sequence(all []controller.DecisionRecord, until time.Time) (texts []string) {
	for i := range all {
		if d := &all[i]; d.At.Before(until) {
			from, to := -1, -1
			if d.From != nil {
				from, to = *d.From, *d.To
			}
			texts = append(texts, fmt.Sprintf("%s %q %s %d→%d %s %s", d.Ref, d.Rule, d.Verdict, from, to, d.Receiver, d.Group))
		}
	}
	slices.SortStableFunc(texts, func(a, b string) int { return compareRefs(a, b) })
	return texts
}

func compareRefs(a, b string) int {
	var x, y string
	_, _ = fmt.Sscan(a, &x)
	_, _ = fmt.Sscan(b, &y)
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	default:
		return 0
	}
}

// near checks that decisions were made at the same times, of each ref.
func near(r *rapid.T, real, again []controller.DecisionRecord) {
	times := func(all []controller.DecisionRecord) map[string][]time.Time {
		by := map[string][]time.Time{}
		for i := range all {
			by[all[i].Ref] = append(by[all[i].Ref], all[i].At)
		}
		return by
	}
	want, got := times(real), times(again)
	for ref, all := range want {
		for i, at := range all[:min(len(all), len(got[ref]))] {
			require.WithinDuration(r, at, got[ref][i], time.Second, ref)
		}
	}
}
