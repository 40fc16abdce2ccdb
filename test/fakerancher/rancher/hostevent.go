package rancher

import (
	"strings"
	"time"
)

// createEvent stores an external host event; what it does comes later.
func (c *call) createEvent() (*resource, error) {
	fields, err := c.accept(c.schema, true)
	if err != nil {
		return nil, err
	}
	return c.s.store.add(c.schema, c.project, fields, c.at), nil
}

// eventHandled does what the event says to the hosts that it means: hostId's,
// or every one that has the label.
func (s *Server) eventHandled(r *resource, at time.Time) {
	if r.text("eventType") == "host.evacuate" {
		for _, host := range s.meant(r) {
			s.evict(host, r.fields["deleteHost"] == true, at)
		}
	}
	s.enter(r, "created", at)
}

func (s *Server) meant(event *resource) []*resource {
	if id := event.text("hostId"); id != "" {
		return []*resource{s.store.byID[id]}
	}
	key, value, labeled := strings.Cut(event.text("hostLabel"), "=")
	var hosts []*resource
	for _, h := range s.store.alive(s.schemas.of("host")) {
		labels, _ := h.fields["labels"].(map[string]any)
		if labeled && h.account == event.account && labels[key] == value {
			hosts = append(hosts, h)
		}
	}
	return hosts
}

// evict takes a host out of service. One that never was in service stays as
// it is, without a word.
func (s *Server) evict(host *resource, remove bool, at time.Time) {
	switch host.state {
	case "active", "updating-active":
		host.machine.doomed = remove
		s.enter(host, "deactivating", at)
	case "inactive":
		s.evacuate(host, at)
		if remove {
			host.machine.doomed = true
			s.enter(host, "removing", at)
		}
	}
}
