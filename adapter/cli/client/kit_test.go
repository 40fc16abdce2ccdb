package client

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"alertscale/adapter/controller"
	"alertscale/adapter/sink/history"
	"alertscale/adapter/source/webhook"
	"alertscale/adapter/web"
	"alertscale/rules"
	"alertscale/rules/engine"
	"alertscale/rules/upgrade"

	"github.com/go-kit/log"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares an output with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

// noon is the time of all tests.
var noon = time.Date(2026, time.March, 2, 12, 0, 0, 0, time.UTC)

// fakeCore stands for all that is behind the real handlers. It keeps pauses.
type fakeCore struct {
	targets []controller.TargetStatus
	rules   []controller.RuleStatus
	ready   error
	pause   error // what a pause ends with
	config  string
}

func (c *fakeCore) Handle(context.Context, *rules.Event) []engine.Decision { return nil }
func (c *fakeCore) Ready() error                                           { return c.ready }
func (c *fakeCore) Targets() []controller.TargetStatus                     { return c.targets }
func (c *fakeCore) Rules() []controller.RuleStatus                         { return c.rules }
func (c *fakeCore) Unmatched() []controller.UnmatchedAlert                 { return nil }
func (c *fakeCore) DriversDown() []controller.DriverDown                   { return nil }
func (c *fakeCore) Config() (string, map[string]string)                    { return c.config, nil }
func (c *fakeCore) Reload() error                                          { return errors.New("not here") }

func (c *fakeCore) Pause(_ context.Context, ref string, d rules.Direction, length time.Duration) error {
	if c.pause != nil {
		return c.pause
	}
	return c.change(ref, func(s *controller.TargetStatus) {
		s.Pauses = append(s.Pauses, controller.PauseStatus{Direction: word(d), Until: noon.Add(length)})
		s.Paused = true
	})
}

func (c *fakeCore) Resume(_ context.Context, ref string, d rules.Direction) error {
	return c.change(ref, func(s *controller.TargetStatus) {
		s.Pauses = slices.DeleteFunc(s.Pauses, func(p controller.PauseStatus) bool { return d == rules.Stay || p.Direction == word(d) })
		s.Paused = len(s.Pauses) > 0 || s.Target == "off"
	})
}

func word(d rules.Direction) string {
	if d == rules.Stay {
		return "both"
	}
	return d.String()
}

func (c *fakeCore) change(ref string, change func(*controller.TargetStatus)) error {
	i := slices.IndexFunc(c.targets, func(s controller.TargetStatus) bool { return s.Ref == ref })
	if i < 0 {
		return fmt.Errorf("%s: %w; /api/v1/targets lists those that are", ref, controller.ErrUnknownRef)
	}
	change(&c.targets[i])
	return nil
}

// newCore knows four refs, three rules and some decisions.
func newCore() (*fakeCore, *history.History) {
	at := func(minutes float64) *time.Time {
		t := noon.Add(time.Duration(minutes * float64(time.Minute)))
		return &t
	}
	n := func(i int) *int { return &i }
	yes, no := true, false
	core := &fakeCore{
		targets: []controller.TargetStatus{
			{Ref: "kubernetes:Deployment/shop/cart", Target: "any", Count: n(0), Min: 1, Max: 10, Ready: &yes, Disabled: true},
			{Ref: "kubernetes:Deployment/shop/off", Target: "off", Min: 1, Max: 10, Paused: true},
			{
				Ref: "kubernetes:Deployment/shop/web", Target: "web", Count: n(5), Min: 2, Max: 20, Ready: &no, LastChange: at(-0.5),
				Cooldown: controller.CooldownStatus{Up: at(0.5), Down: at(4.5)},
				Active:   []controller.ActiveRule{{Rule: "web is busy", Since: *at(-1), Alerts: 2}, {Rule: "hold", Since: *at(-2880), Alerts: 1}},
			},
			{Ref: "swarm:service/queue", Target: "queue", Count: n(112), Min: 0, Max: 200, Ready: &yes, LastChange: at(-4000)},
		},
		rules: []controller.RuleStatus{
			{
				Name: "web is busy", Matchers: []string{`alertname="WebBusy"`, `severity=~"warning|critical"`}, Target: "web", Action: "up: 2",
				When: "firing", Active: []string{"kubernetes:Deployment/shop/web"},
			},
			{Name: "web calmed down", Matchers: []string{`alertname="WebBusy"`}, Target: "web", Action: "down: 1", When: "resolved", Cooldown: "10m0s"},
			{Name: "any", Matchers: []string{`alertname="Busy"`}, Target: "any", Action: "up: 50%", When: "firing", DryRun: true},
		},
	}
	decisions := history.New(history.Options{})
	for _, d := range []controller.DecisionRecord{
		{At: *at(-500_000), Decision: engine.Decision{Ref: "swarm:service/queue", Target: "queue", Rule: "queue", Verdict: engine.AtBound, From: n(200), To: n(200), Why: []string{"max 200: 210 → 200"}}},
		{At: *at(-90), Decision: engine.Decision{Target: "any", Rule: "any", Verdict: engine.Rejected, Why: []string{`name: label "deployment" is missing or empty`}}, Alerts: []engine.NamedAlert{{Labels: rules.Labels{{Name: "alertname", Value: "Busy"}, {Name: "text", Value: "\x1b[2J\u202e"}}}}},
		{At: *at(-60), Decision: engine.Decision{Ref: "kubernetes:Deployment/shop/web", Target: "web", Rule: "web is busy", Verdict: engine.Failed, Why: []string{"observe: connection refused"}}},
		{
			At: *at(-0.5), Decision: engine.Decision{Ref: "kubernetes:Deployment/shop/web", Target: "web", Rule: "web is busy", Verdict: engine.Scaled, From: n(3), To: n(5), Why: []string{"2 alerts fire", "up 2: 3 → 5"}},
			Receiver: "alertscale", Group: `{}:{alertname="WebBusy"}`, More: 1,
			Alerts: []engine.NamedAlert{webBusy("critical"), webBusy("warning")},
		},
	} {
		decisions.Record(d)
	}
	return core, decisions
}

// upgrades are one of the file.
type upgrades struct{}

func (upgrades) TakesPushes(string) bool { return false }

func (upgrades) Push(context.Context, string, []upgrade.Push) []engine.Decision { return nil }

func (upgrades) Upgrades() []controller.UpgradeStatus {
	return []controller.UpgradeStatus{{Name: "new images", Workloads: []upgrade.WorkloadStatus{{Ref: "swarm:service/shop_web"}}}}
}

// handler is alertscale's own, over a core.
func handler(core *fakeCore, decisions *history.History) *web.Options {
	reg := prometheus.NewRegistry()
	return &web.Options{
		Handler: core, View: core, Pauser: core, Upgrades: upgrades{}, Decisions: decisions, File: core, Decode: webhook.DecodeFrom, Metrics: web.NewMetrics(reg),
		Gatherer: reg, Logger: log.NewNopLogger(), Now: func() time.Time { return noon },
	}
}

// site is a running alertscale.
type site struct{ url string }

func start(t *testing.T, core *fakeCore, decisions *history.History) *site {
	t.Helper()
	s := httptest.NewServer(web.New(*handler(core, decisions)))
	t.Cleanup(s.Close)
	return &site{s.URL}
}

// startFull starts one that knows all of newCore.
func startFull(t *testing.T) *site {
	t.Helper()
	core, decisions := newCore()
	return start(t, core, decisions)
}

// run returns all that a command prints, as somebody sees it, with the address of the server replaced.
func (s *site) run(command func(Options) error, change ...func(*Options)) string {
	var out bytes.Buffer
	o := Options{URL: s.url, Now: func() time.Time { return noon }, Out: &out, Err: &out}
	for _, c := range change {
		c(&o)
	}
	if err := command(o); err != nil {
		fmt.Fprintln(&out, "alertscale:", err)
	}
	address := strings.TrimPrefix(strings.TrimPrefix(s.url, "http://"), "https://")
	return strings.ReplaceAll(out.String(), address, "localhost:9098")
}

func output(form string) func(*Options) { return func(o *Options) { o.Output = form } }

func webBusy(severity string) engine.NamedAlert {
	return engine.NamedAlert{
		Labels: rules.Labels{{Name: "alertname", Value: "WebBusy"}, {Name: "severity", Value: severity}}, Fingerprint: "00112233445566aa",
		StartsAt: time.Date(2026, 3, 2, 11, 58, 0, 0, time.UTC),
	}
}
