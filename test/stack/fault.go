package stack

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// A Point is one on a request's way through a proxy.
type Point int

// The points.
const (
	Nowhere       Point = iota
	BeforeRequest       // The server has not got it.
	BeforeAnswer        // The server has done it, the sender does not know.
)

// A Fault is the harm that a proxy does to requests. What is set is done in
// the order of the fields.
type Fault struct {
	Match func(Request) bool // Nil matches every request.
	Times int                // To how many requests; 0: to all.

	Delay      time.Duration // Pass the request on so much later.
	Hold       Point         // Go no further before Release or Drop.
	Cut        Point         // Cut the connection.
	Status     int           // Answer with it instead of passing on.
	RetryAfter int           // Seconds, with Status.

	Answer http.HandlerFunc // In the place of Status.
}

// Method matches requests of any of the methods.
func Method(methods ...string) func(Request) bool {
	return func(r Request) bool { return slices.Contains(methods, r.Method) }
}

// Injected is a fault in a proxy.
type Injected struct {
	Fault
	proxy *Proxy

	mu      sync.Mutex
	hits    int
	removed bool
	held    int
	gate    chan struct{} // Closed by Release and Drop.
	dropped bool
}

// Inject adds a fault. Of several that match a request the first befalls it.
func (p *Proxy) Inject(f Fault) *Injected {
	i := &Injected{Fault: f, proxy: p, gate: make(chan struct{})}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = append(p.faults, i)
	return i
}

// Remove ends the fault for requests to come.
func (i *Injected) Remove() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.removed = true
}

// Hits returns how many requests it has befallen.
func (i *Injected) Hits() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.hits
}

// WaitHits waits until it has befallen n requests.
func (i *Injected) WaitHits(t T, n int, timeout time.Duration) {
	t.Helper()
	Eventually(t, timeout, func() error {
		if hits := i.Hits(); hits < n {
			return fmt.Errorf("fault: befell %d requests, want %d", hits, n)
		}
		return nil
	})
}

// WaitHeld waits until it holds n requests: with BeforeAnswer, until the
// server has done them.
func (i *Injected) WaitHeld(t T, n int, timeout time.Duration) {
	t.Helper()
	Eventually(t, timeout, func() error {
		i.mu.Lock()
		defer i.mu.Unlock()
		if i.held < n {
			return fmt.Errorf("fault: holds %d requests, want %d", i.held, n)
		}
		return nil
	})
}

// Release lets go what is held, also where its sender has gone meanwhile, and
// holds no more.
func (i *Injected) Release() { i.open(false) }

// Drop cuts the connections of what is held, and holds no more.
func (i *Injected) Drop() { i.open(true) }

func (i *Injected) open(drop bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.removed = true; !isClosed(i.gate) {
		i.dropped = drop
		close(i.gate)
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// takes reports whether it befalls the request, which it then counts.
func (i *Injected) takes(r Request) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.removed || i.Times > 0 && i.hits >= i.Times || i.Match != nil && !i.Match(r) {
		return false
	}
	i.hits++
	return true
}

// beforeRequest does what is to be done before the request is passed on, and
// reports whether it is to be.
func (i *Injected) beforeRequest(w http.ResponseWriter, r *http.Request) (pass bool) {
	if i.Delay > 0 {
		i.wait(time.After(i.Delay))
	}
	i.at(BeforeRequest)
	if i.Answer != nil {
		i.Answer(w, r)
		return false
	}
	if i.Status == 0 {
		return true
	}
	if i.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(i.RetryAfter))
	}
	http.Error(w, http.StatusText(i.Status), i.Status)
	return false
}

type faultKey struct{}

// beforeAnswer does what is to be done when the server has answered.
func beforeAnswer(res *http.Response) error {
	if i, ok := res.Request.Context().Value(faultKey{}).(*Injected); ok {
		i.at(BeforeAnswer)
	}
	return nil
}

// at holds and cuts what is to be held and cut at the point.
func (i *Injected) at(point Point) {
	if i.Hold == point {
		i.hold()
	}
	if i.Cut == point {
		panic(http.ErrAbortHandler)
	}
}

func (i *Injected) hold() {
	i.mu.Lock()
	i.held++
	i.mu.Unlock()
	select {
	case <-i.gate:
	case <-i.proxy.closed:
		panic(http.ErrAbortHandler)
	}
	i.mu.Lock()
	i.held--
	dropped := i.dropped
	i.mu.Unlock()
	if dropped {
		panic(http.ErrAbortHandler)
	}
}

func (i *Injected) wait(c <-chan time.Time) {
	select {
	case <-c:
	case <-i.proxy.closed:
		panic(http.ErrAbortHandler)
	}
}
