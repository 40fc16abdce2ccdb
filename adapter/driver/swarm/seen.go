package swarm

import "sync"

// seen keeps services as they were last read, so that a write needs no read of its own: the API takes whole
// specs only. It is safe for concurrent use. What it has forgotten costs a read.
type seen struct {
	mu     sync.Mutex
	byName map[string]service
}

// maxSeen is how many services are kept. Between a read and the write that is decided on it there are never
// so many.
const maxSeen = 1000

func newSeen() *seen { return &seen{byName: map[string]service{}} }

func (s *seen) keep(name string, read service) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.byName[name]; !known && len(s.byName) >= maxSeen {
		for other := range s.byName {
			delete(s.byName, other)
			break
		}
	}
	s.byName[name] = read
}

// at returns a service that was read at a version.
func (s *seen) at(name, version string) (service, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	read, ok := s.byName[name]
	return read, ok && read.version() == version
}

func (s *seen) forget(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byName, name)
}
