package controller

import (
	"context"
	"fmt"
	"sync"
	"time"

	"alertscale/rules/engine"
)

// maxRiders is how many outcomes ride with one request to the store.
const maxRiders = 256

// riders are the refs of which an outcome may be stored with the next commit of the store, rather than with one of its
// own a second later.
type riders struct {
	mu  sync.Mutex
	all []*tracker
}

func (r *riders) add(tr *tracker) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, tr)
}

func (r *riders) take() []*tracker {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := min(len(r.all), maxRiders)
	all := r.all[:n:n]
	if r.all = r.all[n:]; len(r.all) == 0 {
		r.all = nil
	}
	return all
}

// saving is what is to be stored of a ref.
type saving struct {
	tr     *tracker
	record engine.Record
}

// save has the store take what is known of a ref, and the outcomes that may ride with it. The caller holds the tracker.
func (c *Controller) save(tr *tracker, cmd engine.Command) {
	tr.owes, tr.saving = false, true
	all := []saving{{tr, cmd.Record}}
	if _, ok := c.Store.(Batcher); ok {
		for _, other := range c.riders.take() {
			if cmd, ok := c.ride(other); ok {
				all = append(all, saving{other, cmd.Record})
			}
		}
	}
	c.store.submit(c.work, &job{tr: tr, rank: rankFresh, do: func(ctx context.Context) { c.putAll(ctx, all) }})
}

// ride returns the command that stores what is known of a ref, where its outcome still is to be stored. A ref that is
// at work is left to itself: whoever asks holds another one.
func (c *Controller) ride(tr *tracker) (cmd engine.Command, rides bool) {
	if !tr.mu.TryLock() {
		return engine.Command{}, false
	}
	defer tr.unlock()
	if !tr.owes || tr.gone || tr.heir != nil {
		return engine.Command{}, false
	}
	defer c.recoverPanic(tr)
	tr.owes = false
	if cmd, rides = tr.cycle.Flush(c.Now()); rides {
		tr.saving = true
	}
	return cmd, rides
}

// putAll stores what is known of several refs, and enters what came of it.
func (c *Controller) putAll(ctx context.Context, all []saving) {
	if len(all) == 1 {
		revision, err := c.put(ctx, all[0].record)
		c.enter(all[0].tr, engine.Command{Kind: engine.Save}, putReply(all[0].tr, revision, err))
		return
	}
	records := make([]engine.Record, len(all))
	for i := range all {
		records[i] = all[i].record
	}
	start := time.Now()
	for i, s := range c.Store.(Batcher).PutAll(ctx, records) {
		c.stored("put", s.Err, time.Since(start))
		c.enter(all[i].tr, engine.Command{Kind: engine.Save}, putReply(all[i].tr, s.Revision, s.Err))
	}
}

func (c *Controller) put(ctx context.Context, r engine.Record) (engine.Revision, error) {
	start := time.Now()
	revision, err := c.Store.Put(ctx, r)
	c.stored("put", err, time.Since(start))
	return revision, err
}

func putReply(tr *tracker, revision engine.Revision, err error) engine.Reply {
	if err != nil {
		err = fmt.Errorf("store what is remembered of %s: %w", tr.name(), err)
	}
	reply := replyTo(err)
	reply.Revision = revision
	return reply
}
