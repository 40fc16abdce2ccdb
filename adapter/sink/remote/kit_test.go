package remote

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-kit/log"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/rules"
	"alertscale/rules/engine"
	"alertscale/rules/yamldoc"
)

var noon = time.Date(2026, time.March, 2, 12, 0, 0, 250_000_000, time.UTC)

func ptr(n int) *int { return &n }

// step is a change of a ref, which is told apart by its name.
func step(name string) controller.DecisionRecord {
	return decided(engine.Scaled, name)
}

func decided(v engine.Verdict, name string) controller.DecisionRecord {
	return controller.DecisionRecord{At: noon, Decision: engine.Decision{
		Ref: "simulator:service/" + name, Target: "web", Rule: "busy", Verdict: v, From: ptr(3), To: ptr(5), Why: []string{"up 2: 3 → 5"},
	}}
}

// noRules are those of a file without dry runs.
var noRules = &rules.Set{}

// told is a set, and what it logs and counts.
type told struct {
	*Set
	log *bytes.Buffer
	reg *prometheus.Registry
	mu  *sync.Mutex // of log
}

// newTold makes a set. With answer, the sinks of it are told by a call, and not over a network.
func newTold(answer func(*http.Request) (*http.Response, error)) *told {
	s := &told{log: &bytes.Buffer{}, reg: prometheus.NewRegistry(), mu: &sync.Mutex{}}
	s.Set = New(Options{Source: "http://box:9098", Version: "1.2.3", Logger: log.NewLogfmtLogger(s), Metrics: NewMetrics(s.reg)})
	if answer != nil {
		s.client.Transport = roundTrip(answer)
	}
	return s
}

// Write is for the log.
func (s *told) Write(line []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.Write(line)
}

func (s *told) logged() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

// counts returns what was counted of a sink: sent, failed, dropped.
func (s *told) counts(sink string) [3]int {
	m := s.o.Metrics
	var all [3]int
	for i, c := range []*prometheus.CounterVec{m.sent, m.failed, m.dropped} {
		all[i] = int(testutil.ToFloat64(c.WithLabelValues(sink)))
	}
	return all
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// answer is one of a server, with headers NAME: VALUE.
func answer(code int, body string, headers ...string) *http.Response {
	r := &http.Response{StatusCode: code, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	return r
}

// parse reads a list of sinks.
func parse(t testing.TB, text string) []Destination {
	t.Helper()
	doc, root := yamldoc.Parse("a.yml", []byte("sinks:\n"+text))
	all := ReadConfig(*root.Child("sinks"))
	require.NoError(t, doc.Err())
	var opened []Destination
	for _, c := range all {
		d, err := Open(c)
		require.NoError(t, err)
		opened = append(opened, d)
	}
	return opened
}

// webhook is a sink with a name.
func webhook(t testing.TB, url, more string) []Destination {
	t.Helper()
	return parse(t, fmt.Sprintf("  - {name: ops, type: webhook, url: '%s'%s}\n", url, more))
}
