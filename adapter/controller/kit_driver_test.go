package controller_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"alertscale/adapter/controller"
	"alertscale/rules"
	"alertscale/rules/engine"
)

// fakeDriver is an API with counts, versions and faults.
type fakeDriver struct {
	mu       sync.Mutex
	counts   map[string]int
	versions map[string]int
	observes int
	scales   int
	applied  []engine.Change

	onObserve func(name string) error
	// onScale may fail a write: before it is carried out, or, with lost, after it.
	onScale    func(name string, c engine.Change) (err error, lost bool)
	slow       time.Duration
	limit      *controller.Turns      // nil: it may be asked as often as one likes
	hang       func(name string) bool // does not answer before it is given up
	now        int                    // calls under way
	most       int                    // at a time
	conditions []engine.Condition
	said       rules.BoundsSaid // of the workloads' own bounds

	release chan struct{} // holds each write back until it is closed
}

func newFakeDriver(counts map[string]int) *fakeDriver {
	return &fakeDriver{counts: counts, versions: map[string]int{}}
}

func (d *fakeDriver) Observe(ctx context.Context, ref rules.Ref) (engine.Observed, error) {
	d.mu.Lock()
	d.observes++
	d.now++
	d.most = max(d.most, d.now)
	slow, hook, limit := d.slow, d.onObserve, d.limit
	if d.hang != nil && d.hang(ref.Name) {
		slow = time.Hour
	}
	d.mu.Unlock()
	defer d.with(func(d *fakeDriver) { d.now-- })
	if err := answerIn(ctx, limit, slow); err != nil {
		return engine.Observed{}, err
	}
	if hook != nil {
		if err := hook(ref.Name); err != nil {
			return engine.Observed{}, err
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.said.Asked = true
	n, ok := d.counts[ref.Name]
	if !ok {
		return engine.Observed{}, fmt.Errorf("%s: %w", ref, controller.ErrNotFound)
	}
	return engine.Observed{Count: n, Version: fmt.Sprint(d.versions[ref.Name]), Ready: true, Conditions: d.conditions, Bounds: d.said}, nil
}

func (d *fakeDriver) Scale(ctx context.Context, ref rules.Ref, c engine.Change) error {
	d.mu.Lock()
	d.scales++
	slow, hook, release, limit := d.slow, d.onScale, d.release, d.limit
	d.mu.Unlock()
	if release != nil {
		<-release
	}
	if err := answerIn(ctx, limit, slow); err != nil {
		return err
	}
	var fault error
	if hook != nil {
		err, lost := hook(ref.Name, c)
		if err != nil && !lost {
			return err
		}
		fault = err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.counts[ref.Name] != c.From || fmt.Sprint(d.versions[ref.Name]) != c.Version {
		return fmt.Errorf("%s: %w", ref, controller.ErrConflict)
	}
	d.counts[ref.Name] = c.To
	d.versions[ref.Name]++
	d.applied = append(d.applied, c)
	return fault
}

// answerIn waits for the limit, as a driver's client does, and then for the answer.
func answerIn(ctx context.Context, limit *controller.Turns, slow time.Duration) error {
	if limit != nil {
		if err := limit.Wait(ctx); err != nil {
			return err
		}
	}
	return sleep(ctx, slow)
}

func sleep(ctx context.Context, d time.Duration) error {
	if d == 0 {
		return nil
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// set is somebody else's change.
func (d *fakeDriver) set(name string, n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.counts[name] = n
	d.versions[name]++
}

func (d *fakeDriver) count(name string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.counts[name]
}

func (d *fakeDriver) reads() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.observes
}

func (d *fakeDriver) asked() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.scales
}

func (d *fakeDriver) changes() []engine.Change {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.applied)
}

func (d *fakeDriver) with(change func(*fakeDriver)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(d)
}
