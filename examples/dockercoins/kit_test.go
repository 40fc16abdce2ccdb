package main

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
)

// services answers requests by the handlers of their hosts, without a network.
type services struct {
	handlers map[string]http.Handler

	mu    sync.Mutex
	fails map[string]failure
	count map[string]int // of requests
}

// A failure is what becomes of the requests to a host.
type failure int

const (
	none failure = iota
	down         // they fail
	deaf         // they are served, and their answers are lost
)

// fail has the requests to a host fail from now on, or no more.
func (s *services) fail(host string, how failure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails[host] = how
}

// asked is how many requests there were to a host.
func (s *services) asked(host string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count[host]
}

// ask counts a request, and returns what is to become of it.
func (s *services) ask(host string) failure {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count[host]++
	return s.fails[host]
}

var errDown = errors.New("connection refused")

func (s *services) RoundTrip(req *http.Request) (*http.Response, error) {
	host := req.URL.Hostname()
	how := s.ask(host)
	if how == down {
		return nil, errDown
	}
	answer := httptest.NewRecorder()
	s.handlers[host].ServeHTTP(answer, req)
	if how == deaf {
		return nil, errDown
	}
	return answer.Result(), req.Context().Err()
}

// newServices starts one of each, and returns the store and a client of them.
func newServices(t *testing.T) (*services, *store, *client) {
	t.Helper()
	s := newStore(time.Now, prometheus.NewRegistry())
	mux := http.NewServeMux()
	s.routes(mux)
	all := &services{
		handlers: map[string]http.Handler{
			"rng":    newRNG("rng-1", 100*time.Millisecond, prometheus.NewRegistry()),
			"hasher": newHasher(100*time.Millisecond, prometheus.NewRegistry()),
			"store":  mux,
		},
		fails: map[string]failure{}, count: map[string]int{},
	}
	c := newClient(options{rng: "http://rng:8080", hasher: "http://hasher:8080", store: "http://store:8080"})
	c.http.Transport = all
	return all, s, c
}

// metric returns the value of the one series of a metric, or the number of what a histogram has seen.
func metric(t *testing.T, reg prometheus.Gatherer, name string) float64 {
	t.Helper()
	families, err := reg.Gather()
	require.NoError(t, err)
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		m := f.GetMetric()[0]
		return m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
	}
	require.Fail(t, "no metric "+name)
	return 0
}

// do asks a handler.
func do(ctx context.Context, h http.Handler, method, path, body string) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, httptest.NewRequestWithContext(ctx, method, path, strings.NewReader(body)))
	return answer
}
