package swarm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"alertscale/adapter/controller"
	"alertscale/adapter/driver"
	"alertscale/rules"
	"alertscale/rules/engine"
)

// Options are what the driver needs beside its block of the file.
type Options = driver.Options

// Driver reads and changes the number of replicas of a swarm's services. It is safe for concurrent use, and
// holds nothing that needs to be closed.
//
// A change is two requests: the read, and the write with the version that was read, which the swarm takes
// only if nothing about the service changed in between. The write is of a whole spec, the only kind that
// there is; it is the one that was read, with another number of replicas. It has the swarm keep the
// credentials of its registry and asks no registry, so no task is replaced by it.
type Driver struct {
	docker *dockerEngine
	seen   seen
	now    func() time.Time
}

var _ controller.Driver = (*Driver)(nil)

// New finds the engine: the host of the block, else DOCKER_HOST, else the local socket. It reads the files of
// TLS and sends nothing: the engine may be down. An error says what to set.
func New(cfg Config, o Options) (*Driver, error) {
	e, err := newEngine(cfg.withDefaults(), o.Agent())
	if err != nil {
		return nil, err
	}
	return &Driver{docker: e, seen: newSeen(), now: o.Now}, nil
}

// Observe reads the replicas that are asked for with one request, once the version of the API is known. It is
// ready when at least as many tasks run.
func (d *Driver) Observe(ctx context.Context, ref rules.Ref) (engine.Observed, error) {
	c := call{ref: ref}
	if err := c.valid(); err != nil {
		return engine.Observed{}, err
	}
	s, count, err := d.find(ctx, c)
	if err != nil {
		return engine.Observed{}, err
	}
	d.seen.Set(ref.Name, s)
	return engine.Observed{Count: count, Version: s.version(), Ready: s.ready(count), Bounds: rules.BoundsIn(s.known.Labels)}, nil
}

// Scale sets the replicas with one request, which the swarm carries out only if nothing about the service
// changed since the read that change.Version is of. Where that was not the last read, the service is read
// again first. An error that is neither of the adapter's sentinels nor a ThrottledError leaves open whether it was
// carried out.
func (d *Driver) Scale(ctx context.Context, ref rules.Ref, change engine.Change) error {
	c := call{ref: ref, write: true}
	if err := c.valid(); err != nil {
		return err
	}
	switch {
	case change.To < 0:
		return fmt.Errorf("%w: %s: cannot have %d replicas", controller.ErrInvalid, c, change.To)
	case change.Version == "":
		return fmt.Errorf("%w: %s: a change needs the version that was read", controller.ErrInvalid, c)
	}
	s, err := d.at(ctx, ref, change.Version)
	if _, wrong := c.countOf(s); wrong != nil && s.ID != "" {
		return wrong
	}
	if err != nil {
		return err
	}
	return d.update(ctx, c, s, change.To)
}

// countOf returns the number of a service's replicas.
func (c call) countOf(s service) (int, error) {
	count, err := s.replicas()
	if err != nil {
		return 0, fmt.Errorf("%w: %s: %w", controller.ErrInvalid, c, err)
	}
	return count, nil
}

// at returns the service as it was read at a version. With a conflict, it is as it is now.
func (d *Driver) at(ctx context.Context, ref rules.Ref, version string) (service, error) {
	if s, ok := d.seen.at(ref.Name, version); ok {
		return s, nil
	}
	c := call{ref: ref}
	s, err := d.lookUp(ctx, c)
	if err == nil && s.version() != version {
		err = fmt.Errorf("%w: %s: it is at version %s, not %q", controller.ErrConflict, c, s.version(), version)
	}
	return s, err
}

// find reads a service by name, with the number of its replicas.
func (d *Driver) find(ctx context.Context, c call) (service, int, error) {
	s, err := d.lookUp(ctx, c)
	if err != nil {
		return service{}, 0, err
	}
	count, err := c.countOf(s)
	return s, count, err
}

// lookUp reads a service by name, with the number of the tasks that run. The list does it in one request, where an
// inspection would need a second one for the tasks, and would also take the beginning of another service's ID for a
// name. Its filter lets pass all names that begin so.
func (d *Driver) lookUp(ctx context.Context, c call) (service, error) {
	filter, _ := json.Marshal(map[string][]string{"name": {c.ref.Name}}) // of strings it cannot fail
	a, err := d.docker.call(ctx, http.MethodGet, "/services", url.Values{"filters": {string(filter)}, "status": {"true"}}, nil)
	if err != nil {
		return service{}, err
	}
	if a.Code != http.StatusOK {
		return service{}, d.refusal(c, a)
	}
	all, err := decodeServices(a.Body)
	if err != nil {
		return service{}, fmt.Errorf("%s: the answer of %s is no list of services: %w; is it Docker's API?", c, d.docker.host, err)
	}
	for _, s := range all {
		if s.known.Name != c.ref.Name {
			continue
		}
		return s, nil
	}
	return service{}, fmt.Errorf("%w: %s: the swarm has no service of this name; one of a stack is called stack_service, as docker service ls shows it", controller.ErrNotFound, c)
}

// update writes a service's spec with another number of replicas.
func (d *Driver) update(ctx context.Context, c call, s service, replicas int) error {
	spec, err := s.scaled(replicas)
	if err != nil {
		return fmt.Errorf("%s: its spec: %w", c, err)
	}
	return d.write(ctx, c, s, spec)
}

// write writes another spec of a service. What is known of it then is old.
func (d *Driver) write(ctx context.Context, c call, s service, spec []byte) error {
	err := d.send(ctx, c, s, spec)
	if err == nil || errors.Is(err, controller.ErrConflict) {
		d.seen.Forget(c.ref.Name)
	}
	return err
}

func (d *Driver) send(ctx context.Context, c call, s service, spec []byte) error {
	query := url.Values{"version": {s.version()}, "registryAuthFrom": {"spec"}}
	a, err := d.docker.call(ctx, http.MethodPost, "/services/"+url.PathEscape(s.ID)+"/update", query, spec)
	if err != nil {
		return err
	}
	if a.Code != http.StatusOK || a.ping {
		return d.refusal(c, a)
	}
	var done struct{ Warnings []string } // of things that were so before
	if err := json.Unmarshal(a.Body, &done); err != nil {
		return fmt.Errorf("%s: the answer of %s is none to an update: %w; is it Docker's API?", c, d.docker.host, err)
	}
	return nil
}
