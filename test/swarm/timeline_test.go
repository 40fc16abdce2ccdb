package swarm

import (
	"context"
	"sync"
	"testing"
	"time"
)

// A point is a value at a time.
type point struct {
	at    time.Time
	value float64
}

// A timeline keeps the values that a count had, in turn, and since when.
type timeline struct {
	mu     sync.Mutex
	points []point
}

// follow asks for a count, again and again, until the test ends.
func follow(t *testing.T, count func() (int, error)) *timeline {
	l := &timeline{}
	ctx, cancel := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() {
		for ctx.Err() == nil {
			if n, err := count(); err == nil {
				l.add(float64(n))
			}
			time.Sleep(100 * time.Millisecond)
		}
	})
	t.Cleanup(func() { cancel(); done.Wait() })
	return l
}

func (l *timeline) add(value float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.points) == 0 || l.points[len(l.points)-1].value != value {
		l.points = append(l.points, point{time.Now(), value})
	}
}

// all returns them as they are now.
func (l *timeline) all() []point {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]point{}, l.points...)
}

func (l *timeline) counts() []int { return l.since(time.Time{}) }

// since returns the counts that came after a time.
func (l *timeline) since(at time.Time) (counts []int) {
	for _, p := range l.all() {
		if p.at.After(at) {
			counts = append(counts, int(p.value))
		}
	}
	return counts
}

func last(counts []int) int { return counts[len(counts)-1] }
