package controller

import (
	"context"
	"errors"
	"fmt"
	"time"

	"alertscale/rules"
	"alertscale/rules/engine"
)

// ErrUnknownRef is of a ref that the file does not name and no alert has.
var ErrUnknownRef = errors.New("no such ref is known")

// Pause keeps the calls of a ref in a direction, rules.Stay for both, waiting for a while. It returns once that is stored.
func (c *Controller) Pause(ctx context.Context, ref string, d rules.Direction, length time.Duration) error {
	return c.tell(ctx, ref, func(cycle *engine.Cycle, now time.Time) bool {
		cycle.Pause(engine.Pause{Direction: d, Until: now.Add(length)}, now)
		return true
	})
}

// Resume ends the pauses of a ref in a direction; rules.Stay: all. It returns once that is stored.
func (c *Controller) Resume(ctx context.Context, ref string, d rules.Direction) error {
	return c.tell(ctx, ref, func(cycle *engine.Cycle, now time.Time) bool { return cycle.Resume(d, now) })
}

// tell changes what is known of a ref, and returns once that is stored.
func (c *Controller) tell(ctx context.Context, ref string, change func(*engine.Cycle, time.Time) bool) error {
	tr, err := c.named(ref)
	if err != nil {
		return err
	}
	w := newWaiter(engine.Result{})
	w.silent = true
	if !c.changed(tr, w, change) {
		return nil
	}
	select {
	case <-w.done:
	case <-ctx.Done():
	}
	tr.mu.Lock()
	defer tr.unlock()
	if !tr.cycle.Stored() {
		return fmt.Errorf("%s: it holds, but could not be stored so far: a restart may forget it", ref)
	}
	return nil
}

// changed reports whether something changed, of which the waiter is told once it is stored.
func (c *Controller) changed(tr *tracker, w *waiter, change func(*engine.Cycle, time.Time) bool) bool {
	defer tr.unlock()
	defer c.recoverPanic(tr)
	if !change(tr.cycle, c.Now()) {
		return false
	}
	tr.waiting = append(tr.waiting, w)
	c.pump(tr)
	return true
}

// named returns the tracker of a ref as it is written, held by the caller from then on.
func (c *Controller) named(ref string) (*tracker, error) {
	c.reload.RLock()
	defer c.reload.RUnlock()
	for _, tr := range c.registry.all() {
		if tr.name() == ref {
			return c.locked(tr.ref(), true)
		}
	}
	for _, t := range c.Snapshot().Rules.Targets {
		if fixed, ok := t.Ref(); ok && fixed.String() == ref {
			return c.locked(fixed, true)
		}
	}
	return nil, fmt.Errorf("%s: %w; /api/v1/targets lists those that are", ref, ErrUnknownRef)
}

func directionText(d rules.Direction) string {
	if d == rules.Stay {
		return "both"
	}
	return d.String()
}
