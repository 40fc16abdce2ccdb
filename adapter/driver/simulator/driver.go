package simulator

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"alertscale/adapter/controller"
	"alertscale/adapter/driver"
	"alertscale/rules"
	"alertscale/rules/engine"
)

// Options are what a simulator needs beside its block of the file.
type Options = driver.Options

// Driver keeps one count for each ref, and a version that every change raises: it guards its
// writes as a real API does. It is safe for concurrent use.
type Driver struct {
	cfg Config
	now func() time.Time

	mu     sync.Mutex
	counts map[rules.Ref]workload // of the refs that were asked for so far
}

var _ controller.Describer = (*Driver)(nil)

type workload struct {
	count   int
	version int
	changed time.Time // zero: never
}

// New returns a simulator in which every workload has its count at start.
func New(cfg Config, o Options) *Driver {
	return &Driver{cfg: cfg, now: o.Now, counts: map[rules.Ref]workload{}}
}

// Observe returns the count of a ref. It is ready once ready_after has passed since its last
// change.
func (d *Driver) Observe(ctx context.Context, ref rules.Ref) (engine.Observed, error) {
	if err := ctx.Err(); err != nil {
		return engine.Observed{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	w, err := d.find(ref)
	if err != nil {
		return engine.Observed{}, err
	}
	ready := w.changed.IsZero() || d.now().Sub(w.changed) >= d.cfg.ReadyAfter
	return engine.Observed{Count: w.count, Version: strconv.Itoa(w.version), Ready: ready, Bounds: d.cfg.Said(ref)}, nil
}

// Describe says that there is no API.
func (d *Driver) Describe(context.Context) (controller.Endpoint, error) {
	return controller.Endpoint{Address: "memory"}, nil
}

// Scale sets the count of a ref if it has both the count and the version that were read.
func (d *Driver) Scale(ctx context.Context, ref rules.Ref, c engine.Change) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	w, err := d.find(ref)
	switch {
	case err != nil:
		return err
	case c.To < 0:
		return fmt.Errorf("%w: %s cannot have a count of %d", controller.ErrInvalid, name(ref), c.To)
	case w.count != c.From || strconv.Itoa(w.version) != c.Version:
		return fmt.Errorf("%w: %s has count %d at version %d, not %d at version %q", controller.ErrConflict,
			name(ref), w.count, w.version, c.From, c.Version)
	}
	d.counts[ref] = workload{c.To, w.version + 1, d.now()}
	return nil
}

// Count returns the count of a ref from the side, false where there is no such workload.
func (d *Driver) Count(ref rules.Ref) (int, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	w, err := d.find(ref)
	return w.count, err == nil
}

// Set changes the count of a ref as somebody else would, from outside and unguarded. A workload
// that does not exist comes into being by it.
func (d *Driver) Set(ref rules.Ref, count int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	w, err := d.find(ref)
	if err != nil {
		d.counts[ref] = workload{count: count, version: 1}
		return
	}
	d.counts[ref] = workload{count, w.version + 1, d.now()}
}

// find returns a ref's workload, with its count at start where it was not asked for before.
func (d *Driver) find(ref rules.Ref) (workload, error) {
	if w, ok := d.counts[ref]; ok {
		return w, nil
	}
	count, ok := d.cfg.Workloads[ref.Namespace+"/"+ref.Name]
	if !ok {
		count, ok = d.cfg.Workloads[ref.Name]
	}
	if !ok {
		return workload{}, fmt.Errorf("%w: %s; add it to the simulator's workloads", controller.ErrNotFound, name(ref))
	}
	w := workload{count: count, version: 1}
	d.counts[ref] = w
	return w, nil
}

// name calls a ref as the user does who reads of it beside the driver's name.
func name(ref rules.Ref) string {
	ref.Driver = ""
	return ref.String()[1:]
}
