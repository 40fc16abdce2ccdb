package backtest

import (
	"container/heap"
	"time"
)

// queue is groups by the time at which they are to be flushed; of the same time, in the order in which they were made.
type queue []*group

// sooner has a group flushed at a time, unless it is to be before anyway.
func (q *queue) sooner(g *group, at time.Time) {
	switch {
	case g.place < 0:
		g.next = at
		heap.Push(q, g)
	case at.Before(g.next):
		g.next = at
		heap.Fix(q, g.place)
	}
}

func (q *queue) remove(g *group) {
	if g.place >= 0 {
		heap.Remove(q, g.place)
	}
}

// Len implements heap.Interface.
func (q queue) Len() int { return len(q) }

// Less implements heap.Interface.
func (q queue) Less(i, j int) bool {
	if !q[i].next.Equal(q[j].next) {
		return q[i].next.Before(q[j].next)
	}
	return q[i].number < q[j].number
}

// Swap implements heap.Interface.
func (q queue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].place, q[j].place = i, j
}

// Push implements heap.Interface.
func (q *queue) Push(x any) {
	g := x.(*group)
	g.place = len(*q)
	*q = append(*q, g)
}

// Pop implements heap.Interface.
func (q *queue) Pop() any {
	old := *q
	g := old[len(old)-1]
	old[len(old)-1] = nil
	*q = old[:len(old)-1]
	g.place = -1
	return g
}
