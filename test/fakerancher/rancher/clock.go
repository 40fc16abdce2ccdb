package rancher

import (
	"container/heap"
	"time"
)

// clock is the server's own time, which may run faster than everybody's.
type clock struct {
	read  func() time.Time
	start time.Time
	speed float64
}

func newClock(read func() time.Time, speed float64) *clock {
	if read == nil {
		read = time.Now
	}
	if speed <= 0 {
		speed = 1
	}
	return &clock{read: read, start: read(), speed: speed}
}

func (c *clock) now() time.Time {
	return c.start.Add(time.Duration(float64(c.read().Sub(c.start)) * c.speed))
}

// step is what becomes of a resource at a time, unless something else has
// become of it before.
type step struct {
	at   time.Time
	seq  int
	r    *resource
	turn int
	do   func(at time.Time)
}

// agenda holds the steps to come. Nothing watches it: whoever looks at the
// server first takes the steps that are due, in their order and each at its
// own time, so that what is seen depends on the clock alone.
type agenda struct {
	steps []step
	seq   int
}

func (a *agenda) Len() int      { return len(a.steps) }
func (a *agenda) Swap(i, j int) { a.steps[i], a.steps[j] = a.steps[j], a.steps[i] }
func (a *agenda) Push(x any)    { a.steps = append(a.steps, x.(step)) }

func (a *agenda) Less(i, j int) bool {
	if !a.steps[i].at.Equal(a.steps[j].at) {
		return a.steps[i].at.Before(a.steps[j].at)
	}
	return a.steps[i].seq < a.steps[j].seq
}

func (a *agenda) Pop() any {
	last := a.steps[len(a.steps)-1]
	a.steps = a.steps[:len(a.steps)-1]
	return last
}

// after plans a step for a resource; it is dropped when the resource enters
// another state first.
func (a *agenda) after(r *resource, at time.Time, do func(at time.Time)) {
	a.seq++
	heap.Push(a, step{at: at, seq: a.seq, r: r, turn: r.turn, do: do})
}

// run takes every step that is due.
func (a *agenda) run(now time.Time) {
	for len(a.steps) > 0 && !a.steps[0].at.After(now) {
		s := heap.Pop(a).(step)
		if s.turn == s.r.turn {
			s.do(s.at)
		}
	}
}
