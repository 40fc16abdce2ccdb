package kubernetes

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"k8s.io/client-go/rest"

	"alertscale/adapter/controller"
	"alertscale/adapter/driver"
	"alertscale/adapter/driver/internal/httpx"
	"alertscale/rules"
	"alertscale/rules/engine"
)

// Options are what the driver needs beside its block of the file.
type Options = driver.Options

// Driver reads and changes the scale subresource of whatever has one. It is safe for concurrent
// use, and holds nothing that needs to be closed.
type Driver struct {
	client    *client
	discovery *discovery
	pins      map[string]kind // kinds whose version the file gives, by their form in a ref
	now       func() time.Time
	recovery  *httpx.Recovery
}

var _ controller.Driver = (*Driver)(nil)

// New finds the cluster and the credentials: the Rancher, or the kubeconfig and context, of the block,
// else the service account of the pod, else KUBECONFIG, else ~/.kube/config. It sends nothing: the API
// server may be down. An error says what to set. Of o.Kinds, those with a version, version/Kind or group/version/Kind,
// pin it; others need not be there.
func New(cfg Config, o Options) (*Driver, error) {
	cfg = cfg.withDefaults()
	pins, err := pinned(o.Kinds)
	if err != nil {
		return nil, err
	}
	found, err := credentials(cfg, rest.InClusterConfig)
	if err != nil {
		return nil, err
	}
	c, err := newClient(found, cfg, o.Agent())
	if err != nil {
		return nil, err
	}
	return &Driver{
		client: c, discovery: newDiscovery(c, o.Now), pins: pins,
		now: o.Now, recovery: httpx.NewRecovery("the API server", o.Now),
	}, nil
}

// pinned holds those of the kinds that have a version.
func pinned(spelled []string) (map[string]kind, error) {
	pins := map[string]kind{}
	var faults []error
	for _, s := range spelled {
		k, err := parseKind(s)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		if old, ok := pins[k.ref]; ok && k.version != "" && old != k {
			faults = append(faults, fmt.Errorf("kinds %s and %s are one kind in two versions; keep one", old, k))
		}
		if k.version != "" {
			pins[k.ref] = k
		}
	}
	return pins, errors.Join(faults...)
}

// scale is a scale subresource, as far as it is of use here.
type scale struct {
	Kind     string `json:"kind"`
	Metadata struct {
		ResourceVersion string `json:"resourceVersion"`
	} `json:"metadata"`
	Spec struct {
		Replicas int `json:"replicas"`
	} `json:"spec"`
	Status struct {
		Replicas int `json:"replicas"`
	} `json:"status"`
}

// Observe reads spec.replicas with one GET, once the kind is known. It is ready when
// status.replicas is the same.
func (d *Driver) Observe(ctx context.Context, ref rules.Ref) (engine.Observed, error) {
	c, err := d.prepare(ctx, ref, false)
	if err != nil {
		return engine.Observed{}, err
	}
	a, err := d.client.get(ctx, c.path(), mediaJSON)
	if err != nil {
		return engine.Observed{}, d.recovery.Note(err)
	}
	if a.Code != http.StatusOK {
		return engine.Observed{}, d.refusal(c, a)
	}
	s, err := d.decode(c, a)
	if err != nil {
		return engine.Observed{}, err
	}
	return engine.Observed{
		Count:   s.Spec.Replicas,
		Version: s.Metadata.ResourceVersion,
		Ready:   s.Status.Replicas == s.Spec.Replicas,
	}, nil
}

// Scale sets spec.replicas with one PATCH, once the kind is known, which the API server carries
// out only if nothing about the workload changed since the read that c.Version is of. An error
// that is neither of the adapter's sentinels nor a ThrottledError leaves open whether it did.
func (d *Driver) Scale(ctx context.Context, ref rules.Ref, change engine.Change) error {
	c, err := d.prepare(ctx, ref, true)
	if err != nil {
		return err
	}
	if change.Version == "" {
		return fmt.Errorf("%w: %s: a change needs the version that was read", controller.ErrInvalid, c)
	}
	a, err := d.client.patch(ctx, c.path(), patch(change))
	if err != nil {
		return d.recovery.Note(err)
	}
	if a.Code != http.StatusOK {
		return d.refusal(c, a)
	}
	s, err := d.decode(c, a)
	if err != nil {
		return err
	}
	if s.Spec.Replicas != change.To {
		return fmt.Errorf("%s: the API server took the change to %d and made it %d: an admission webhook or a policy stands in the way", c, change.To, s.Spec.Replicas)
	}
	return nil
}

// patch is a merge patch. The API server takes a version in it for a condition.
func patch(c engine.Change) []byte {
	version, _ := json.Marshal(c.Version) // of a string it cannot fail
	return fmt.Appendf(nil, `{"metadata":{"resourceVersion":%s},"spec":{"replicas":%d}}`, version, c.To)
}

func (d *Driver) decode(c call, a httpx.Answer) (scale, error) {
	var s scale
	if err := json.Unmarshal(a.Body, &s); err == nil && s.Kind == "Scale" && s.Metadata.ResourceVersion != "" {
		return s, nil
	}
	other := statusOf(a)
	advice := cmp.Or(d.client.advice(a, other), "; is it an API server?")
	return s, fmt.Errorf("%s: the answer of %s is no Scale: %s%s", c, d.client.base, other.Message, advice)
}

// call is one request about a ref whose kind is known.
type call struct {
	ref      rules.Ref
	kind     kind
	resource resource
	write    bool
}

// String names the workload.
func (c call) String() string {
	if c.ref.Namespace == "" {
		return c.kind.ref + " " + c.ref.Name
	}
	return c.kind.ref + " " + c.ref.Namespace + "/" + c.ref.Name
}

func (d *Driver) prepare(ctx context.Context, ref rules.Ref, write bool) (call, error) {
	k, ok := d.pins[ref.Kind]
	if !ok {
		k = refKind(ref.Kind)
	}
	c := call{ref: ref, kind: k, write: write}
	if err := c.valid(); err != nil {
		return c, err
	}
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

// valid refuses what would be another path of the API than that of a scale subresource.
func (c call) valid() error {
	if c.ref.Path != "" {
		return fmt.Errorf("%w: %s: the scale subresource has no path %s", controller.ErrInvalid, c, c.ref.Path)
	}
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

// path is that of the scale subresource.
func (c call) path() string {
	base := c.resource.groupVersion().path()
	if c.resource.namespaced {
		base += "/namespaces/" + url.PathEscape(c.ref.Namespace)
	}
	return base + "/" + c.resource.name + "/" + url.PathEscape(c.ref.Name) + "/scale"
}
