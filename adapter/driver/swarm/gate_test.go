package swarm

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"alertscale/adapter/driver/drivertest"
)

// gate stands before an engine, counts what comes, and does harm where it is told to.
type gate struct {
	inner http.Handler

	mu     sync.Mutex
	counts map[string]int // requests by "METHOD path"
	agents map[string]bool
	down   bool
	delay  time.Duration
	hurry  chan struct{} // closed when the delay ends
	next   []fault       // for the next requests
	lose   bool          // the answer of the next write
}

// fault answers in place of the engine, if it returns true.
type fault func(w http.ResponseWriter, r *http.Request) bool

// with runs do while the gate stands still.
func (g *gate) with(do func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	do()
}

// slow delays every answer by so much, until it is called with zero.
func (g *gate) slow(delay time.Duration) {
	g.with(func() {
		if g.hurry != nil {
			close(g.hurry)
		}
		g.delay, g.hurry = delay, nil
		if delay > 0 {
			g.hurry = make(chan struct{})
		}
	})
}

// fail lets the next request meet a fault.
func (g *gate) fail(with fault) { g.with(func() { g.next = append(g.next, with) }) }

// requests returns how often requests came whose "METHOD path" begins so.
func (g *gate) requests(prefix string) (n int) {
	g.with(func() {
		for what, times := range g.counts {
			if strings.HasPrefix(what, prefix) {
				n += times
			}
		}
	})
	return n
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	delay, hurry, down, lose, fail := g.note(r)
	if delay > 0 {
		select {
		case <-time.After(delay):
		case <-r.Context().Done():
		case <-hurry:
		}
	}
	switch {
	case down:
		panic(http.ErrAbortHandler)
	case fail != nil && fail(w, r):
	case lose:
		g.inner.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	default:
		g.inner.ServeHTTP(w, r)
	}
}

// note counts a request and returns what is to befall it.
func (g *gate) note(r *http.Request) (delay time.Duration, hurry chan struct{}, down, lose bool, fail fault) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.counts == nil {
		g.counts, g.agents = map[string]int{}, map[string]bool{}
	}
	g.counts[r.Method+" "+r.URL.Path]++
	g.agents[r.UserAgent()] = true
	if len(g.next) > 0 {
		fail, g.next = g.next[0], g.next[1:]
	}
	if r.Method == http.MethodPost {
		lose, g.lose = g.lose, false
	}
	return g.delay, g.hurry, g.down, lose, fail
}

// harm gives a harness the faults of the gate.
func (g *gate) harm(h drivertest.Harness) drivertest.Harness {
	h.Down = func(*testing.T) { g.with(func() { g.down = true }) }
	h.Up = func(*testing.T) { g.with(func() { g.down = false }) }
	h.Lose = func(*testing.T) { g.with(func() { g.lose = true }) }
	h.Refuse = func(_ *testing.T, code int, after time.Duration) { g.fail(answering(code, after)) }
	h.Slow = func(_ *testing.T, delay time.Duration) { g.slow(delay) }
	h.Requests = func(*testing.T) (reads, writes int) { return g.requests("GET /v"), g.requests("POST ") }
	return h
}

// answering is a fault that answers with a status.
func answering(code int, retryAfter time.Duration) fault {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		if retryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(retryAfter/time.Second)))
		}
		refuse(w, code, "not now")
		return true
	}
}

// refusing is a fault that answers as Docker does.
func refusing(code int, message string) fault {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		refuse(w, code, message)
		return true
	}
}

// saying is a fault that answers with a text that is not of Docker.
func saying(code int, text string) fault {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(code)
		fmt.Fprint(w, text)
		return true
	}
}
