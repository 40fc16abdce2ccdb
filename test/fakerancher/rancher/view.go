package rancher

import "slices"

// Service is what a service looks like, and how many containers of it run.
type Service struct {
	ID, Name, State        string
	Transitioning, Message string
	Scale                  int
	CurrentScale           int // -1: null
	Running                int // sidekicks included
}

// Host is what a host looks like. State is its own; Agent may show in place
// of it.
type Host struct {
	ID, Hostname, Name string
	State, Agent       string
	Labels             map[string]string
	Removed            bool
}

// Service gives a service by its id, removed ones too; an unknown one is the
// zero value.
func (s *Server) Service(id string) Service {
	defer s.enterLock()()
	r := s.store.byID[id]
	if r == nil || r.service == nil {
		return Service{}
	}
	is, message := transitioning(r, s.row(r))
	view := Service{
		ID: r.id, Name: r.name(), State: r.state, Transitioning: is,
		Scale: int(whole(r.fields["scale"], 0)), CurrentScale: int(whole(r.service.current, -1)),
	}
	view.Message, _ = message.(string)
	for _, u := range r.service.units {
		if u.up {
			view.Running += len(u.parts)
		}
	}
	return view
}

// Scale is the number that a service was given last.
func (s *Server) Scale(id string) int { return s.Service(id).Scale }

// Hosts are those of an environment, removed ones too, by age.
func (s *Server) Hosts(project string) []Host {
	defer s.enterLock()()
	var hosts []Host
	for _, r := range s.store.groups["host"] {
		if r.account == project {
			hosts = append(hosts, hostView(r))
		}
	}
	return hosts
}

// Host gives a host by its id; an unknown one is the zero value.
func (s *Server) Host(id string) Host {
	defer s.enterLock()()
	if r := s.store.byID[id]; r != nil && r.machine != nil {
		return hostView(r)
	}
	return Host{}
}

func hostView(r *resource) Host {
	view := Host{
		ID: r.id, Hostname: r.text("hostname"), Name: r.name(), State: r.state, Agent: r.machine.agent,
		Labels: map[string]string{}, Removed: r.isGone(),
	}
	labels, _ := r.fields["labels"].(map[string]any)
	for key, value := range labels {
		view.Labels[key], _ = value.(string)
	}
	return view
}

// Hostnames are those of the hosts of an environment that are not removed.
func (s *Server) Hostnames(project string) []string {
	var names []string
	for _, h := range s.Hosts(project) {
		if !h.Removed && h.Hostname != "" {
			names = append(names, h.Hostname)
		}
	}
	slices.Sort(names)
	return names
}

// SetState brings a service, host or stack into a state, as if something else
// had done it. With hold it stays there.
func (s *Server) SetState(id, state string, hold bool) {
	defer s.enterLock()()
	r := s.store.byID[id]
	r.held = hold
	s.enter(r, state, s.clock.now())
	if r.machine != nil {
		s.hostsChanged(r.account, s.clock.now())
	}
}

// SetScale writes a service's number as another hand would.
func (s *Server) SetScale(id string, n int) {
	defer s.enterLock()()
	r := s.store.byID[id]
	r.fields["scale"] = int64(n)
	if next := s.row(r).updated; next != "" && next != keep {
		s.enter(r, next, s.clock.now())
	}
}

// Break keeps a resource in its state, with an error to be read, until it is
// written.
func (s *Server) Break(id, message string) {
	defer s.enterLock()()
	r := s.store.byID[id]
	r.turn++
	r.trouble = message
	if r.service != nil {
		r.service.health = "degraded"
	}
}

// Remove removes a resource as another hand would.
func (s *Server) Remove(id string) { s.SetState(id, "removing", false) }

// SetAgent sets what a host's agent is known to do: active, disconnected,
// reconnecting and so on. Empty is an agent that was never heard of.
func (s *Server) SetAgent(id, state string) {
	defer s.enterLock()()
	r := s.store.byID[id]
	r.machine.agent = state
	s.hostsChanged(r.account, s.clock.now())
}

// SetFate says what becomes of the hosts that are created from now on. The
// function is called in the middle of a request: it may ask nothing of the
// server.
func (s *Server) SetFate(fate func(hostname string) Fate) {
	defer s.enterLock()()
	s.fate = fate
}
