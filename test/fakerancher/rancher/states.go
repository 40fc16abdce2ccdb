package rancher

import "time"

// state is one row of what a type does in a state: which actions it offers,
// what an update leads to, and what becomes of it by itself.
type state struct {
	actions string
	// updated is the state that an update leads to: "" refuses it with 409,
	// keep stores it and nothing else.
	updated string
	lasts   func(*resource) time.Duration
	then    func(r *resource, at time.Time) // nil: it rests here
}

const keep = "="

// behavior is what a type does: its states, and the states that its actions
// lead to.
type behavior struct {
	first   string // after creation
	states  map[string]state
	actions map[string]string
}

// behaviors are those of every type that can be written.
func (s *Server) behaviors() map[string]behavior {
	return map[string]behavior{
		"service":           s.serviceBehavior(),
		"host":              s.hostBehavior(),
		"stack":             s.stackBehavior(),
		"externalHostEvent": s.eventBehavior(),
		"hostTemplate":      s.templateBehavior(),
	}
}

func (s *Server) row(r *resource) state { return s.behavior[group(r.schema)].states[r.state] }

// enter brings a resource into a state, and plans what follows from it.
func (s *Server) enter(r *resource, name string, at time.Time) {
	r.turn++
	r.state, r.trouble = name, ""
	row := s.row(r)
	if row.then != nil && !r.held {
		s.agenda.after(r, at.Add(row.lasts(r)), func(at time.Time) { row.then(r, at) })
	}
}

// always is a duration that does not depend on the resource.
func always(d time.Duration) func(*resource) time.Duration {
	return func(*resource) time.Duration { return d }
}

// become leads from a state to the next.
func (s *Server) become(next string) func(*resource, time.Time) {
	return func(r *resource, at time.Time) { s.enter(r, next, at) }
}

func (s *Server) serviceBehavior() behavior {
	brief := always(200 * time.Millisecond)
	active := s.settle("active", true)
	stale := s.settle("active", false)
	return behavior{
		first: "registering",
		states: map[string]state{
			"requested":         {"remove", "", always(50 * time.Millisecond), s.become("registering")},
			"registering":       {"remove", "", always(100 * time.Millisecond), s.registered},
			"inactive":          {"upgrade update remove activate", "updating-inactive", nil, nil},
			"activating":        {"upgrade update remove deactivate", keep, s.placing, active},
			"active":            {"upgrade restart update remove deactivate", "updating-active", nil, nil},
			"updating-active":   {"upgrade update remove deactivate", "updating-active", s.placing, active},
			"updating-inactive": {"remove deactivate", "updating-inactive", brief, s.become("inactive")},
			"deactivating":      {"remove", "", brief, s.deactivated},
			"restarting":        {"remove deactivate activate", "", batches, s.become("active")},
			"upgrading":         {"rollback update remove cancelupgrade", keep, batches, s.upgraded},
			"upgraded":          {"rollback remove finishupgrade", keep, nil, nil},
			"finishing-upgrade": {"update remove cancelupgrade", keep, brief, stale},
			"canceling-upgrade": {"update remove", keep, brief, s.canceled},
			"canceled-upgrade":  {"rollback remove continueupgrade", keep, nil, nil},
			"rolling-back":      {"update remove", keep, brief, stale},
			"removing":          {"", "", always(300 * time.Millisecond), s.serviceRemoved},
			"removed":           {},
			"purged":            {},
		},
		actions: map[string]string{
			"activate": "activating", "deactivate": "deactivating", "restart": "restarting", "remove": "removing",
			"upgrade": "upgrading", "finishupgrade": "finishing-upgrade", "cancelupgrade": "canceling-upgrade",
			"continueupgrade": "upgrading", "rollback": "rolling-back",
		},
	}
}

func (s *Server) hostBehavior() behavior {
	return behavior{
		first: "registering",
		states: map[string]state{
			"registering":       {"", keep, always(400 * time.Millisecond), s.machineOrdered},
			"provisioning":      {"upgrade error delete remove", keep, always(5 * time.Second), s.machineMade},
			"activating":        {"upgrade delete", keep, always(200 * time.Millisecond), s.hostUp},
			"active":            {"upgrade evacuate dockersocket update delete deactivate", "updating-active", nil, nil},
			"updating-active":   {"upgrade delete deactivate", "updating-active", always(100 * time.Millisecond), s.become("active")},
			"deactivating":      {"upgrade delete", "", deactivating, s.hostDown},
			"inactive":          {"upgrade evacuate activate update delete remove", "updating-inactive", nil, nil},
			"updating-inactive": {"upgrade delete", "updating-inactive", always(100 * time.Millisecond), s.become("inactive")},
			"error":             {"upgrade delete remove", keep, nil, nil},
			"removing":          {"", "", always(300 * time.Millisecond), s.hostRemoved},
			"removed":           {"upgrade delete", "", nil, nil},
			"purged":            {"upgrade delete", "", nil, nil},
		},
		actions: map[string]string{"activate": "activating", "deactivate": "deactivating", "remove": "removing"},
	}
}

func (s *Server) stackBehavior() behavior {
	brief := always(100 * time.Millisecond)
	return behavior{
		first: "activating",
		states: map[string]state{
			"activating":      {"update remove", keep, brief, s.become("active")},
			"active":          {"update remove", "updating-active", nil, nil},
			"updating-active": {"update remove", "updating-active", brief, s.become("active")},
			"removing":        {"", "", always(400 * time.Millisecond), s.removed},
			"removed":         {},
		},
		actions: map[string]string{"remove": "removing"},
	}
}

func (s *Server) eventBehavior() behavior {
	return behavior{
		first: "creating",
		states: map[string]state{
			"creating": {"remove", "", always(200 * time.Millisecond), s.eventHandled},
			"created":  {"remove", "", nil, nil},
			"removing": {"", "", always(100 * time.Millisecond), s.removed},
			"removed":  {},
		},
		actions: map[string]string{"remove": "removing"},
	}
}

func (s *Server) templateBehavior() behavior {
	brief := always(100 * time.Millisecond)
	return behavior{
		first: "registering",
		states: map[string]state{
			"registering": {"remove", keep, brief, s.become("active")},
			"active":      {"update remove", keep, nil, nil},
			"removing":    {"", "", brief, s.removed},
			"removed":     {},
		},
		actions: map[string]string{"remove": "removing"},
	}
}

func (s *Server) removed(r *resource, at time.Time) {
	r.removed = at
	s.enter(r, "removed", at)
}
