package simulation

import (
	"container/heap"
	"time"
)

// minSleep keeps the clock from standing still.
const minSleep = time.Millisecond

// wakes are refs by the time at which something is due for them; of the same time, by their names, so that the same input
// gives the same output.
type wakes []*tracked

// set says when something is due for a ref, in place of what was said before; the zero time: never.
func (h *wakes) set(t *tracked, at time.Time) {
	switch {
	case at.IsZero():
		if t.place >= 0 {
			heap.Remove(h, t.place)
		}
	case t.place >= 0:
		t.wakeAt = at
		heap.Fix(h, t.place)
	default:
		t.wakeAt = at
		heap.Push(h, t)
	}
}

// sooner says when something is due for a ref, unless that is before anyway; the zero time: never.
func (h *wakes) sooner(t *tracked, at time.Time) {
	if !at.IsZero() && (t.place < 0 || t.wakeAt.After(at)) {
		h.set(t, at)
	}
}

// Len implements heap.Interface.
func (h wakes) Len() int { return len(h) }

// Less implements heap.Interface.
func (h wakes) Less(i, j int) bool {
	if !h[i].wakeAt.Equal(h[j].wakeAt) {
		return h[i].wakeAt.Before(h[j].wakeAt)
	}
	return h[i].cycle.Name() < h[j].cycle.Name()
}

// Swap implements heap.Interface.
func (h wakes) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i, j
}

// Push implements heap.Interface.
func (h *wakes) Push(x any) {
	t := x.(*tracked)
	t.place = len(*h)
	*h = append(*h, t)
}

// Pop implements heap.Interface.
func (h *wakes) Pop() any {
	old := *h
	t := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	t.place = -1
	return t
}
