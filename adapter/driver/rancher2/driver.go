package rancher2

import (
	"context"
	"time"

	"alertscale/adapter/controller"
	"alertscale/adapter/driver"
	"alertscale/adapter/driver/internal/httpx"
	"alertscale/adapter/driver/internal/keylock"
	"alertscale/rules"
	"alertscale/rules/engine"
)

// Options are what the driver needs beside its block of the file.
type Options = driver.Options

// Driver reads and changes the quantity of machine pools and node pools. It is safe for concurrent use, and holds
// nothing that needs to be closed.
type Driver struct {
	client    *client
	namespace string // of the clusters that have machine pools
	seen      seen
	locks     keylock.Locks // by ref, of node pools: their API does not guard a write by itself
	now       func() time.Time
	recovery  *httpx.Recovery
}

var _ controller.Driver = (*Driver)(nil)

// New reads the files of the block. It sends nothing: the server may be down. An error says what to set.
func New(cfg Config, o Options) (*Driver, error) {
	cfg, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	c, err := newClient(cfg, o)
	if err != nil {
		return nil, err
	}
	return &Driver{
		client: c, namespace: cfg.ClusterNamespace, seen: newSeen(),
		now: o.Now, recovery: httpx.NewRecovery("Rancher", o.Now),
	}, nil
}

// Observe reads the quantity of a pool with one request. It has no version: neither API has one that tells of one
// pool alone.
func (d *Driver) Observe(ctx context.Context, ref rules.Ref) (engine.Observed, error) {
	c := call{ref: ref}
	if err := c.valid(); err != nil {
		return engine.Observed{}, err
	}
	if ref.Kind == kindNodePool {
		return d.observeNodePool(ctx, c)
	}
	return d.observeMachinePool(ctx, c)
}

// Scale sets the quantity of a pool, if it still is c.From. It is one request after a read of a moment ago, and
// two where that is older or unknown. An error that is neither of the adapter's sentinels nor a ThrottledError leaves
// open whether anything was changed.
func (d *Driver) Scale(ctx context.Context, ref rules.Ref, change engine.Change) error {
	c := call{ref: ref, write: true}
	if err := c.valid(); err != nil {
		return err
	}
	if err := c.takes(change.To); err != nil {
		return err
	}
	if ref.Kind == kindNodePool {
		return d.scaleNodePool(ctx, c, change)
	}
	return d.scaleMachinePool(ctx, c, change)
}
