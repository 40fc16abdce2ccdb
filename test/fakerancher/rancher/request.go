package rancher

import (
	"net/http"
	"strings"
	"time"
)

// Request is one that was received.
type Request struct {
	At     time.Time // by the server's clock
	Method string
	Path   string
	Query  string
	Body   string
	Access string // of the key
	Status int    // of the answer, delivered or not; zero while there is none
}

// IsWrite says whether the request asks for a change.
func (r Request) IsWrite() bool { return r.Method != http.MethodGet && r.Method != http.MethodHead }

// receive notes a request, and gives what else is to happen to it.
func (s *Server) receive(req *http.Request, raw []byte) (*Request, *Fault) {
	defer s.enterLock()()
	access, _, _ := req.BasicAuth()
	entry := &Request{
		At: s.clock.now(), Method: req.Method, Path: req.URL.Path, Query: req.URL.RawQuery,
		Body: string(raw), Access: access,
	}
	s.requests = append(s.requests, entry)
	return entry, s.strike(req)
}

func (s *Server) done(entry *Request, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	entry.Status = status
}

// Requests are those that were received, in their order.
func (s *Server) Requests() []Request {
	return s.pickRequests(func(Request) bool { return true })
}

// Writes are the requests for changes that were received, in their order.
func (s *Server) Writes() []Request { return s.pickRequests(Request.IsWrite) }

// Count is how many requests of a method were received whose path has the
// text in it; both may be empty.
func (s *Server) Count(method, path string) int {
	return len(s.pickRequests(func(r Request) bool {
		return (method == "" || r.Method == method) && strings.Contains(r.Path, path)
	}))
}

// Forget empties the list of requests.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = nil
}

func (s *Server) pickRequests(wanted func(Request) bool) []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []Request
	for _, r := range s.requests {
		if wanted(*r) {
			found = append(found, *r)
		}
	}
	return found
}
