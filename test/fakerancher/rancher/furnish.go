package rancher

import (
	"fmt"
	"maps"
)

// ServiceSpec is a service that is there at once.
type ServiceSpec struct {
	Stack string // its id
	Name  string
	Kind  string // service if empty
	State string // active if empty
	Scale int
	// Hold keeps it in its state: what would follow by itself does not.
	Hold      bool
	Labels    map[string]string
	Ports     []string
	Sidekicks []string
	Fields    map[string]any // what else it has, such as scalePolicy or system
}

// HostSpec is a host that is there at once.
type HostSpec struct {
	Project  string
	Hostname string // none: it was not created by Rancher
	Name     string
	State    string // active if empty
	Agent    string // the agent's state
	Hold     bool
	Labels   map[string]string
	// Configs are machine driver configurations by field, such as fooConfig.
	Configs map[string]map[string]any
	Fields  map[string]any // what else it has, such as hostTemplateId
}

// AddProject makes an environment. Only the keys that are made for it reach it.
func (s *Server) AddProject(name string) (id string) {
	defer s.enterLock()()
	r := s.store.add(s.schemas.of("project"), "", map[string]any{
		"name": name, "orchestration": "cattle", "virtualMachine": false, "version": "2", "healthState": "healthy",
		"members": []any{}, "servicesPortRange": map[string]any{"type": "servicesPortRange", "startPort": 49153, "endPort": 65535},
	}, s.clock.now())
	r.state = "active"
	return r.id
}

// AddStack makes an active stack.
func (s *Server) AddStack(project, name string) (id string) {
	defer s.enterLock()()
	r := s.store.add(s.schemas.of("stack"), project, map[string]any{"name": name, "system": false}, s.clock.now())
	r.state = "active"
	return r.id
}

// AddService makes a service in a state, with the containers that it has
// there.
func (s *Server) AddService(spec ServiceSpec) (id string) {
	defer s.enterLock()()
	at, kind := s.clock.now(), s.schemas.of(or(spec.Kind, "service"))
	config := map[string]any{"imageUuid": "docker:" + spec.Name}
	if spec.Labels != nil {
		config["labels"] = anyMap(spec.Labels)
	}
	if spec.Ports != nil {
		config["ports"] = anyList(spec.Ports)
	}
	fields := map[string]any{
		"name": spec.Name, "stackId": spec.Stack, "scale": int64(spec.Scale), "startOnCreate": true, "system": false,
		"assignServiceIpAddress": false, "launchConfig": config,
	}
	var sidekicks []any
	for _, name := range spec.Sidekicks {
		sidekicks = append(sidekicks, map[string]any{"name": name, "imageUuid": "docker:" + name})
	}
	fields["secondaryLaunchConfigs"] = sidekicks
	s.cleanConfigs(kind, fields)
	maps.Copy(fields, spec.Fields)
	if err := cleanPolicy(fields); err != nil {
		panic(err) // a mistake of the test
	}
	r := s.addService(kind, s.store.byID[spec.Stack].account, fields, at)
	r.held = spec.Hold
	s.inhabit(r, or(spec.State, "active"))
	return r.id
}

// inhabit gives a service what it has in a state.
func (s *Server) inhabit(r *resource, state string) {
	at := s.clock.now()
	switch state {
	case "requested", "registering":
	case "removed", "purged":
		r.removed = at
	default:
		s.reconcile(r, at)
		r.service.current = s.count(r)
		r.service.health = healthy(r)
	}
	if state == "inactive" || state == "updating-inactive" {
		for _, u := range r.service.units {
			s.stop(u, at)
		}
		r.service.health = "unhealthy"
	}
	s.enter(r, state, at)
}

// AddServices makes n active services, named by the prefix and three digits.
func (s *Server) AddServices(stack, prefix string, n int) (ids []string) {
	for i := range n {
		ids = append(ids, s.AddService(ServiceSpec{Stack: stack, Name: fmt.Sprintf("%s%03d", prefix, i), Scale: 1}))
	}
	return ids
}

// AddHost makes a host in a state.
func (s *Server) AddHost(spec HostSpec) (id string) {
	defer s.enterLock()()
	fields := map[string]any{"labels": map[string]any{}}
	for field, config := range spec.Configs {
		fields[field] = config
	}
	if spec.Labels != nil {
		fields["labels"] = anyMap(spec.Labels)
	}
	if spec.Hostname != "" {
		fields["hostname"] = spec.Hostname
	}
	maps.Copy(fields, spec.Fields)
	r := s.addHost(spec.Project, fields, s.clock.now())
	s.report(r)
	r.machine.agent, r.held = spec.Agent, spec.Hold
	r.fields["name"] = or(spec.Name, r.text("name"))
	r.fields["physicalHostId"] = fmt.Sprintf("1ph%d", s.store.number("physicalHost"))
	s.enter(r, or(spec.State, "active"), s.clock.now())
	s.hostsChanged(spec.Project, s.clock.now())
	return r.id
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

func anyMap(m map[string]string) map[string]any {
	out := make(map[string]any, len(m))
	for k, v := range m {
		out[k] = v
	}
	return out
}

func anyList(list []string) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = v
	}
	return out
}
