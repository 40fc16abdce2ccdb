package rancher

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Fault is what happens to requests besides what they ask for.
type Fault struct {
	// Method and Path say which requests: those of the method, with the text
	// in their path. Empty means all; "WRITE" is every method but GET.
	Method, Path string
	// After lets so many of them pass first. Times is how many are hit then;
	// zero means all, until the fault is lifted.
	After, Times int

	// Delay comes before anything is done, Late between the doing and the
	// answer. Both are in real time. What a caller who gave up asked for is
	// done all the same.
	Delay, Late time.Duration
	// Status is answered and nothing done: 502, 503 and 504 like a proxy in
	// front, other ones like the core.
	Status int
	// Lose does what was asked for and cuts the connection instead of
	// answering.
	Lose bool
	// Cut cuts the connection and does nothing.
	Cut bool
}

// Inject lets a fault happen. It gives what lifts it.
func (s *Server) Inject(f Fault) (lift func()) {
	defer s.enterLock()()
	s.faults = append(s.faults, &f)
	return func() {
		defer s.enterLock()()
		s.faults = slices.DeleteFunc(s.faults, func(one *Fault) bool { return one == &f })
	}
}

// ConflictNext answers the next n writes with 409 and stores nothing.
func (s *Server) ConflictNext(n int) {
	s.Inject(Fault{Method: "WRITE", Status: http.StatusConflict, Times: n})
}

// LoseNext stores the next n writes and loses their answers.
func (s *Server) LoseNext(n int) { s.Inject(Fault{Method: "WRITE", Lose: true, Times: n}) }

// Slow delays every request before it is handled.
func (s *Server) Slow(d time.Duration) (lift func()) { return s.Inject(Fault{Delay: d}) }

// Unavailable answers every request as a proxy does that has no server.
func (s *Server) Unavailable(status int) (lift func()) { return s.Inject(Fault{Status: status}) }

// Heal lifts every fault.
func (s *Server) Heal() {
	defer s.enterLock()()
	s.faults = nil
}

// strike gives the first fault that a request meets, if any.
func (s *Server) strike(req *http.Request) *Fault {
	for _, f := range s.faults {
		if !f.means(req) {
			continue
		}
		if f.After > 0 {
			f.After--
			continue
		}
		hit := *f
		if f.Times > 0 {
			if f.Times--; f.Times == 0 {
				s.faults = slices.DeleteFunc(s.faults, func(one *Fault) bool { return one == f })
			}
		}
		return &hit
	}
	return nil
}

func (f *Fault) means(req *http.Request) bool {
	isWrite := req.Method != http.MethodGet && req.Method != http.MethodHead
	fits := f.Method == "" || f.Method == req.Method || f.Method == "WRITE" && isWrite
	return fits && strings.Contains(strings.ToLower(req.URL.Path), strings.ToLower(f.Path))
}

// before is what comes before the handling, or in its place.
func (f *Fault) before(s *Server, w http.ResponseWriter, entry *Request) (answered bool) {
	if f == nil {
		return false
	}
	s.wait(f.Delay)
	if f.Cut {
		panic(http.ErrAbortHandler)
	}
	if !f.isProxy() {
		return false
	}
	s.done(entry, f.Status)
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(f.Status)
	_, _ = fmt.Fprintf(w, "<html><body><h1>%d %s</h1>\nNo server is available to handle this request.\n</body></html>\n",
		f.Status, http.StatusText(f.Status))
	return true
}

func (f *Fault) isProxy() bool {
	return f.Status >= http.StatusBadGateway && f.Status <= http.StatusGatewayTimeout
}

// refusal is what the core says instead of doing what was asked for.
func (f *Fault) refusal() error {
	if f == nil || f.Status == 0 {
		return nil
	}
	return plain(f.Status, strings.ReplaceAll(http.StatusText(f.Status), " ", ""))
}

// after is what comes between the handling and the answer.
func (f *Fault) after(s *Server) {
	if f == nil {
		return
	}
	s.wait(f.Late)
	if f.Lose {
		panic(http.ErrAbortHandler)
	}
}
