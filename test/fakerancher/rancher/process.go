package rancher

import "time"

// What a service's states end in.

// settle brings the containers to the wanted number and then the service into
// a state. Only some of the ways there write currentScale.
func (s *Server) settle(next string, counts bool) func(*resource, time.Time) {
	return func(r *resource, at time.Time) {
		s.attempt(r, at, firstTrouble, func(at time.Time) {
			if counts {
				r.service.current = s.count(r)
			}
			r.service.health = healthy(r)
			s.enter(r, next, at)
		})
	}
}

// A service that cannot place its containers shows it after two seconds, for
// a second at a time, and tries again in between.
const (
	firstTrouble = 1700 * time.Millisecond
	nextTrouble  = time.Second
)

// attempt reconciles; where that fails it tries again until something else is
// wanted of the service.
func (s *Server) attempt(r *resource, at time.Time, patience time.Duration, done func(time.Time)) {
	failed := s.reconcile(r, at)
	if failed == "" {
		done(at)
		return
	}
	r.service.health = "degraded"
	s.agenda.after(r, at.Add(patience), func(at time.Time) {
		r.trouble = failed
		s.agenda.after(r, at.Add(nextTrouble), func(at time.Time) {
			r.trouble = ""
			s.attempt(r, at, nextTrouble, done)
		})
	})
}

// healthy is the health of a service that has what it wants. Nobody reports
// the checks of a balancer.
func healthy(r *resource) string {
	if r.is("loadBalancerService") {
		return "initializing"
	}
	return "healthy"
}

// placing takes longer the more there is to do.
func (s *Server) placing(r *resource) time.Duration {
	want, _ := s.wanted(r)
	moves := want - int64(len(r.service.units))
	return 300*time.Millisecond + time.Duration(min(max(moves, -moves), 100))*5*time.Millisecond
}

// batches is how long a restart or an upgrade takes.
func batches(r *resource) time.Duration {
	b := r.service.batch
	if b.size == 0 {
		b = batch{size: 1, interval: 2 * time.Second}
	}
	n := (int64(len(r.service.units)) + b.size - 1) / b.size
	return time.Duration(max(1, n)) * b.interval
}

func (s *Server) registered(r *resource, at time.Time) {
	completeConfigs(r.fields)
	if r.fields["startOnCreate"] == true {
		s.enter(r, "activating", at)
		return
	}
	if scales(r) {
		r.service.health = "unhealthy"
	}
	s.enter(r, "inactive", at)
}

func (s *Server) deactivated(r *resource, at time.Time) {
	for _, u := range r.service.units {
		s.stop(u, at)
	}
	r.service.health = "unhealthy"
	s.enter(r, "inactive", at)
}

// upgraded replaces every container by one of the new configuration.
func (s *Server) upgraded(r *resource, at time.Time) {
	s.attempt(r, at, firstTrouble, func(at time.Time) {
		for _, u := range r.service.units {
			s.renew(r, u, at)
		}
		r.service.current, r.service.health = s.count(r), healthy(r)
		s.enter(r, "upgraded", at)
	})
}

func (s *Server) canceled(r *resource, at time.Time) {
	r.service.health = "degraded"
	s.enter(r, "canceled-upgrade", at)
}

func (s *Server) serviceRemoved(r *resource, at time.Time) {
	for len(r.service.units) > 0 {
		s.drop(r, r.service.units[0], at)
	}
	s.removed(r, at)
}

// scales says whether a resource is a service with containers.
func scales(r *resource) bool {
	_, has := r.schema.ResourceFields["scale"]
	return has
}
