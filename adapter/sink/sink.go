// Package sink takes decisions to several sinks, and to slow ones without waiting.
package sink

import (
	"context"
	"fmt"
	"sync"

	"alertscale/adapter/controller"
	"alertscale/rules/engine"
)

// All are sinks that each get every decision.
type All []controller.Sink

// Record implements controller.Sink.
func (a All) Record(d controller.DecisionRecord) {
	for _, s := range a {
		s.Record(d)
	}
}

// DefaultWaiting is how many decisions wait in a queue at most: those of some storms over 10,000 refs.
const DefaultWaiting = 50_000

// QueueOptions say what a queue does. All without a default are required.
type QueueOptions struct {
	Next    controller.Sink   // may block; is called by one goroutine
	Name    string            // of the sink, to count by
	Limited func(name string) // counts a decision that was dropped; default none
	Waiting int               // how many decisions may wait; default DefaultWaiting
}

// Queue is a sink in front of one that may block. It takes decisions that are not duplicates. Where the other one is
// too slow, decisions are dropped and counted.
type Queue struct {
	o    QueueOptions
	done chan struct{} // closed when all has been recorded

	mu      sync.Mutex // guards what follows
	more    sync.Cond  // something waits, or the queue is closed
	waiting []controller.DecisionRecord
	closed  bool
}

// NewQueue starts a queue. It runs until it is closed.
func NewQueue(o QueueOptions) *Queue {
	if o.Waiting <= 0 {
		o.Waiting = DefaultWaiting
	}
	if o.Limited == nil {
		o.Limited = func(string) {}
	}
	q := &Queue{o: o, done: make(chan struct{})}
	q.more.L = &q.mu
	go q.run()
	return q
}

func (q *Queue) run() {
	defer close(q.done)
	for d, ok := q.next(); ok; d, ok = q.next() {
		q.o.Next.Record(d)
	}
}

// next waits for the next decision; false where the queue is closed and none is left.
func (q *Queue) next() (d controller.DecisionRecord, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.waiting) == 0 {
		if q.closed {
			return d, false
		}
		q.more.Wait()
	}
	d, q.waiting[0] = q.waiting[0], d
	if q.waiting = q.waiting[1:]; len(q.waiting) == 0 {
		q.waiting = nil // a storm's room is given back
	}
	return d, true
}

// Record implements controller.Sink. After Close, it drops.
func (q *Queue) Record(d controller.DecisionRecord) {
	if d.Verdict != engine.Duplicate && !q.offer(d) {
		q.o.Limited(q.o.Name)
	}
}

func (q *Queue) offer(d controller.DecisionRecord) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || len(q.waiting) >= q.o.Waiting {
		return false
	}
	q.waiting = append(q.waiting, d)
	q.more.Signal()
	return true
}

// Close returns when what waits has been recorded, or when ctx ends, as the sink may be stuck. It may be called
// again.
func (q *Queue) Close(ctx context.Context) error {
	q.stop()
	select {
	case <-q.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("sink %s: %d decisions are not recorded: %w", q.o.Name, q.Len(), context.Cause(ctx))
	}
}

// Resize changes how many decisions may wait. None of those that do is dropped.
func (q *Queue) Resize(waiting int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.o.Waiting = waiting
}

func (q *Queue) stop() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.more.Signal()
}

// Len returns how many decisions wait.
func (q *Queue) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting)
}
