// Package keylock lets one at a time work on a thing of an API that does not guard its writes by itself.
package keylock

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// ErrNoAnswer is the error of a call that was given up and goes on by itself: nobody knows what came of it.
var ErrNoAnswer = errors.New("no answer in time")

// Locks are locks by key. A key that nobody holds or waits for takes no room: alerts may make keys up without end.
// The zero value is ready for use, by several goroutines.
type Locks struct {
	mu    sync.Mutex
	byKey map[string]*lock
}

type lock struct {
	turn  chan struct{} // holds one
	users int           // who holds it, and who waits
}

// Lock waits until nobody else holds any of the keys, for as long as ctx lasts. Everybody names several keys in the
// same order. The lease is to be released.
func (l *Locks) Lock(ctx context.Context, keys ...string) (*Lease, error) {
	lease := &Lease{users: 1}
	for _, key := range keys {
		at := l.join(key)
		select {
		case at.turn <- struct{}{}:
			lease.unlock = append(lease.unlock, func() { <-at.turn; l.quit(key, at) })
		case <-ctx.Done():
			l.quit(key, at)
			lease.Release()
			return nil, fmt.Errorf("a call that was given up has not returned yet, and may still be carried out: %w", ctx.Err())
		}
	}
	return lease, nil
}

func (l *Locks) join(key string) *lock {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.byKey == nil {
		l.byKey = map[string]*lock{}
	}
	at := l.byKey[key]
	if at == nil {
		at = &lock{turn: make(chan struct{}, 1)}
		l.byKey[key] = at
	}
	at.users++
	return at
}

func (l *Locks) quit(key string, at *lock) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if at.users--; at.users == 0 {
		delete(l.byKey, key)
	}
}

// Lease is held locks. It ends when its holder has released it and each call that was begun under it has returned,
// also one that nobody waits for any more. A nil lease holds nothing.
type Lease struct {
	mu     sync.Mutex
	users  int
	unlock []func()
}

func (l *Lease) hold() {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.users++
}

// Release ends the holder's part of the lease. It is called once.
func (l *Lease) Release() {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.users--; l.users > 0 {
		return
	}
	for _, unlock := range l.unlock {
		unlock()
	}
}

// Call waits for a call that knows no context, for as long as ctx lasts. A call that is given up, which is
// ErrNoAnswer, goes on by itself, and holds the lease, which may be nil, until it returns.
func Call[T any](ctx context.Context, l *Lease, call func() (T, error)) (T, error) {
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
		defer l.Release()
		value, err := call()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		return none, fmt.Errorf("%w: %w", ErrNoAnswer, ctx.Err())
	}
}
