package controller

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"
)

// Run comes back to refs when it is time to, and keeps their counts known, until ctx ends.
func (c *Controller) Run(ctx context.Context) {
	if len(c.registry.all()) > manyRefs {
		defer time.AfterFunc(startTakes, debug.FreeOSMemory).Stop() // reading them took several times the memory of what is kept
	}
	var watching sync.WaitGroup
	defer watching.Wait()
	watching.Go(func() { c.watchDrivers(ctx) })
	c.schedule.run(ctx, c.Now, c.MaxSleep, c.wake)
}

// With so many refs it is worth the time to give memory back once what is due at a start is done.
const (
	manyRefs   = 1000
	startTakes = 5 * time.Second
)

// wake looks at a ref whose time has come.
func (c *Controller) wake(tr *tracker) {
	tr.mu.Lock()
	defer tr.unlock()
	if tr.gone {
		return
	}
	defer c.recoverPanic(tr)
	c.pump(tr)
}

// storeMayFail is for how long the store may fail before the controller is not ready.
const storeMayFail = time.Minute

// Ready returns nil while notifications can be taken, also while an API is down; else what is missing.
func (c *Controller) Ready() error {
	since := c.storeBad.Load()
	if since == 0 {
		return nil
	}
	if bad := c.Now().Sub(time.Unix(0, since)); bad > storeMayFail {
		return fmt.Errorf("the store has not answered for %s: nothing is scaled; see the log", bad.Round(time.Second))
	}
	return nil
}

// errEnds ends a call that waits for a driver's limit at shutdown.
var errEnds = errors.New("not sent: alertscale ends")

// Shutdown waits for the calls to drivers that are under way, as long as ctx lasts, then ends them, and
// stores what the store lacks. What was not sent so far is done after the next start. Run has ended before, and no Handle is under way.
func (c *Controller) Shutdown(ctx context.Context) error {
	defer c.stop()
	c.stopping.Store(true)
	err := c.await(ctx, func() {
		for _, l := range c.driverLanes() {
			l.end()
		}
		c.upgrades.idle.Wait()
	}, "calls to drivers were still under way; what they came to is read at the next start")
	return errors.Join(err, c.flush(ctx))
}

func (c *Controller) driverLanes() []*lane {
	c.mu.RLock()
	defer c.mu.RUnlock()
	all := make([]*lane, 0, len(c.lanes))
	for _, l := range c.lanes {
		all = append(all, l)
	}
	return all
}

// await runs what returns when something has ended, as long as ctx lasts.
func (c *Controller) await(ctx context.Context, wait func(), late string) error {
	ended := make(chan struct{})
	go func() { wait(); close(ended) }()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return errors.New(late)
	}
}

// saveOnly stores what the store lacks of a ref. The caller holds the tracker.
func (c *Controller) saveOnly(tr *tracker) {
	if tr.heir != nil {
		return
	}
	if cmd, ok := tr.cycle.Flush(c.Now()); ok {
		c.save(tr, cmd)
	}
}

// flushFor is how long storing may take at the end where nothing else was left of the time.
const flushFor = time.Second

// flush stores what the store lacks of all refs, side by side.
func (c *Controller) flush(ctx context.Context) error {
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushFor)
	defer cancel()
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) > flushFor {
		last = ctx
	}
	for _, tr := range c.registry.all() {
		tr.mu.Lock()
		if !tr.gone {
			c.saveOnly(tr)
		}
		tr.unlock()
	}
	err := c.await(last, c.store.wait, "not all of what is remembered could be stored in time")
	unsaved := 0
	for _, tr := range c.registry.all() {
		tr.mu.Lock()
		if !tr.gone && !tr.cycle.Saved() {
			unsaved++
		}
		tr.unlock()
	}
	if err == nil && unsaved > 0 {
		err = fmt.Errorf("what is remembered of %d refs could not be stored", unsaved)
	}
	return err
}
