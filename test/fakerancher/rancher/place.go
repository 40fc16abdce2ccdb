package rancher

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// unit is one copy of a service: a container of its launch configuration and
// one of each sidekick's, together on one host.
type unit struct {
	service *resource
	index   int64
	host    *resource
	parts   []*resource
	ports   []string // of the host, as "80/tcp"
	up      bool
}

// hostRoom is how many units a host takes.
const hostRoom = 5000

// wanted is the number of units that a service ought to have, and the least
// that it is content with.
func (s *Server) wanted(r *resource) (want, least int64) {
	if !scales(r) {
		return 0, 0
	}
	if isGlobal(r) {
		hosts := int64(len(s.usableHosts(r.account)))
		return hosts, hosts
	}
	if policy, ok := r.fields["scalePolicy"].(map[string]any); ok {
		return whole(policy["max"], 1), whole(policy["min"], 1)
	}
	scale := whole(r.fields["scale"], 1)
	return scale, scale
}

// reconcile brings a service's containers to the wanted number, as far as the
// hosts allow it, and says what is in the way.
func (s *Server) reconcile(r *resource, at time.Time) (failed string) {
	want, least := s.wanted(r)
	if want > math.MaxInt32 {
		return fmt.Sprintf("Expected state running but got error: scale %d is out of range", want)
	}
	if isGlobal(r) {
		s.spread(r, at)
		return ""
	}
	for int64(len(r.service.units)) > want {
		s.drop(r, r.service.units[len(r.service.units)-1], at)
	}
	for _, u := range slices.Clone(r.service.units) {
		s.start(u, at)
	}
	ports := hostPorts(r)
	for int64(len(r.service.units)) < want {
		host := s.pick(r.account, ports)
		if host == nil {
			break
		}
		s.place(r, host, at)
	}
	if s.count(r) >= least {
		return ""
	}
	r.service.index += want - s.count(r) // of those that failed
	return s.placementFailure(ports)
}

func (s *Server) placementFailure(ports []string) string {
	container := fmt.Sprintf("container:%s", formatID(s.schemas.of("container"), s.store.number("container")))
	why := "no host has room for it"
	if len(ports) > 0 {
		why = "host needs ports " + ports[0] + " available"
	}
	return fmt.Sprintf("Failed to allocate instance [%s]: Bad instance [%s] in state [error]: Allocation failed: %s", container, container, why)
}

// spread gives a global service one unit on every host.
func (s *Server) spread(r *resource, at time.Time) {
	hosts := s.usableHosts(r.account)
	for _, u := range slices.Clone(r.service.units) {
		if !slices.Contains(hosts, u.host) {
			s.drop(r, u, at)
			continue
		}
		s.start(u, at)
		hosts = slices.DeleteFunc(hosts, func(h *resource) bool { return h == u.host })
	}
	for _, host := range hosts {
		s.place(r, host, at)
	}
}

// count is how many units run: what currentScale shows, when it is written.
func (s *Server) count(r *resource) int64 {
	var n int64
	for _, u := range r.service.units {
		if u.up {
			n++
		}
	}
	return n
}

// usableHosts are those that containers can be started on, by age.
func (s *Server) usableHosts(account string) []*resource {
	var hosts []*resource
	for _, h := range s.store.groups["host"] {
		if h.account == account && h.machine.usable(h) {
			hosts = append(hosts, h)
		}
	}
	return hosts
}

// pick chooses the host with the fewest units of those that have the ports.
func (s *Server) pick(account string, ports []string) *resource {
	var best *resource
	for _, h := range s.usableHosts(account) {
		if h.machine.hasFree(ports) && (best == nil || len(h.machine.units) < len(best.machine.units)) {
			best = h
		}
	}
	return best
}

func (s *Server) place(r, host *resource, at time.Time) {
	r.service.index++
	u := &unit{service: r, index: r.service.index, host: host, ports: hostPorts(r), up: true}
	r.service.units = append(r.service.units, u)
	host.machine.units = append(host.machine.units, u)
	u.parts = s.containers(r, u, at)
}

// drop removes a unit and its containers.
func (s *Server) drop(r *resource, u *unit, at time.Time) {
	isIt := func(one *unit) bool { return one == u }
	r.service.units = slices.DeleteFunc(r.service.units, isIt)
	u.host.machine.units = slices.DeleteFunc(u.host.machine.units, isIt)
	s.discard(u, at)
}

func (s *Server) discard(u *unit, at time.Time) {
	for _, part := range u.parts {
		part.state, part.removed = "removed", at
	}
	u.parts, u.up = nil, false
}

// renew replaces a unit's containers where they are.
func (s *Server) renew(r *resource, u *unit, at time.Time) {
	s.discard(u, at)
	u.up = true
	u.parts = s.containers(r, u, at)
}

func (s *Server) stop(u *unit, _ time.Time) {
	u.up = false
	for _, part := range u.parts {
		part.state = "stopped"
	}
}

// start starts what was stopped, elsewhere if its host is not to be had.
func (s *Server) start(u *unit, at time.Time) {
	if u.up {
		return
	}
	if !u.host.machine.usable(u.host) || !u.host.machine.hasFree(u.ports) {
		s.drop(u.service, u, at)
		return
	}
	u.up = true
	for _, part := range u.parts {
		part.state = "running"
	}
}
