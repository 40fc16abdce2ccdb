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

// schedule is a queue of refs by the time at which something is to be done for them.
type schedule struct {
	mu   sync.Mutex
	heap scheduleHeap
	kick chan struct{}
}

func newSchedule() *schedule { return &schedule{kick: make(chan struct{}, 1)} }

// set schedules a ref, in place of when it was scheduled before; the zero time takes it out.
func (s *schedule) set(tr *tracker, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.place(tr, at)
}

// sooner schedules a ref for a time unless it is due before.
func (s *schedule) sooner(tr *tracker, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if tr.heapIndex < 0 || tr.wakeAt.After(at) {
		s.place(tr, at)
	}
}

// place does what set says. The caller holds the mutex.
func (s *schedule) place(tr *tracker, at time.Time) {
	switch {
	case at.IsZero():
		if tr.heapIndex >= 0 {
			heap.Remove(&s.heap, tr.heapIndex)
		}
		return
	case tr.heapIndex >= 0:
		tr.wakeAt = at
		heap.Fix(&s.heap, tr.heapIndex)
	default:
		tr.wakeAt = at
		heap.Push(&s.heap, tr)
	}
	if s.heap[0] == tr {
		select {
		case s.kick <- struct{}{}:
		default:
		}
	}
}

// maxDue is how many refs are taken out at a time, since whoever schedules one waits for that.
const maxDue = 1000

// due takes out refs whose time has come and returns when the next one's will, or has.
func (s *schedule) due(now time.Time) (all []*tracker, next time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.heap) > 0 {
		if s.heap[0].wakeAt.After(now) || len(all) == maxDue {
			return all, s.heap[0].wakeAt
		}
		all = append(all, heap.Pop(&s.heap).(*tracker))
	}
	return all, time.Time{}
}

// run hands over refs when they are due, until ctx ends.
func (s *schedule) run(ctx context.Context, now func() time.Time, maxSleep time.Duration, do func(*tracker)) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-s.kick:
		}
		t := now()
		all, next := s.due(t)
		for _, tr := range all {
			do(tr)
		}
		sleep := maxSleep
		if !next.IsZero() {
			sleep = max(minSleep, min(maxSleep, next.Sub(t)))
		}
		timer.Reset(sleep)
	}
}

type scheduleHeap []*tracker

func (h scheduleHeap) Len() int           { return len(h) }
func (h scheduleHeap) Less(i, j int) bool { return h[i].wakeAt.Before(h[j].wakeAt) }
func (h scheduleHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].heapIndex, h[j].heapIndex = i, j
}
func (h *scheduleHeap) Push(x any) {
	tr := x.(*tracker)
	tr.heapIndex = len(*h)
	*h = append(*h, tr)
}
func (h *scheduleHeap) Pop() any {
	old := *h
	tr := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	tr.heapIndex = -1
	return tr
}
