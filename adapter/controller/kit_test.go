package controller_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"alertscale/adapter/controller"
	"alertscale/rules"
	"alertscale/rules/engine"
	"alertscale/rules/yamldoc"

	"github.com/go-kit/log"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
)

// world is a controller with a driver and a store whose faults a test can set, in a synctest bubble.
type world struct {
	t       *testing.T
	a       *controller.Controller
	sink    *fakeSink
	driver  *fakeDriver
	store   *fakeStore
	file    *controller.Snapshot
	metrics *controller.Metrics
	reg     *prometheus.Registry
	cancel  context.CancelFunc
	stopped chan struct{}
	limits  controller.Limits
	limited map[string]int // by the limit
	logged  bytes.Buffer

	readFixed bool
	refresh   time.Duration
	clock     func() time.Time // nil: that of the bubble
	counted   func(ref string, count int)
}

// inWorld runs a test in a bubble with an adapter on the rules of a file.
func inWorld(t *testing.T, text string, counts map[string]int, test func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, driver: newFakeDriver(counts), store: newFakeStore()}
		w.file = w.parse(text)
		w.start()
		test(w)
		w.stop()
	})
}

func (w *world) parse(text string) *controller.Snapshot { return w.parseTTL(text, 12*time.Hour) }

func (w *world) parseTTL(text string, ttl time.Duration) *controller.Snapshot {
	name := "fake"
	if strings.Contains(text, "driver: renamed") {
		name = "renamed"
	}
	return snapshot(w.t, text, ttl, name, w.driver)
}

// snapshot returns a file with one driver.
func snapshot(t require.TestingT, text string, ttl time.Duration, name string, d controller.Driver) *controller.Snapshot {
	doc, root := yamldoc.Parse("test.yml", []byte(text))
	set := rules.NewSet(rules.SetOptions{
		AlertTTL: ttl, Root: root, Targets: root.Peek("targets"), Rules: root.Peek("rules"),
		Drivers: map[string]rules.RefSchema{name: {Connection: "the API", Bounds: rules.BoundsBy("label")}},
	})
	require.NoError(t, doc.Err())
	return &controller.Snapshot{Rules: set, Drivers: map[string]controller.Backend{name: {Driver: d, Timeout: 30 * time.Second}}}
}

// start starts a controller on the store as it is: after stop or kill, a restart.
func (w *world) start() {
	w.reg = prometheus.NewRegistry()
	w.metrics = controller.NewMetrics(w.reg, 100)
	w.sink, w.limited = &fakeSink{}, map[string]int{}
	a, err := controller.New(w.t.Context(), controller.Options{
		Store: w.store, Sinks: []controller.Sink{w.sink}, Logger: log.NewLogfmtLogger(log.NewSyncWriter(&w.logged)), Metrics: w.metrics,
		Limits: w.limits, Limited: func(what string) { w.limited[what]++ },
		ReadFixed: w.readFixed, RefreshInterval: w.refresh, Now: w.clock, Counted: w.counted,
	}, w.file)
	require.NoError(w.t, err)
	ctx, cancel := context.WithCancel(w.t.Context())
	w.a, w.cancel, w.stopped = a, cancel, make(chan struct{})
	go func() { a.Run(ctx); close(w.stopped) }()
	synctest.Wait()
}

func (w *world) stop() {
	w.cancel()
	<-w.stopped
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	_ = w.a.Shutdown(ctx)
}

// kill ends the process as a SIGKILL would: nothing more is stored.
func (w *world) kill() {
	dead := w.store
	w.store = dead.copy()
	dead.fail(errors.New("killed"))
	w.cancel()
	<-w.stopped
}

// alert is one alert of a post: its name, and since when it fires or when it ended.
type alert struct {
	name     string
	labels   rules.Labels
	resolved bool
	starts   time.Time
	ends     time.Time
}

func firing(name string) alert   { return alert{name: name, starts: time.Now()} }
func resolved(name string) alert { return alert{name: name, resolved: true, ends: time.Now()} }

func (a alert) since(t time.Time) alert { a.starts = t; return a }

func event(alerts ...alert) *rules.Event {
	e := &rules.Event{Receiver: "alertscale", GroupKey: "{}:{}"}
	for _, a := range alerts {
		ls := append(rules.Labels{{Name: "alertname", Value: a.name}}, a.labels...)
		e.Alerts = append(e.Alerts, rules.Alert{
			Fingerprint: fmt.Sprint(ls), Resolved: a.resolved, Labels: ls, StartsAt: a.starts, EndsAt: a.ends,
		})
	}
	return e
}

// post sends a notification as the webhook does.
func (w *world) post(alerts ...alert) []engine.Decision { return w.send(event(alerts...)) }

func (w *world) send(e *rules.Event) []engine.Decision {
	ctx, cancel := context.WithTimeout(w.t.Context(), 8*time.Second)
	defer cancel()
	return w.a.Handle(ctx, e)
}

// one expects a single decision.
func (w *world) one(all []engine.Decision) engine.Decision {
	w.t.Helper()
	require.Len(w.t, all, 1)
	return all[0]
}

func after(d time.Duration) { time.Sleep(d); synctest.Wait() }

// fakeSink keeps what it is told but duplicates.
type fakeSink struct {
	mu  sync.Mutex
	all []controller.DecisionRecord
}

func (s *fakeSink) Record(r controller.DecisionRecord) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Verdict != engine.Duplicate {
		s.all = append(s.all, r)
	}
}

// of returns the decisions with a verdict, newest first.
func (s *fakeSink) of(v engine.Verdict) []engine.Decision {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []engine.Decision
	for _, r := range slices.Backward(s.all) {
		if r.Verdict == v {
			all = append(all, r.Decision)
		}
	}
	return all
}

// planningDriver makes its changes in steps of one, by a plan of counts, as a driver of hosts does.
type planningDriver struct {
	*fakeDriver
	failAt  int   // the count at which the next step fails; 0: none does
	refusal error // with which all steps fail there; nil: the next one fails, by itself
}

func (d *planningDriver) Plan(_ context.Context, _ rules.Ref, c engine.Change) (json.RawMessage, error) {
	return json.Marshal(c.To)
}

func (d *planningDriver) Scale(ctx context.Context, ref rules.Ref, c engine.Change) error {
	var to int
	if err := json.Unmarshal(c.Plan, &to); err != nil {
		return err
	}
	for {
		n := d.count(ref.Name)
		if n == to {
			return nil
		}
		if err := d.failure(n); err != nil {
			return err
		}
		step := 1
		if n > to {
			step = -1
		}
		seen, err := d.Observe(ctx, ref)
		if err != nil {
			return err
		}
		if err := d.fakeDriver.Scale(ctx, ref, engine.Change{From: n, To: n + step, Version: seen.Version}); err != nil {
			return err
		}
	}
}

func (d *planningDriver) failure(count int) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case count != d.failAt:
		return nil
	case d.refusal != nil:
		return d.refusal
	}
	d.failAt = 0
	return errors.New("503 in the middle")
}

// inGroup is a notification of a group.
func inGroup(key string, alerts ...alert) *rules.Event {
	e := event(alerts...)
	e.GroupKey = key
	return e
}
