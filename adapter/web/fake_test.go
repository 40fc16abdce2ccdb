package web

import (
	"context"
	"io"
	"iter"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-kit/log"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/adapter/sink/history"
	"alertscale/adapter/source/webhook"
	"alertscale/rules"
	"alertscale/rules/engine"
)

// minimal is the smallest body that is a notification.
const minimal = `{"version":"4","receiver":"alertscale","alerts":[]}`

// fakeCore stands for all that is behind the paths. Its fields are set before it is used.
type fakeCore struct {
	handle    func(ctx context.Context, e *rules.Event) []engine.Decision
	targets   []controller.TargetStatus
	rules     []controller.RuleStatus
	unmatched []controller.UnmatchedAlert
	logged    []controller.DecisionRecord
	config    string
	ruleFiles map[string]string
	ready     error
	down      []controller.DriverDown
	reload    error

	mu      sync.Mutex
	asked   history.Query // the last query
	reloads int
}

func (c *fakeCore) Handle(ctx context.Context, e *rules.Event) []engine.Decision {
	if c.handle == nil {
		return nil
	}
	return c.handle(ctx, e)
}

func (c *fakeCore) Targets() []controller.TargetStatus { return c.targets }
func (c *fakeCore) Rules() []controller.RuleStatus     { return c.rules }
func (c *fakeCore) Unmatched() []controller.UnmatchedAlert {
	return append([]controller.UnmatchedAlert{}, c.unmatched...)
}
func (c *fakeCore) Config() (string, map[string]string)  { return c.config, c.ruleFiles }
func (c *fakeCore) Ready() error                         { return c.ready }
func (c *fakeCore) DriversDown() []controller.DriverDown { return c.down }

func (c *fakeCore) Find(q history.Query) iter.Seq[controller.DecisionRecord] {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = q
	return slices.Values(c.logged)
}

func (c *fakeCore) Reload() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reloads++
	return c.reload
}

// site is the handler over a fake core, and what it logged and counted.
type site struct {
	http.Handler
	log     strings.Builder
	reg     *prometheus.Registry
	metrics *Metrics
	limited counts
}

func newSite(core *fakeCore, change ...func(*Options)) *site {
	s := &site{reg: prometheus.NewRegistry()}
	s.metrics = NewMetrics(s.reg)
	o := Options{
		Handler: core, View: core, Decisions: core, File: core, Decode: webhook.DecodeFrom, DecodeAlerts: webhook.DecodeAlerts, Hook: func(string) (Hook, bool) { return nil, false },
		Metrics: s.metrics, Limited: &s.limited, Gatherer: s.reg, Logger: log.NewLogfmtLogger(log.NewSyncWriter(&s.log)),
	}
	for _, c := range change {
		c(&o)
	}
	s.Handler = New(o)
	return s
}

// counts are what limits stopped, by name.
type counts struct {
	mu sync.Mutex
	of map[string]int
}

func (c *counts) Limited(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil {
		c.of = map[string]int{}
	}
	c.of[what]++
}

// all returns the counts so far.
func (c *counts) all() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.of)
}

// ask sends one request and returns the answer with its body.
func (s *site) ask(method, target, body string) (*http.Response, string) {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(method, target, strings.NewReader(body)))
	return w.Result(), w.Body.String()
}

// count returns how many notifications were answered with a code.
func (s *site) count(t *testing.T, code string) float64 {
	t.Helper()
	families, err := s.reg.Gather()
	require.NoError(t, err)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == "alertscale_notifications_total" && m.GetLabel()[0].GetValue() == code {
				return m.GetCounter().GetValue()
			}
		}
	}
	t.Fatalf("no series of code %s", code)
	return 0
}

func readAll(t *testing.T, r *http.Response) string {
	t.Helper()
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	return string(body)
}

func decide(ds ...engine.Decision) func(context.Context, *rules.Event) []engine.Decision {
	return func(context.Context, *rules.Event) []engine.Decision { return ds }
}

func ptr[T any](v T) *T { return &v }
