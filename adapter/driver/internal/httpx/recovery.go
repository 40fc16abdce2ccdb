package httpx

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"alertscale/adapter/controller"
)

// Recovering is how long after a failure a server's refusal is not taken for permanent. A server that starts answers
// before it knows its roles and all of its APIs: with 403, or as if there were no such thing.
const Recovering = 2 * time.Minute

// Recovery remembers when a server last failed. It is safe for concurrent use.
type Recovery struct {
	server string
	now    func() time.Time
	failed atomic.Int64 // as of time.UnixNano
}

// NewRecovery returns one for a server that has not failed. Messages call it as given.
func NewRecovery(server string, now func() time.Time) *Recovery {
	return &Recovery{server: server, now: now}
}

// Note remembers that the server failed and returns the error that says so. A ThrottledError is of a request that
// was not sent: it says nothing of the server.
func (r *Recovery) Note(err error) error {
	if throttled := (*controller.ThrottledError)(nil); !errors.As(err, &throttled) {
		r.failed.Store(r.now().UnixNano())
	}
	return err
}

// Recent reports whether the server failed a moment ago.
func (r *Recovery) Recent() bool {
	return r.now().Sub(time.Unix(0, r.failed.Load())) < Recovering
}

// Settle makes a permanent error transient where the server failed a moment ago. after says when to ask again;
// zero: not said.
func (r *Recovery) Settle(err error, after time.Duration) error {
	if !Permanent(err) || !r.Recent() {
		return err
	}
	// The sentinel of err must not show through.
	return &controller.ThrottledError{After: after, Err: fmt.Errorf("%v (not final: %s failed a moment ago, and may not know yet)", err, r.server)}
}
