package rancher2

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"alertscale/adapter/controller"
	"alertscale/adapter/driver/internal/httpx"
	"alertscale/adapter/driver/internal/keylock"
	"alertscale/rules/engine"
)

// nodePool is a pool of an RKE1 cluster, as far as it is of use here.
type nodePool struct {
	Type          string `json:"type"`
	ID            string `json:"id"`
	State         string `json:"state"`
	Transitioning string `json:"transitioning"`
	Message       string `json:"transitioningMessage"`
	Quantity      *int   `json:"quantity"`
}

// observeNodePool reads a pool. It waits for a write that is under way.
func (d *Driver) observeNodePool(ctx context.Context, c call) (engine.Observed, error) {
	lease, err := d.locks.Lock(ctx, c.ref.String())
	if err != nil {
		return engine.Observed{}, fmt.Errorf("%s: %w", c, err)
	}
	defer lease.Release()
	p, r, err := d.findNodePool(ctx, c)
	if err != nil {
		return engine.Observed{}, err
	}
	o := engine.Observed{Count: r.count, Ready: p.ready() && d.seen.get(c.ref).settled(d.now())}
	if p.Transitioning == "error" {
		o.Conditions = append(o.Conditions, engine.Condition{Type: engine.ConditionNoted, Text: "the pool is in error: " + oneLine(p.Message)})
	}
	return o, nil
}

// ready reports whether Rancher has finished with the pool. Its nodes may still be on their way: they have states of
// their own, and the pool has none of theirs.
func (p *nodePool) ready() bool {
	return p.State == "active" && p.Transitioning != "yes" && p.Transitioning != "error"
}

// findNodePool reads a pool and keeps what it said.
func (d *Driver) findNodePool(ctx context.Context, c call) (*nodePool, *read, error) {
	r := &read{at: d.now()}
	a, err := d.client.get(ctx, c.nodePoolPath())
	if err != nil {
		return nil, nil, d.recovery.Note(err)
	}
	p, err := d.decodeNodePool(c, a)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case p.State == "removing" || p.State == "removed":
		return nil, nil, fmt.Errorf("%w: %s: it is %s", controller.ErrNotFound, c, p.State)
	case p.Quantity == nil:
		return nil, nil, c.noQuantity()
	}
	r.count = *p.Quantity
	d.seen.keep(c.ref, r)
	return p, r, nil
}

// decodeNodePool reads an answer. A server that has no such type takes the path for that of its API as a whole.
func (d *Driver) decodeNodePool(c call, a httpx.Answer) (*nodePool, error) {
	if a.Code != http.StatusOK {
		return nil, d.refusal(c, a)
	}
	p := &nodePool{}
	err := json.Unmarshal(a.Body, p)
	switch {
	case err == nil && p.Type == "apiRoot":
		return nil, d.recovery.Settle(d.noNodePools(c, "the answer is the root of the API"), 0)
	case err != nil || p.Type != "nodePool" || p.ID != c.ref.Namespace+":"+c.ref.Name:
		return nil, d.alien(c, a, "node pool")
	}
	return p, nil
}

// fresh is how old the read may be that a write relies on. There is no version to guard a write with.
const fresh = time.Second

// patience is how long a write that was given up is waited for.
const patience = time.Minute

// scaleNodePool writes the quantity. A write that is given up goes on by itself, and keeps everybody else from the
// pool until it returns: it may still be carried out.
func (d *Driver) scaleNodePool(ctx context.Context, c call, change engine.Change) error {
	lease, err := d.locks.Lock(ctx, c.ref.String())
	if err != nil {
		return fmt.Errorf("%s: %w", c, err)
	}
	defer lease.Release()
	_, err = keylock.Call(ctx, lease, func() (struct{}, error) {
		return struct{}{}, d.putNodePool(ctx, c, change)
	})
	if errors.Is(err, keylock.ErrNoAnswer) {
		return fmt.Errorf("%s: %w", c, err)
	}
	return err
}

// putNodePool writes the quantity, if it still is what it was when the change was decided on. Nothing else is
// sent: the server merges.
func (d *Driver) putNodePool(ctx context.Context, c call, change engine.Change) (err error) {
	r := d.seen.get(c.ref).read
	if r == nil || d.now().Sub(r.at) >= fresh {
		if _, r, err = d.findNodePool(ctx, c); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if r.count != change.From {
		return fmt.Errorf("%w: %s: its quantity is %d and not %d", controller.ErrConflict, c, r.count, change.From)
	}
	d.seen.written(c.ref, d.now())
	longer, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	a, err := d.client.send(longer, http.MethodPut, c.nodePoolPath(), mediaJSON, fmt.Appendf(nil, `{"quantity":%d}`, change.To))
	if err != nil {
		return d.recovery.Note(err)
	}
	p, err := d.decodeNodePool(c, a)
	if err != nil {
		return err
	}
	if p.Quantity == nil {
		return d.alien(c, a, "node pool with a quantity")
	}
	return c.tookIt(change.To, *p.Quantity)
}
