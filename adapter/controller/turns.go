package controller

import (
	"context"
	"time"
)

// Turns is a driver's limit on requests, in which those that a notification waits for go before those that are due by
// themselves: of the latter, one at a time waits for the limit itself. How long a request waits for it does not make
// it one that hangs.
type Turns struct {
	limit func(ctx context.Context) error
	later chan struct{} // has one while a request that nobody waits for waits for the limit
}

// NewTurns returns the turns of a limit, a function that returns when the next request may be sent.
func NewTurns(limit func(ctx context.Context) error) *Turns {
	return &Turns{limit: limit, later: make(chan struct{}, 1)}
}

// Wait returns when the request may be sent, or an error that says why not.
func (t *Turns) Wait(ctx context.Context) error {
	j, _ := ctx.Value(jobKey{}).(*job)
	if j == nil {
		return t.limit(ctx)
	}
	j.sent.Store(0)
	defer func() { j.sent.Store(time.Now().UnixNano()) }()
	if j.hastened == nil {
		return t.limit(ctx)
	}
	select {
	case <-j.hastened:
	case t.later <- struct{}{}:
		defer func() { <-t.later }()
	case <-ctx.Done():
		return ctx.Err()
	}
	return t.limit(ctx)
}

// jobKey is that of the job in the context of its request.
type jobKey struct{}
