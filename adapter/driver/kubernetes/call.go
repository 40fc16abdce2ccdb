package kubernetes

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"alertscale/adapter/controller"
	"alertscale/adapter/driver/internal/httpx"
	"alertscale/rules"
)

// call is one request about a ref whose kind is known.
type call struct {
	ref      rules.Ref
	kind     kind
	resource resource
	write    bool
	whole    bool // it is about the object itself, not about its scale subresource
	list     bool // it is about all objects, in the namespace where it has one
}

// String names the workload.
func (c call) String() string {
	switch {
	case c.list && c.ref.Namespace == "":
		return c.resource.name
	case c.list:
		return c.resource.name + " of namespace " + c.ref.Namespace
	case c.ref.Namespace == "":
		return c.kind.ref + " " + c.ref.Name
	}
	return c.kind.ref + " " + c.ref.Namespace + "/" + c.ref.Name
}

func (d *Driver) prepare(ctx context.Context, ref rules.Ref, write bool) (call, error) {
	k, ok := d.pins[ref.Kind]
	if !ok {
		k = refKind(ref.Kind)
	}
	k.field = ref.Path != ""
	return d.resolved(ctx, call{ref: ref, kind: k, write: write, whole: k.field})
}

// resolved completes a call by what the API server calls its kind.
func (d *Driver) resolved(ctx context.Context, c call) (call, error) {
	if err := c.valid(); err != nil {
		return c, err
	}
	ref, k := c.ref, c.kind
	var err error
	if c.resource, err = d.discovery.resolve(ctx, k); err != nil {
		return c, d.unresolved(k, err)
	}
	switch {
	case c.resource.namespaced && ref.Namespace == "":
		return c, fmt.Errorf("%w: %s: kind %s is in a namespace; give the target one", controller.ErrInvalid, c, k)
	case !c.resource.namespaced && ref.Namespace != "":
		return c, fmt.Errorf("%w: %s: kind %s is in no namespace; leave it out of the target", controller.ErrInvalid, c, k)
	}
	return c, nil
}

// unresolved sorts an error of discovery. What is not final is looked up again the next time.
func (d *Driver) unresolved(k kind, err error) error {
	if !httpx.Permanent(err) {
		return d.recovery.Note(err)
	}
	if d.recovery.Recent() {
		d.discovery.ask(k)
	}
	return d.recovery.Settle(err, again)
}

// valid refuses what would be another path of the API than that of the object, or its scale subresource.
func (c call) valid() error {
	if c.ref.Kind == "" || c.ref.Name == "" {
		return fmt.Errorf("%w: %s: a target needs a kind and a name", controller.ErrInvalid, c)
	}
	for _, part := range [...]string{c.ref.Namespace, c.ref.Name} {
		if part == "." || part == ".." || strings.ContainsAny(part, "/%") {
			return fmt.Errorf("%w: %s: %q is no name", controller.ErrInvalid, c, part)
		}
	}
	return nil
}

// path is that of the object, or of its scale subresource.
func (c call) path() string {
	base := c.resource.groupVersion().path()
	if c.resource.namespaced && c.ref.Namespace != "" {
		base += "/namespaces/" + url.PathEscape(c.ref.Namespace)
	}
	if c.list {
		return base + "/" + c.resource.name
	}
	return base + "/" + c.named("/"+url.PathEscape(c.ref.Name))
}

// named is the resource that is asked for, as a path with a name in it, or as a role has it, without one.
func (c call) named(name string) string {
	if c.whole {
		return c.resource.name + name
	}
	return c.resource.name + name + "/scale"
}
