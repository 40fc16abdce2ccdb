// Package sink takes decisions to several sinks, and to slow ones without waiting.
package sink

import (
	"context"
	"fmt"
	"sync"

	"alertscale/adapter/controller"
)

// All are sinks that each get every decision.
type All []controller.Sink

// Record implements controller.Sink.
func (a All) Record(d controller.DecisionRecord) {
	for _, s := range a {
		s.Record(d)
	}
}

// DefaultWaiting is how many decisions a queue keeps.
const DefaultWaiting = 4096

// QueueOptions say what a queue does. All without a default are required.
type QueueOptions struct {
	Next    controller.Sink   // may block; is called by one goroutine
	Name    string            // of the sink, to count by
	Limited func(name string) // counts a decision that was dropped; default none
	Waiting int               // how many decisions may wait; default DefaultWaiting
}

// Queue is a sink in front of one that may block. Where that is too slow, decisions are dropped and counted.
type Queue struct {
	o    QueueOptions
	done chan struct{} // closed when all has been recorded

	mu     sync.RWMutex // read by Record, written by Close
	closed bool
	queue  chan controller.DecisionRecord
}

// NewQueue starts a queue. It runs until it is closed.
func NewQueue(o QueueOptions) *Queue {
	if o.Waiting <= 0 {
		o.Waiting = DefaultWaiting
	}
	if o.Limited == nil {
		o.Limited = func(string) {}
	}
	q := &Queue{o: o, done: make(chan struct{}), queue: make(chan controller.DecisionRecord, o.Waiting)}
	go q.run()
	return q
}

func (q *Queue) run() {
	defer close(q.done)
	for d := range q.queue {
		q.o.Next.Record(d)
	}
}

// Record implements controller.Sink. After Close, it drops.
func (q *Queue) Record(d controller.DecisionRecord) {
	if !q.offer(d) {
		q.o.Limited(q.o.Name)
	}
}

func (q *Queue) offer(d controller.DecisionRecord) bool {
	q.mu.RLock()
	defer q.mu.RUnlock()
	if q.closed {
		return false
	}
	select {
	case q.queue <- d:
		return true
	default:
		return false
	}
}

// Close returns when what waits has been recorded, or when ctx ends, as the sink may be stuck. It may be called
// again.
func (q *Queue) Close(ctx context.Context) error {
	q.stop()
	select {
	case <-q.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("sink %s: %d decisions are not recorded: %w", q.o.Name, len(q.queue), context.Cause(ctx))
	}
}

func (q *Queue) stop() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.closed {
		q.closed = true
		close(q.queue)
	}
}
