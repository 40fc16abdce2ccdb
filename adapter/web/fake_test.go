package web

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/go-kit/log"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"alertscale/adapter"
	"alertscale/adapter/webhook"
	"alertscale/rules"
)

// minimal is the smallest body that is a notification.
const minimal = `{"version":"4","receiver":"alertscale","alerts":[]}`

// fakeCore stands for all that is behind the paths. Its fields are set before it is used.
type fakeCore struct {
	handle  func(ctx context.Context, e *rules.Event) []rules.Decision
	targets []adapter.TargetStatus
	rules   []adapter.RuleStatus
	logged  []adapter.Logged
	config  string
	ready   error
	reload  error

	mu      sync.Mutex
	asked   adapter.Query // the last query
	reloads int
}

func (c *fakeCore) Handle(ctx context.Context, e *rules.Event) []rules.Decision {
	if c.handle == nil {
		return nil
	}
	return c.handle(ctx, e)
}

func (c *fakeCore) Targets() []adapter.TargetStatus { return c.targets }
func (c *fakeCore) Rules() []adapter.RuleStatus     { return c.rules }
func (c *fakeCore) Config() string                  { return c.config }
func (c *fakeCore) Ready() error                    { return c.ready }

func (c *fakeCore) Decisions(q adapter.Query) []adapter.Logged {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = q
	return c.logged
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
	log strings.Builder
	reg *prometheus.Registry
}

func newSite(core *fakeCore, change ...func(*Options)) *site {
	s := &site{reg: prometheus.NewRegistry()}
	o := Options{
		Handler: core, View: core, File: core, Decode: webhook.Decode, Hook: func(string) (Hook, bool) { return nil, false },
		Metrics: NewMetrics(s.reg), Gatherer: s.reg, Logger: log.NewLogfmtLogger(log.NewSyncWriter(&s.log)),
	}
	for _, c := range change {
		c(&o)
	}
	s.Handler = New(o)
	return s
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

func decide(ds ...rules.Decision) func(context.Context, *rules.Event) []rules.Decision {
	return func(context.Context, *rules.Event) []rules.Decision { return ds }
}

func ptr[T any](v T) *T { return &v }
