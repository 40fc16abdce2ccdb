package swarm

import (
	"fmt"

	"alertscale/adapter/controller"
	"alertscale/rules"
)

// call is what is done about a ref.
type call struct {
	ref   rules.Ref
	write bool
}

const kindService = "service"

// String names the service.
func (c call) String() string { return kindService + " " + c.ref.Name }

// valid refuses what is no service of a swarm.
func (c call) valid() error {
	switch r := c.ref; {
	case r.Kind != kindService:
		return fmt.Errorf("%w: kind %q: a swarm has services only; make the kind %q", controller.ErrNotFound, r.Kind, kindService)
	case r.Name == "":
		return fmt.Errorf("%w: a target needs the name of a service", controller.ErrInvalid)
	case r.Namespace != "":
		return fmt.Errorf("%w: %s: a swarm has no namespaces; leave it out of the target, and call a service of the stack %s %s_%s", controller.ErrInvalid, c, r.Namespace, r.Namespace, r.Name)
	case r.Path != "":
		return fmt.Errorf("%w: %s: a swarm's service has no path %s", controller.ErrInvalid, c, r.Path)
	}
	return nil
}

// needs says what must be allowed for the request whose answer this is.
func (c call) needs(a answer) string {
	switch {
	case a.ping:
		return "GET /_ping"
	case c.write:
		return "POST /services/…/update"
	}
	return "GET /services"
}
