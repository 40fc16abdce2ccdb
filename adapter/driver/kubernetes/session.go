package kubernetes

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-kit/log"
)

// Shared is what the drivers of a process have in common: what is watched of each cluster. It outlives a reload of the
// file, so that nothing is listed again.
type Shared struct {
	retry time.Duration // after how long what could not be watched is first tried again

	mu       sync.Mutex
	sessions map[string]*session // by the address of the cluster
}

// NewShared returns one for a process.
func NewShared() *Shared { return &Shared{retry: firstRetry, sessions: map[string]*session{}} }

// session is what is known of a cluster beside what its drivers read. Nothing is asked for before somebody wants to know.
type session struct {
	users  int                    // drivers; guarded by Shared.mu
	client atomic.Pointer[client] // of the newest driver, with its credentials
	logger log.Logger
	owners *owners
	events *events
	stop   context.CancelFunc
}

// open returns the session of a cluster for one more driver.
func (s *Shared) open(address string, c *client, logger log.Logger) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.sessions[address]
	if x == nil {
		ctx, stop := context.WithCancel(context.Background())
		x = &session{logger: logger, stop: stop}
		x.owners = newOwners(ctx, x, s.retry)
		x.events = newEvents(ctx, x)
		s.sessions[address] = x
	}
	x.users++
	x.client.Store(c)
	return x
}

// leave ends a session that no driver has.
func (s *Shared) leave(address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.sessions[address]
	if x.users--; x.users == 0 {
		delete(s.sessions, address)
		x.stop()
	}
}
