// Package rancher is a stand-in for the API of Rancher 1.6: what matters of
// it to whoever scales services and hosts, as it behaves. It has stacks,
// services of all kinds with their states and containers, hosts with their
// machines and agents, environments, keys and roles; its answers have the
// fields, links, actions and errors of the real ones.
//
// Changes take time, like the real ones. Nothing runs for that: what has
// become of everything is worked out when somebody looks, from the clock
// alone. So it is fast and deterministic, on a fake clock too.
//
// What the real one does only under stress is there to be switched on: see
// Fault, Revoke, SetAccessControl, Restart and SetFate.
package rancher

import (
	"errors"
	"net"
	"net/http"
	"sync"
	"time"
)

// Options say how a server behaves. The zero value is a server in real time.
type Options struct {
	// Listen is the address to listen on; 127.0.0.1 and any port if empty.
	Listen string
	// Speed is how many times faster than Now its clock runs; 1 if zero.
	Speed float64
	// Now is the clock; time.Now if nil.
	Now func() time.Time
	// Lock is how long, in real time, a write holds its resource. Other writes
	// of the same one get 409 meanwhile. Nothing ever is in the way if zero.
	Lock time.Duration
}

// Server is the stand-in. It is a handler, that also knows to listen by
// itself. All its methods may be called at any time.
type Server struct {
	options  Options
	schemas  *schemas
	behavior map[string]behavior

	mu       sync.Mutex // of everything below
	clock    *clock
	agenda   *agenda
	store    *store
	accounts map[string]*account
	holders  []holder
	keys     int
	open     bool
	fate     func(hostname string) Fate
	faults   []*Fault
	requests []*Request
	lab      Lab

	listening sync.Mutex // of everything below
	address   string
	http      *http.Server
	down      chan struct{} // closed when http is
}

// New makes a server with an environment, two active hosts in it, and keys of
// it: see Lab. It does not listen yet.
func New(options Options) *Server {
	schemas, err := loadSchemas()
	if err != nil {
		panic(err) // the file is part of the program
	}
	s := &Server{
		options: options, schemas: schemas, clock: newClock(options.Now, options.Speed), agenda: &agenda{},
		store: newStore(), accounts: map[string]*account{adminID: {id: adminID, name: "admin", kind: "admin", role: Owner}}, down: make(chan struct{}),
	}
	s.behavior = s.behaviors()
	s.furnish()
	return s
}

// T is what Start needs of a test. A *testing.T is one.
type T interface {
	Helper()
	Cleanup(func())
	Errorf(format string, args ...any)
	FailNow()
}

// Start makes a server that listens until the test ends.
func Start(t T, options Options) *Server {
	t.Helper()
	s := New(options)
	if err := s.Listen(); err != nil {
		t.Errorf("listen: %v", err)
		t.FailNow()
	}
	t.Cleanup(s.Close)
	return s
}

// Listen starts listening: at the first time on the address of the options,
// then on that same one again.
func (s *Server) Listen() error {
	s.listening.Lock()
	defer s.listening.Unlock()
	if s.http != nil {
		return errors.New("listens already")
	}
	if s.address == "" {
		if s.address = s.options.Listen; s.address == "" {
			s.address = "127.0.0.1:0"
		}
	}
	listener, err := net.Listen("tcp", s.address)
	if err != nil {
		return err
	}
	s.address = listener.Addr().String()
	s.http, s.down = &http.Server{Handler: s, ReadHeaderTimeout: time.Minute}, make(chan struct{})
	go func(server *http.Server) { _ = server.Serve(listener) }(s.http)
	return nil
}

// Close stops listening and cuts every connection. What is stored stays.
func (s *Server) Close() {
	s.listening.Lock()
	defer s.listening.Unlock()
	if s.http != nil {
		close(s.down)
		_ = s.http.Close()
		s.http = nil
	}
}

// Restart stops listening for a while, with everything that was stored kept.
func (s *Server) Restart(pause time.Duration) error {
	s.Close()
	time.Sleep(pause)
	return s.Listen()
}

// Address is the host and port that the server listens on.
func (s *Server) Address() string {
	s.listening.Lock()
	defer s.listening.Unlock()
	return s.address
}

// URL is where the API begins.
func (s *Server) URL() string { return "http://" + s.Address() + "/v2-beta" }

// enterLock takes the store's lock and lets everything happen that is due; it
// gives what leaves it.
func (s *Server) enterLock() (leave func()) {
	s.mu.Lock()
	s.agenda.run(s.clock.now())
	return s.mu.Unlock
}
