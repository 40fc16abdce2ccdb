package controller

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

// maxSleep is how long the loop sleeps at most, so that a clock that jumps is noticed.
const maxSleep = 30 * time.Second

// minSleep keeps a fault of scheduling from taking a processor for itself.
const minSleep = time.Millisecond

// wakes is a queue of refs by the time at which something is to be done for them.
type wakes struct {
	mu   sync.Mutex
	heap wakeHeap
	kick chan struct{}
}

func newWakes() *wakes { return &wakes{kick: make(chan struct{}, 1)} }

// set schedules a ref, in place of when it was scheduled before; the zero time takes it out.
func (w *wakes) set(en *entry, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case at.IsZero():
		if en.heapIndex >= 0 {
			heap.Remove(&w.heap, en.heapIndex)
		}
		return
	case en.heapIndex >= 0:
		en.wakeAt = at
		heap.Fix(&w.heap, en.heapIndex)
	default:
		en.wakeAt = at
		heap.Push(&w.heap, en)
	}
	if w.heap[0] == en {
		select {
		case w.kick <- struct{}{}:
		default:
		}
	}
}

// sooner schedules a ref for a time unless it is due before.
func (w *wakes) sooner(en *entry, at time.Time) {
	w.mu.Lock()
	later := en.heapIndex < 0 || en.wakeAt.After(at)
	w.mu.Unlock()
	if later {
		w.set(en, at)
	}
}

// due takes out the refs whose time has come and tells when the next one's will.
func (w *wakes) due(now time.Time) (all []*entry, next time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.heap) > 0 {
		if w.heap[0].wakeAt.After(now) {
			return all, w.heap[0].wakeAt
		}
		all = append(all, heap.Pop(&w.heap).(*entry))
	}
	return all, time.Time{}
}

// run hands over refs when they are due, until ctx ends.
func (w *wakes) run(ctx context.Context, now func() time.Time, maxSleep time.Duration, do func(*entry)) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-w.kick:
		}
		t := now()
		all, next := w.due(t)
		for _, en := range all {
			do(en)
		}
		sleep := maxSleep
		if !next.IsZero() {
			sleep = max(minSleep, min(maxSleep, next.Sub(t)))
		}
		timer.Reset(sleep)
	}
}

type wakeHeap []*entry

func (h wakeHeap) Len() int           { return len(h) }
func (h wakeHeap) Less(i, j int) bool { return h[i].wakeAt.Before(h[j].wakeAt) }
func (h wakeHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].heapIndex, h[j].heapIndex = i, j
}
func (h *wakeHeap) Push(x any) {
	en := x.(*entry)
	en.heapIndex = len(*h)
	*h = append(*h, en)
}
func (h *wakeHeap) Pop() any {
	old := *h
	en := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	en.heapIndex = -1
	return en
}
