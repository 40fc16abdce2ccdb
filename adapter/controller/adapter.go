// Package adapter carries out what package rules decides: it keeps what is known of each ref,
// reads counts, asks drivers for changes, and comes back for what could not be done at once.
package controller

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"alertscale/rules"
	"alertscale/rules/engine"
)

// Driver reads and changes counts on one API. It is safe for concurrent use, though never asked
// twice at a time for one ref. It makes no retries of a write.
type Driver interface {
	// Observe reads the count that is asked for at present.
	Observe(ctx context.Context, ref rules.Ref) (engine.Observed, error)
	// Scale sets the count to c.To if it still is c.From (where the API has versions: if nothing
	// changed since c.Version), else it returns ErrConflict.
	Scale(ctx context.Context, ref rules.Ref, c engine.Change) error
}

// Planner is a Driver of which some changes take several calls. What it plans is stored with the intent before
// the first of them, and handed to Scale in the change: again after a failure or a crash, until the whole of it
// is done. What of it is done already, Scale finds out by the plan.
type Planner interface {
	// Plan returns how a change is to be carried out, nil where that takes one call.
	Plan(ctx context.Context, ref rules.Ref, c engine.Change) (json.RawMessage, error)
}

// What callers ask of a driver's or a store's error with errors.Is. Every other error is
// transient, and says nothing about whether a write was carried out.
var (
	// ErrConflict: the count, or the stored memory, is not what it was when it was read. Nothing
	// was changed.
	ErrConflict = errors.New("changed in the meantime")
	// ErrNotFound: there is no such workload, or kind. Permanent.
	ErrNotFound = errors.New("not found")
	// ErrForbidden: the credentials do not allow it. Permanent.
	ErrForbidden = errors.New("forbidden")
	// ErrInvalid: the API will never take this. Permanent.
	ErrInvalid = errors.New("invalid")
	// ErrPartial: of a change by a plan a part may be done, and the API will not take the rest. It is carried on for
	// ten minutes all the same, then given up.
	ErrPartial = errors.New("the rest is refused")
)

// ThrottledError is an answer that refuses for now and says when to come back, as 429 does. Nothing was
// changed.
type ThrottledError struct {
	After time.Duration // zero: not said
	Err   error
}

func (e *ThrottledError) Error() string {
	if e.After > 0 {
		return comeBack(e.Err, e.After)
	}
	return e.Err.Error()
}

func (e *ThrottledError) Unwrap() error { return e.Err }

// UnavailableError is an answer that says when to come back and, as every other error, nothing about whether a
// write was carried out: 503 with Retry-After.
type UnavailableError struct {
	After time.Duration
	Err   error
}

func (e *UnavailableError) Error() string { return comeBack(e.Err, e.After) }

func (e *UnavailableError) Unwrap() error { return e.Err }

// comeBack says when to come back, in whole seconds.
func comeBack(err error, after time.Duration) string {
	return fmt.Sprintf("%v (try again in %s)", err, max(after.Round(time.Second), time.Second))
}

// Revision is a store's own mark of what it holds for a ref. Zero is: nothing.
type Revision uint64

// Store keeps memories. It is safe for concurrent use. What Swap stored is durable when it returns,
// as far as the store is.
type Store interface {
	// Load returns what is stored; zero values where there is nothing.
	Load(ctx context.Context, ref rules.Ref) (rules.Memory, Revision, error)
	// Swap stores m if the ref still has revision old, else it returns ErrConflict. An empty
	// memory is deleted, and has revision zero.
	Swap(ctx context.Context, ref rules.Ref, old Revision, m rules.Memory) (Revision, error)
	// Refs lists what is stored.
	Refs(ctx context.Context) ([]rules.Ref, error)
	// Close releases what the store holds.
	Close() error
}
