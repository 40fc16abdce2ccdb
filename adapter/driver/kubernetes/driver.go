package kubernetes

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/go-kit/log"
	"k8s.io/client-go/rest"

	"alertscale/adapter/controller"
	"alertscale/adapter/driver"
	"alertscale/adapter/driver/internal/httpx"
	"alertscale/rules"
	"alertscale/rules/engine"
)

// Options are what the driver needs beside its block of the file.
type Options = driver.Options

// Driver reads and changes the scale subresource of whatever has one, and integer fields of any object. It knows what is
// scaled by an autoscaler. It is safe for concurrent use.
type Driver struct {
	client    *client
	discovery *discovery
	pins      map[string]kind // kinds whose version the file gives, by their form in a ref
	now       func() time.Time
	recovery  *httpx.Recovery
	session   *session
	leave     func()            // the session
	silent    bool              // no Events are written
	rules     func() *rules.Set // of the active file; nil: none
	sayBlind  sync.Once         // that workloads cannot be read
}

var (
	_ controller.Driver = (*Driver)(nil)
	_ controller.Sink   = (*Driver)(nil)
)

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
	shared, ok := o.Shared.(*Shared)
	if !ok {
		shared = NewShared()
	}
	logger := o.Logger
	if logger == nil {
		logger = log.NewNopLogger()
	}
	return &Driver{
		client: c, discovery: newDiscovery(c, o.Now), pins: pins,
		now: o.Now, recovery: httpx.NewRecovery("the API server", o.Now),
		session: shared.open(cfg.address(), c, logger),
		silent:  cfg.NoEvents,
		rules:   o.Rules,
		leave:   sync.OnceFunc(func() { shared.leave(cfg.address()) }),
	}, nil
}

// Close ends what the driver watches, where no other driver of the process does. Calls that are under way go on without.
func (d *Driver) Close() error {
	d.leave()
	return nil
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
		UID             string `json:"uid"` // of the workload
	} `json:"metadata"`
	Spec struct {
		Replicas int `json:"replicas"`
	} `json:"spec"`
	Status struct {
		Replicas int `json:"replicas"`
	} `json:"status"`
}

// Observe reads spec.replicas, or the field of the ref's path, with one GET, once the kind is known. A count is ready
// when the pods are there; where its target has wait_ready, when they can be used, which takes a second GET. So does
// what the workload says of its own bounds, where its target asks for that: it is read beside the scale.
func (d *Driver) Observe(ctx context.Context, ref rules.Ref) (engine.Observed, error) {
	c, err := d.prepare(ctx, ref, false)
	if err != nil {
		return engine.Observed{}, err
	}
	bounds := d.askBounds(ctx, c)
	a, err := d.client.get(ctx, c.path(), mediaJSON)
	if err != nil {
		return engine.Observed{}, d.recovery.Note(err)
	}
	if a.Code != http.StatusOK {
		return engine.Observed{}, d.refusal(c, a)
	}
	o, err := d.observed(ctx, c, a)
	if err != nil {
		return o, err
	}
	if o.Bounds, err = bounds(a); err != nil {
		return engine.Observed{}, err
	}
	if owned, ok := d.session.owners.of(ctx, c); ok {
		o.Conditions = append(o.Conditions, owned)
	}
	return o, nil
}

// observed is what an answer says.
func (d *Driver) observed(ctx context.Context, c call, a httpx.Answer) (engine.Observed, error) {
	if c.ref.Path != "" {
		return d.observeField(c, a)
	}
	s, err := d.decode(c, a)
	if err != nil {
		return engine.Observed{}, err
	}
	d.saw(c, s.Metadata.UID)
	ready, err := d.ready(ctx, c, s)
	return engine.Observed{Count: s.Spec.Replicas, Version: s.Metadata.ResourceVersion, Ready: ready}, err
}

// Scale sets spec.replicas, or the field, with one PATCH, once the kind is known, which the API server carries
// out only if nothing about the workload, or the value of the field, changed since the read that c.Version is of. An
// error that is neither of the adapter's sentinels nor a ThrottledError leaves open whether it did.
func (d *Driver) Scale(ctx context.Context, ref rules.Ref, change engine.Change) error {
	c, err := d.prepare(ctx, ref, true)
	if err != nil {
		return err
	}
	if ref.Path != "" {
		return d.scaleField(ctx, c, change)
	}
	if change.Version == "" {
		return fmt.Errorf("%w: %s: a change needs the version that was read", controller.ErrInvalid, c)
	}
	a, err := d.client.send(ctx, http.MethodPatch, c.path(), mediaMergePatch, patch(change))
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
	return c.applied(change, s.Spec.Replicas)
}

// applied reports a change that the API server took and did not make.
func (c call) applied(change engine.Change, count int) error {
	if count == change.To {
		return nil
	}
	return fmt.Errorf("%s: the API server took the change to %d and made it %d: an admission webhook or a policy stands in the way", c, change.To, count)
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
	return s, d.unexpected(c, a, "Scale")
}

// unexpected says of an answer that it is something else than it is to be.
func (d *Driver) unexpected(c call, a httpx.Answer, want string) error {
	other := statusOf(a)
	advice := cmp.Or(d.client.advice(a, other), "; is it an API server?")
	return fmt.Errorf("%s: the answer of %s is no %s: %s%s", c, d.client.base, want, other.Message, advice)
}
