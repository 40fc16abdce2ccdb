package rancher2

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"alertscale/adapter/controller"
	"alertscale/adapter/driver/internal/httpx"
	"alertscale/rules/engine"
)

// observeMachinePool reads a pool.
func (d *Driver) observeMachinePool(ctx context.Context, c call) (engine.Observed, error) {
	k, r, err := d.findMachinePool(ctx, c)
	if err != nil {
		return engine.Observed{}, err
	}
	o := engine.Observed{Count: r.count, Ready: k.ready() && d.seen.get(c.ref).settled(d.now())}
	if fact, ok := k.Spec.RKEConfig.MachinePools[r.index].obstacle(); ok {
		o.Conditions = append(o.Conditions, fact)
	} else if waits := k.waiting(); waits != "" {
		o.Conditions = append(o.Conditions, engine.Condition{Type: engine.ConditionNoted, Text: waits})
	}
	return o, nil
}

// findMachinePool reads a pool and keeps where it is.
func (d *Driver) findMachinePool(ctx context.Context, c call) (*cluster, *read, error) {
	r := &read{at: d.now()}
	a, err := d.client.get(ctx, d.clusterPath(c))
	if err != nil {
		return nil, nil, d.recovery.Note(err)
	}
	if a.Code != http.StatusOK {
		return nil, nil, d.refusal(c, a)
	}
	k, err := d.decodeCluster(c, a)
	if err != nil {
		return nil, nil, err
	}
	if r.index, err = k.pool(c); err != nil {
		return nil, nil, err
	}
	r.uid, r.count = k.Metadata.UID, *k.Spec.RKEConfig.MachinePools[r.index].Quantity
	d.seen.keep(c.ref, r)
	return k, r, nil
}

func (d *Driver) decodeCluster(c call, a httpx.Answer) (*cluster, error) {
	k := &cluster{}
	if err := json.Unmarshal(a.Body, k); err != nil || k.Kind != "Cluster" || k.Metadata.Name != c.ref.Namespace || k.Metadata.UID == "" {
		return nil, d.alien(c, a, "cluster")
	}
	return k, nil
}

// scaleMachinePool writes the quantity, where the pool was when it was last read.
func (d *Driver) scaleMachinePool(ctx context.Context, c call, change engine.Change) error {
	r := d.seen.get(c.ref).read
	if r == nil {
		var err error
		if _, r, err = d.findMachinePool(ctx, c); err != nil {
			return err
		}
	}
	d.seen.written(c.ref, d.now())
	a, err := d.client.send(ctx, http.MethodPatch, d.clusterPath(c), mediaPatch, patch(c.ref.Name, r, change))
	switch {
	case err != nil:
		return d.recovery.Note(err)
	case a.Code == http.StatusUnprocessableEntity:
		return d.unapplied(ctx, c, a, r, change)
	case a.Code != http.StatusOK:
		return d.refusal(c, a)
	}
	k, err := d.decodeCluster(c, a)
	if err != nil {
		return err
	}
	return k.has(c, change.To)
}

// has reports whether a write was carried out, as the answer to it shows.
func (k *cluster) has(c call, quantity int) error {
	index, err := k.pool(c)
	if err != nil { // not of the adapter's terms: something was written
		return fmt.Errorf("the server took the change, and then: %s", err.Error())
	}
	return c.tookIt(quantity, *k.Spec.RKEConfig.MachinePools[index].Quantity)
}

// operation is one of a JSON Patch.
type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value"`
}

// patch is a JSON Patch, which is carried out if it is the same cluster, the same pool and the same quantity as
// it was read, and nobody else scales the pool by now, and else not at all. To the API server, null is what a field
// has that is not there.
//
// It is not guarded by the resourceVersion: that changes with each step of the machines that are being made, so
// that a change would meet a conflict just while there is much to do, and a change of one pool would be one for
// all others of the cluster. It is no merge patch, which would replace the whole list of pools.
func patch(name string, r *read, c engine.Change) []byte {
	pool := fmt.Sprintf("/spec/rkeConfig/machinePools/%d", r.index)
	body, _ := json.Marshal([]operation{ // of texts and numbers it cannot fail
		{"test", "/metadata/uid", r.uid},
		{"test", pool + "/name", name},
		{"test", pool + "/quantity", c.From},
		{"test", pool + "/autoscalingMinSize", nil},
		{"test", pool + "/autoscalingMaxSize", nil},
		{"replace", pool + "/quantity", c.To},
	})
	return body
}

// unapplied finds out why a patch was not taken. The server gives the same 422 for a test that fails and for a
// path that is not there, without saying so; where it is the quantity that it does not take, it names the cluster.
func (d *Driver) unapplied(ctx context.Context, c call, a httpx.Answer, was *read, change engine.Change) error {
	s := saidBy(a)
	k, is, err := d.findMachinePool(ctx, call{ref: c.ref})
	switch {
	case httpx.Permanent(err):
		return err
	case err != nil: // nothing was changed, which is known, unlike why
		return &controller.ThrottledError{Err: fmt.Errorf("%s: %s; why is not known: %v", c, s.text(a.Code), err)}
	case is.uid != was.uid:
		return fmt.Errorf("%w: %s: it is of another cluster of that name now", controller.ErrConflict, c)
	case is.index != was.index:
		return fmt.Errorf("%w: %s: it is at another place of the cluster's list now", controller.ErrConflict, c)
	case is.count != change.From:
		return fmt.Errorf("%w: %s: its quantity is %d and not %d", controller.ErrConflict, c, is.count, change.From)
	}
	if fact, ok := k.Spec.RKEConfig.MachinePools[is.index].obstacle(); ok && fact.Type == engine.ConditionOwned {
		return fmt.Errorf("%w: %s: %s", controller.ErrConflict, c, fact.Text)
	}
	if s.patched() { // it was another, and is so again
		return fmt.Errorf("%w: %s: %s", controller.ErrConflict, c, s.text(a.Code))
	}
	return fmt.Errorf("%w: %s: %s", controller.ErrInvalid, c, s.text(a.Code))
}
