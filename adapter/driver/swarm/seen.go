package swarm

import "alertscale/adapter/driver/internal/recent"

// seen keeps services, by name, as they were last read, so that a write needs no read of its own: the API takes whole
// specs only. What it has forgotten costs a read.
type seen struct{ *recent.Map[string, service] }

// maxSeen is how many services are kept. Between a read and the write that is decided on it there are never
// so many.
const maxSeen = 1000

func newSeen() seen { return seen{recent.NewMap[string, service](maxSeen)} }

// at returns a service that was read at a version.
func (s seen) at(name, version string) (service, bool) {
	read, ok := s.Get(name)
	return read, ok && read.version() == version
}
