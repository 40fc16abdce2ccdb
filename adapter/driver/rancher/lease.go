package rancher

import (
	"context"
	"fmt"
	"sync"
)

// gates let one in at a time, by key. A key that nobody is in at, or waits for, takes no room: alerts may make
// keys up without end.
type gates struct {
	mu sync.Mutex
	of map[string]*gate
}

type gate struct {
	turn  chan struct{} // holds one
	users int           // who is in, and who waits
}

func (g *gates) join(key string) *gate {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.of == nil {
		g.of = map[string]*gate{}
	}
	at := g.of[key]
	if at == nil {
		at = &gate{turn: make(chan struct{}, 1)}
		g.of[key] = at
	}
	at.users++
	return at
}

func (g *gates) quit(key string, at *gate) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if at.users--; at.users == 0 {
		delete(g.of, key)
	}
}

// enter waits until nobody else is in at any of the keys, which are in the same order for everybody. The lease
// is to be released.
func (g *gates) enter(ctx context.Context, keys ...string) (*lease, error) {
	l := &lease{users: 1}
	for _, key := range keys {
		at := g.join(key)
		select {
		case at.turn <- struct{}{}:
			l.leave = append(l.leave, func() { <-at.turn; g.quit(key, at) })
		case <-ctx.Done():
			g.quit(key, at)
			l.release()
			return nil, fmt.Errorf("a call that was given up has not returned yet, and may still be carried out: %w", ctx.Err())
		}
	}
	return l, nil
}

// lease is the right to be in. It ends when its holder has released it and each call that was begun under it
// has returned, also one that nobody waits for any more.
type lease struct {
	mu    sync.Mutex
	users int
	leave []func()
}

func (l *lease) hold() {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.users++
}

func (l *lease) release() {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.users--; l.users > 0 {
		return
	}
	for _, leave := range l.leave {
		leave()
	}
}

// within waits for a call that knows no context, for as long as ctx lasts. A call that is given up goes on
// by itself, and holds the lease, which may be nil, until it returns.
func within[T any](ctx context.Context, l *lease, call func() (T, error)) (T, error) {
	var none T
	if err := ctx.Err(); err != nil {
		return none, err
	}
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	l.hold()
	go func() {
		defer l.release()
		value, err := call()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		return none, fmt.Errorf("no answer in time: %w", ctx.Err())
	}
}
