package rancher

import (
	"maps"
	"slices"
	"strconv"
	"time"
)

// Fate is what becomes of a host that is created.
type Fate int

const (
	// ComesUp is the usual fate.
	ComesUp Fate = iota
	// NeverUp is provisioning for ever.
	NeverUp
	// EndsInError is what a machine driver that gives up leaves.
	EndsInError
)

// machine is what a host has besides its fields.
type machine struct {
	agent  string // the agent's state: "" before its first ping
	units  []*unit
	fate   Fate
	doomed bool // it is removed once it is down
}

// usable says whether containers can be started on the host.
func (m *machine) usable(r *resource) bool {
	working := r.state == "active" || r.state == "updating-active"
	return working && (m.agent == "" || m.agent == "active") && !r.isGone()
}

func (m *machine) hasFree(ports []string) bool {
	if len(m.units) >= hostRoom {
		return false
	}
	for _, u := range m.units {
		if u.up && slices.ContainsFunc(u.ports, func(p string) bool { return slices.Contains(ports, p) }) {
			return false
		}
	}
	return true
}

// render gives the state that is shown: an active host shows its agent's.
func (m *machine) render(r *resource, out map[string]any) string {
	var ids []string
	for _, u := range m.units {
		for _, part := range u.parts {
			ids = append(ids, part.id)
		}
	}
	out["instanceIds"], out["publicEndpoints"] = orNull(ids), orNull(endpoints(m.units))
	out["agentState"] = nil
	if m.agent != "" {
		out["agentState"] = m.agent
		if r.state == "active" {
			return m.agent
		}
	}
	return r.state
}

// createHost stores a new host. Nobody minds a hostname that is taken.
func (c *call) createHost() (*resource, error) {
	fields, err := c.accept(c.schema, true)
	if err != nil {
		return nil, err
	}
	ways := 0
	if fields["hostTemplateId"] != nil {
		ways++
	}
	for _, name := range c.s.schemas.configFields() {
		given, ok := fields[name].(map[string]any)
		if !ok {
			continue
		}
		ways++
		config := maps.Clone(given)
		config["type"] = name
		fields[name] = config
	}
	if ways != 1 {
		return nil, plain(422, "DriverConfigExactlyOneRequired")
	}
	r := c.s.addHost(c.project, fields, c.at)
	if c.s.fate != nil {
		r.machine.fate = c.s.fate(r.text("hostname"))
	}
	return r, nil
}

func (s *Server) addHost(account string, fields map[string]any, at time.Time) *resource {
	r := s.store.add(s.schemas.of("host"), account, fields, at)
	r.fields["computeTotal"] = int64(1000000)
	r.machine = &machine{}
	return r
}

// machineOrdered is the end of registering.
func (s *Server) machineOrdered(r *resource, at time.Time) {
	r.fields["physicalHostId"] = "1ph" + strconv.Itoa(s.store.number("physicalHost"))
	for _, name := range s.schemas.configFields() {
		if given, ok := r.fields[name].(map[string]any); ok {
			config := maps.Clone(given)
			delete(config, "type")
			r.fields[name] = config
		}
	}
	s.enter(r, "provisioning", at)
}

// machineMade is the end of provisioning, whatever it is.
func (s *Server) machineMade(r *resource, at time.Time) {
	switch r.machine.fate {
	case NeverUp:
		s.agenda.after(r, at.Add(time.Minute), func(at time.Time) { s.machineMade(r, at) })
	case EndsInError:
		s.enter(r, "error", at)
		r.trouble = "Error creating machine: " + r.text("hostname") + ": the driver gave up"
	default:
		s.enter(r, "activating", at)
	}
}

// hostUp is the end of activating. The agent reports the name that the
// machine calls itself by.
func (s *Server) hostUp(r *resource, at time.Time) {
	if r.machine.agent == "" && r.fields["hostname"] != nil {
		s.report(r)
	}
	s.enter(r, "active", at)
	s.hostsChanged(r.account, at)
}

func (s *Server) report(r *resource) {
	r.machine.agent = "active"
	r.fields["name"], r.fields["kind"] = "testhost-"+r.uuid, "docker"
	r.fields["agentIpAddress"] = "192.168.0." + strconv.Itoa(20+r.num%200)
}

// hostsChanged lets the services that run on every host, or on as many as
// there are, have what they want.
func (s *Server) hostsChanged(account string, at time.Time) {
	for _, r := range s.store.groups["service"] {
		if r.account != account || r.state != "active" || !scales(r) {
			continue
		}
		if isGlobal(r) || r.fields["scalePolicy"] != nil {
			s.reconcile(r, at)
			r.service.current = s.count(r)
		}
	}
}

// deactivating is how long it takes to find out that an agent does not answer.
func deactivating(r *resource) time.Duration {
	if r.machine.agent != "" && r.machine.agent != "active" {
		return 6200 * time.Millisecond
	}
	return 200 * time.Millisecond
}

func (s *Server) hostDown(r *resource, at time.Time) {
	s.enter(r, "inactive", at)
	if r.machine.doomed {
		s.evacuate(r, at)
		s.agenda.after(r, at.Add(200*time.Millisecond), s.doom(r))
	}
}

func (s *Server) doom(r *resource) func(time.Time) {
	return func(at time.Time) { s.enter(r, "removing", at) }
}

// hostRemoved ends in removed, or where an event asked for it in purged.
func (s *Server) hostRemoved(r *resource, at time.Time) {
	if r.machine.agent != "" {
		r.machine.agent = "removing"
	}
	s.removed(r, at)
	s.evacuate(r, at)
	if r.machine.doomed {
		s.agenda.after(r, at.Add(100*time.Millisecond), func(at time.Time) { s.enter(r, "purged", at) })
	}
}

// evacuate starts a host's containers elsewhere.
func (s *Server) evacuate(r *resource, at time.Time) {
	var moved []*resource
	for _, u := range slices.Clone(r.machine.units) {
		s.drop(u.service, u, at)
		if !slices.Contains(moved, u.service) {
			moved = append(moved, u.service)
		}
	}
	for _, one := range moved {
		if one.state != "active" {
			continue // its own change looks after them
		}
		if s.reconcile(one, at) != "" {
			s.enter(one, "updating-active", at)
		} else if isGlobal(one) {
			one.service.current = s.count(one)
		}
	}
}
