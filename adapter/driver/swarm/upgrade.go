package swarm

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"alertscale/adapter/controller"
	"alertscale/rules"
	"alertscale/rules/upgrade"
)

var _ controller.Upgrader = (*Driver)(nil)

// ReadWorkload reads the image of a service, with one request. It always takes an upgrade: the swarm goes on from where the one
// before has come to.
func (d *Driver) ReadWorkload(ctx context.Context, ref rules.Ref) (upgrade.Workload, error) {
	c := call{ref: ref}
	if err := c.valid(); err != nil {
		return upgrade.Workload{}, err
	}
	s, err := d.lookUp(ctx, c)
	if err != nil {
		return upgrade.Workload{}, err
	}
	w := upgrade.Workload{Version: s.version(), Restarts: strconv.FormatUint(s.known.TaskTemplate.ForceUpdate, 10), Phase: upgrade.Idle}
	switch m := s.known.Mode; {
	case m.ReplicatedJob != nil || m.GlobalJob != nil:
		return w, fmt.Errorf("%w: %s: it is a job, which an upgrade would run again; upgrade services only", controller.ErrInvalid, c)
	case s.known.TaskTemplate.ContainerSpec != nil:
		w.Containers = []upgrade.Container{{Name: ref.Name, Image: s.known.TaskTemplate.ContainerSpec.Image}}
	}
	d.seen.Set(ref.Name, s)
	return w, nil
}

// Upgrade sets the image of a service with one request, which the swarm carries out only if nothing about the service changed
// since the read that change.Version is of. It has the swarm keep the credentials of its registry.
func (d *Driver) Upgrade(ctx context.Context, ref rules.Ref, change upgrade.Change) error {
	c := call{ref: ref, write: true}
	switch err := c.valid(); {
	case err != nil:
		return err
	case change.Version == "" || len(change.Images) != 1:
		return fmt.Errorf("%w: %s: a change needs the version that was read, and one image", controller.ErrInvalid, c)
	}
	s, err := d.at(ctx, ref, change.Version)
	if err != nil {
		return err
	}
	spec, err := s.upgraded(change)
	if err != nil {
		return fmt.Errorf("%s: its spec: %w", c, err)
	}
	return d.write(ctx, c, s, spec)
}

// upgraded returns the spec with another image, and with the pace of the update where the file says one. Where the image is the
// same, the number is another one by which the swarm makes the tasks again.
func (s service) upgraded(c upgrade.Change) (json.RawMessage, error) {
	type field struct {
		value any
		path  []string
	}
	fields := []field{{c.Images[0].Image, []string{"TaskTemplate", "ContainerSpec", "Image"}}}
	if c.Restart {
		fields = append(fields, field{s.known.TaskTemplate.ForceUpdate + 1, []string{"TaskTemplate", "ForceUpdate"}})
	}
	if c.Pace.Batch > 0 {
		fields = append(fields, field{c.Pace.Batch, []string{"UpdateConfig", "Parallelism"}})
	}
	if c.Pace.Interval != nil {
		fields = append(fields, field{c.Pace.Interval.Nanoseconds(), []string{"UpdateConfig", "Delay"}})
	}
	if first := c.Pace.StartFirst; first != nil {
		order := map[bool]string{true: "start-first", false: "stop-first"}[*first]
		fields = append(fields, field{order, []string{"UpdateConfig", "Order"}})
	}
	spec := s.Spec
	for _, f := range fields {
		text, err := json.Marshal(f.value)
		if err == nil {
			spec, err = replace(spec, string(text), f.path...)
		}
		if err != nil {
			return nil, err
		}
	}
	return spec, nil
}

// FindWorkloads lists the services that have labels, with one request.
func (d *Driver) FindWorkloads(ctx context.Context, w upgrade.Where) (all []rules.Ref, err error) {
	var labels []string
	for _, l := range w.Selector {
		labels = append(labels, l.Name+"="+l.Value)
	}
	c := call{ref: rules.Ref{Kind: kindService}}
	filter, _ := json.Marshal(map[string][]string{"label": labels}) // of strings it cannot fail
	a, err := d.docker.call(ctx, http.MethodGet, "/services", url.Values{"filters": {string(filter)}}, nil)
	if err != nil {
		return nil, err
	}
	if a.Code != http.StatusOK {
		return nil, d.refusal(c, a)
	}
	found, err := decodeServices(a.Body)
	if err != nil {
		return nil, fmt.Errorf("%s: the answer of %s is no list of services: %w; is it Docker's API?", c, d.docker.host, err)
	}
	for _, s := range found {
		all = append(all, rules.Ref{Kind: kindService, Name: s.known.Name})
	}
	return all, nil
}
