package swarm

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"alertscale/test/stack"
)

// A countWatch keeps the counts that a service had, in turn.
type countWatch struct {
	name string

	mu   sync.Mutex
	seen []int
}

// watch asks for the count of a service, again and again, until the test ends.
func watch(t *testing.T, d *docker, name string) *countWatch {
	t.Helper()
	w := &countWatch{name: name, seen: []int{inspect(t, d, name).count()}}
	ctx, cancel := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() {
		for ctx.Err() == nil {
			var s service
			if d.call(t, "GET", "/services/"+name, nil, &s) == nil {
				w.add(s.count())
			}
			time.Sleep(100 * time.Millisecond)
		}
	})
	t.Cleanup(func() { cancel(); done.Wait() })
	return w
}

func (s service) count() int { return s.Spec.Mode.Replicated.Replicas }

func (w *countWatch) add(count int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.seen[len(w.seen)-1] != count {
		w.seen = append(w.seen, count)
	}
}

// wait waits until the counts were those and no others.
func (w *countWatch) wait(t *testing.T, want ...int) {
	t.Helper()
	stack.Eventually(t, wait, func() error {
		w.mu.Lock()
		defer w.mu.Unlock()
		if !slices.Equal(w.seen, want) {
			return fmt.Errorf("%s: the counts were %v, want %v", w.name, w.seen, want)
		}
		return nil
	})
}
