package remote

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/rules"
	"alertscale/rules/engine"
)

// place is a server that keeps what it is sent, until it is told how to answer.
type place struct {
	*httptest.Server
	mu       sync.Mutex
	requests []*http.Request
	bodies   []string
	answer   func(w http.ResponseWriter, r *http.Request) // nil: 200
}

func newPlace(t *testing.T) *place {
	p := &place{}
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Close)
	return p
}

func (p *place) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	p.mu.Lock()
	p.requests, p.bodies = append(p.requests, r), append(p.bodies, string(body))
	answer := p.answer
	p.mu.Unlock()
	if answer != nil {
		answer(w, r)
	}
}

func (p *place) answers(f func(http.ResponseWriter, *http.Request)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = f
}

// waits returns the bodies once there are so many.
func (p *place) waits(t *testing.T, n int) []string {
	t.Helper()
	var all []string
	require.Eventually(t, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		all = p.bodies
		return len(all) >= n
	}, 20*time.Second, 5*time.Millisecond)
	require.Len(t, all, n)
	return all
}

// TestOverTheNetwork: what is sent, and how.
func TestOverTheNetwork(t *testing.T) {
	ops, grafana := newPlace(t), newPlace(t)
	token := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(token, []byte("hunter2\n"), 0o600))
	text := fmt.Sprintf("  - {type: webhook, url: '%s/in'}\n  - {type: grafana, url: '%s', token_file: '%s'}\n", ops.URL, grafana.URL, token)
	s := newTold(nil)
	s.Use(parse(t, text), noRules)
	s.Record(step("web"))
	require.Contains(t, ops.waits(t, 1)[0], `"subject":"simulator:service/web"`)
	require.Contains(t, grafana.waits(t, 1)[0], `"text":"simulator:service/web: 3 → 5 by rule busy`)
	to, note := ops.requests[0], grafana.requests[0]
	require.Equal(t, []string{"POST", "/in", "application/cloudevents+json", "", "alertscale/1.2.3"},
		[]string{to.Method, to.URL.Path, to.Header.Get("Content-Type"), to.Header.Get("Authorization"), to.UserAgent()})
	require.Equal(t, []string{"POST", "/api/annotations", "application/json", "Bearer hunter2"},
		[]string{note.Method, note.URL.Path, note.Header.Get("Content-Type"), note.Header.Get("Authorization")})

	require.NoError(t, os.WriteFile(token, []byte("other"), 0o600))
	s.Use(parse(t, text), noRules)
	grafana.answers(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
	s.Record(step("web"))
	grafana.waits(t, 2)
	require.Equal(t, "Bearer other", grafana.requests[1].Header.Get("Authorization"), "read again with the file")
	s.Close(t.Context())
	require.Equal(t, [][3]int{{2, 0, 0}, {1, 1, 1}}, [][3]int{s.counts("webhook-0"), s.counts("grafana-1")})
	require.NotContains(t, s.logged(), "hunter2")
	require.NotContains(t, s.logged(), "other")
}

// TestAHungReceiver_IsInNobodysWay: neither of who records, nor of another sink, on the same host.
func TestAHungReceiver_IsInNobodysWay(t *testing.T) {
	p := newPlace(t)
	hung := make(chan struct{})
	defer close(hung)
	p.answers(func(_ http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/hung") {
			<-hung
		}
	})
	var text strings.Builder
	for i := range 20 {
		fmt.Fprintf(&text, "  - {name: h%d, type: webhook, url: '%s/hung/%d', queue: 10}\n", i, p.URL, i)
	}
	fmt.Fprintf(&text, "  - {name: ops, type: webhook, url: '%s/ops', queue: 10000}\n", p.URL)
	s := newTold(nil)
	s.Use(parse(t, text.String()), noRules)
	begin := time.Now()
	for range 1000 {
		s.Record(step("web"))
	}
	require.Less(t, time.Since(begin), 5*time.Second)
	require.Eventually(t, func() bool { return s.counts("ops") == [3]int{1000, 0, 0} }, 20*time.Second, 5*time.Millisecond)
	require.GreaterOrEqual(t, s.counts("h0")[2], 989)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	begin = time.Now()
	s.Close(ctx)
	require.Less(t, time.Since(begin), 3*time.Second)
	require.Equal(t, 1000, s.counts("h0")[2], "each is sent or dropped")
}

// TestAReceiverThatComesBack: what nobody listened to is told when somebody does, in order.
func TestAReceiverThatComesBack(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := l.Addr().String()
	require.NoError(t, l.Close())
	s := newTold(nil)
	s.Use(webhook(t, "http://"+address, ""), noRules)
	s.Record(step("a"))
	s.Record(step("b"))
	require.Eventually(t, func() bool { return s.counts("ops")[1] > 0 }, 20*time.Second, 5*time.Millisecond)
	require.NotContains(t, s.logged(), "http://", "a url may have a secret in it")
	require.Contains(t, s.logged(), "connection refused")

	l, err = net.Listen("tcp", address)
	require.NoError(t, err)
	p := &place{}
	p.Server = &httptest.Server{Listener: l, Config: &http.Server{Handler: p}}
	p.Start()
	defer p.Close()
	bodies := p.waits(t, 2)
	require.Contains(t, bodies[0], "service/a")
	require.Contains(t, bodies[1], "service/b")
	s.Close(t.Context())
}

// hosts keep the names of the steps that they are told while they are not down.
type hosts struct {
	mu   sync.Mutex
	down bool
	got  map[string][]string // by host
}

func (h *hosts) answer(r *http.Request) (*http.Response, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.down {
		return answer(503, ""), nil
	}
	body, _ := io.ReadAll(r.Body)
	_, name, _ := strings.Cut(string(body), "service/")
	h.got[r.URL.Host] = append(h.got[r.URL.Host], name[:1])
	return answer(200, ""), nil
}

// TestReload: a sink that stays loses nothing of what waits for it, whatever else of it changes; one that goes drops it.
func TestReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hosts{down: true, got: map[string][]string{}}
		s := newTold(h.answer)
		s.Use(parse(t, `
  - {type: webhook, url: 'http://gone'}
  - {type: webhook, url: 'http://stays'}
  - {type: webhook, url: 'http://misspelt', name: named}
`), noRules)
		for _, name := range []string{"a", "b"} {
			s.Record(step(name))
		}
		synctest.Wait()
		s.Use(parse(t, `
  - {type: webhook, url: 'http://stays', verdicts: [scaled], queue: 7}
  - {type: webhook, url: 'http://moved', name: named}
  - {type: webhook, url: 'http://new'}
`), noRules)
		require.Contains(t, s.logged(), `msg="a sink is gone from the file, and was not told all" sink=webhook-0 dropped=2`)
		s.Record(step("c"))
		s.Record(decided(engine.Failed, "d"))
		h.mu.Lock()
		h.down = false
		h.mu.Unlock()
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Equal(t, map[string][]string{"stays": {"a", "b", "c"}, "moved": {"a", "b", "c", "d"}, "new": {"c", "d"}}, h.got)
		s.Close(t.Context())
		s.Use(webhook(t, "http://late/", ""), noRules)
		s.Record(step("e"))
		require.NotContains(t, h.got, "late")
	})
}

// TestReload_HasSeriesAtOnce: increase() sees the first one that is dropped.
func TestReload_HasSeriesAtOnce(t *testing.T) {
	s := newTold(nil)
	s.Use(webhook(t, "http://127.0.0.1:1/", ""), noRules)
	defer s.Close(t.Context())
	require.NoError(t, testutil.GatherAndCompare(s.reg, strings.NewReader(`
# HELP alertscale_sink_dropped_total Decisions that a sink was not told: its queue was full, it refused them, or was tried for too long.
# TYPE alertscale_sink_dropped_total counter
alertscale_sink_dropped_total{sink="ops"} 0
# HELP alertscale_sink_failed_total Attempts to tell a sink that came to nothing, most of which are repeated.
# TYPE alertscale_sink_failed_total counter
alertscale_sink_failed_total{sink="ops"} 0
# HELP alertscale_sink_sent_total Decisions that a sink took.
# TYPE alertscale_sink_sent_total counter
alertscale_sink_sent_total{sink="ops"} 0
`)))
	problems, err := testutil.GatherAndLint(s.reg)
	require.NoError(t, err)
	require.Empty(t, problems)
}

// TestWhatIsTold goes through all verdicts, of rules and targets that change something and of dry runs.
func TestWhatIsTold(t *testing.T) {
	set := &rules.Set{
		Targets: map[string]*rules.Target{"web": {Name: "web"}, "dry": {Name: "dry", DryRun: true}},
		Rules:   []*rules.Rule{{Name: "busy"}, {Name: "trial", DryRun: true}},
	}
	told := func(sinks string, target, rule string) (all []engine.Verdict) {
		synctest.Test(t, func(t *testing.T) {
			var now engine.Verdict
			s := newTold(func(*http.Request) (*http.Response, error) {
				all = append(all, now)
				return answer(200, ""), nil
			})
			s.Use(webhook(t, "http://ops/", sinks), set)
			for _, now = range engine.Verdicts() {
				d := decided(now, "web")
				d.Target, d.Rule = target, rule
				s.Record(d)
				synctest.Wait()
			}
			s.Close(t.Context())
		})
		return all
	}
	require.ElementsMatch(t, usual(), told("", "web", "busy"))
	require.Empty(t, told("", "dry", "busy"))
	require.Empty(t, told("", "web", "trial"))
	some := []engine.Verdict{engine.Cooling, engine.DryRun}
	require.ElementsMatch(t, some, told(", verdicts: [dry_run, cooldown]", "dry", "busy"))
	require.ElementsMatch(t, some, told(", verdicts: [dry_run, cooldown]", "web", "trial"))
}

// TestNobodyIsTold: without sinks a decision costs nothing.
func TestNobodyIsTold(t *testing.T) {
	s := newTold(nil)
	d := step("web")
	require.Zero(t, testing.AllocsPerRun(100, func() { s.Record(d) }))
	s.Close(t.Context())
	var none *Set
	none.Use(nil, noRules)
}

// TestARecordIsOwned: what waits does not keep alive, or change with, what it came from.
func TestARecordIsOwned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		word, body := make(chan struct{}), ""
		s := newTold(func(r *http.Request) (*http.Response, error) {
			<-word
			text, _ := io.ReadAll(r.Body)
			body += string(text)
			return answer(200, ""), nil
		})
		s.Use(webhook(t, "http://ops/", ""), noRules)
		why := []string{"as it was"}
		for range 2 {
			s.Record(controller.DecisionRecord{At: noon, Decision: engine.Decision{Ref: "r", Verdict: engine.Scaled, Why: why}})
		}
		why[0] = "used again"
		close(word)
		s.Close(t.Context())
		require.Equal(t, 2, strings.Count(body, "as it was"))
	})
}
