package rancher

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/go-kit/log"

	"alertscale/adapter/controller"
	"alertscale/rules"
	"alertscale/rules/engine"
)

// Options are what the driver needs beside its block of the file.
type Options struct {
	// Group returns what the file says of a ref that is a group of hosts: their labels, and which go first.
	Group  func(rules.Ref) (pairs []rules.Label, first rules.Remove, ok bool)
	Shared *Shared             // with the other drivers of the process; nil: with none
	Now    func() time.Time    // the clock; nil: time.Now
	Logger log.Logger          // nil: nothing is logged
	Getenv func(string) string // looks up an environment variable; nil: os.Getenv
}

// Driver reads and changes services and groups of hosts of one environment. It is safe for concurrent use,
// and holds nothing that needs to be closed.
type Driver struct {
	connector *connector
	shared    *Shared
	services  services
	stacks    stacks
	hosts     hosts
	options   Options
}

var (
	_ controller.Driver  = (*Driver)(nil)
	_ controller.Planner = (*Driver)(nil)
)

// New completes the block from CATTLE_URL, CATTLE_ACCESS_KEY and CATTLE_SECRET_KEY. It asks nobody: the
// server may be down. An error says what to set.
func New(cfg Config, o Options) (*Driver, error) {
	o = o.withDefaults()
	complete, err := cfg.complete(o.Getenv)
	if err != nil {
		return nil, err
	}
	d := &Driver{connector: &connector{logger: o.Logger, settings: complete}, shared: o.Shared, options: o}
	d.services.known, d.stacks.known = map[rules.Ref]known{}, map[place]knownStack{}
	d.hosts.init()
	return d, nil
}

func (o Options) withDefaults() Options {
	if o.Group == nil {
		o.Group = func(rules.Ref) ([]rules.Label, rules.Remove, bool) { return nil, "", false }
	}
	if o.Shared == nil {
		o.Shared = NewShared()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = log.NewNopLogger()
	}
	if o.Getenv == nil {
		o.Getenv = os.Getenv
	}
	return o
}

// The kinds that a ref may have.
const (
	kindService = "service"
	kindHost    = "host"
)

// Observe reads the scale of a service, with one request once its id is known, or counts the hosts of a group.
func (d *Driver) Observe(ctx context.Context, ref rules.Ref) (engine.Observed, error) {
	s, err := d.prepare(ctx, ref)
	if err != nil {
		return engine.Observed{}, err
	}
	if ref.Kind == kindHost {
		return d.observeHosts(ctx, s, ref)
	}
	return d.observeService(ctx, s, ref)
}

// Scale sets the scale of a service, if it still is c.From, or carries out the plan for a group of hosts. An
// error that is neither of the adapter's sentinels nor a ThrottledError leaves open whether anything was changed.
func (d *Driver) Scale(ctx context.Context, ref rules.Ref, c engine.Change) error {
	if c.To < 0 || c.To > maxScale {
		return fmt.Errorf("%w: %s: %d is no count", controller.ErrInvalid, name(ref), c.To)
	}
	s, err := d.prepare(ctx, ref)
	if err != nil {
		return midway(c.Plan != nil, err)
	}
	if ref.Kind == kindHost {
		return d.scaleHosts(ctx, s, ref, c)
	}
	return d.scaleService(ctx, s, ref, c)
}

// Plan names the hosts that a change of a group creates or removes. A change of a service has no plan.
func (d *Driver) Plan(ctx context.Context, ref rules.Ref, c engine.Change) (json.RawMessage, error) {
	if ref.Kind != kindHost {
		return nil, nil
	}
	s, err := d.prepare(ctx, ref)
	if err != nil {
		return nil, err
	}
	return d.planHosts(ctx, s, ref, c)
}

// maxScale is the largest number that the server takes without harm to itself.
const maxScale = 1<<31 - 1

func (d *Driver) prepare(ctx context.Context, ref rules.Ref) (*session, error) {
	if ref.Kind != kindService && ref.Kind != kindHost {
		return nil, fmt.Errorf("%w: %s: Rancher has no such kind; it has service and host", controller.ErrNotFound, name(ref))
	}
	if err := valid(ref); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", controller.ErrInvalid, name(ref), err)
	}
	return d.connector.session(ctx)
}

func valid(ref rules.Ref) error {
	switch {
	case ref.Path != "":
		return fmt.Errorf("there is no path %s; leave it out", ref.Path)
	case ref.Name == "":
		return errors.New("a target needs a name")
	case ref.Kind == kindService && ref.Namespace == "":
		return errors.New("a service is in a stack; give the target its name as the namespace")
	}
	return nil
}

// name is how errors call a ref.
func name(ref rules.Ref) string {
	if ref.Namespace == "" {
		return ref.Kind + " " + ref.Name
	}
	return ref.Kind + " " + ref.Namespace + "/" + ref.Name
}
