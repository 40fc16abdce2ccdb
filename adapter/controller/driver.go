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

// Describer is a Driver that says where it is connected.
type Describer interface {
	// Describe asks the API who it is, and for whom it takes the credentials. It changes nothing. An error says that the
	// driver is down: the API does not answer, or does not take the credentials. What the API does not tell this user stays
	// empty.
	Describe(ctx context.Context) (Endpoint, error)
}

// Endpoint is where a driver is connected. What is not known is empty.
type Endpoint struct {
	Address string // of the API, without secrets
	User    string // for whom the API takes the credentials
	Version string // of the API's server
}

// Limited is a Driver that sends no more than so many requests a second.
type Limited interface {
	QPS() float64
}

// What callers ask of a driver's or a store's error with errors.Is. Every other error is
// transient, and says nothing about whether a write was carried out.
var (
	// ErrConflict: the count, or what is stored, is not what it was when it was read. Nothing
	// was changed.
	ErrConflict = errors.New("changed in the meantime")
	// ErrNotFound: there is no such workload, or kind. Permanent.
	ErrNotFound = errors.New("not found")
	// ErrForbidden: the credentials do not allow it. Permanent.
	ErrForbidden = errors.New("forbidden")
	// ErrUnauthorized: the credentials are not taken. They may be about to be renewed, so it is no reason to give up:
	// it comes in a ThrottledError.
	ErrUnauthorized = errors.New("unauthorized")
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

// replyTo returns what an error says of a command.
func replyTo(err error) engine.Reply {
	if err == nil {
		return engine.Reply{Outcome: engine.Succeeded}
	}
	r := engine.Reply{Outcome: engine.Unavailable, Text: err.Error()}
	throttled, isThrottled := errors.AsType[*ThrottledError](err)
	unavailable, isUnavailable := errors.AsType[*UnavailableError](err)
	switch {
	case errors.Is(err, ErrConflict):
		r.Outcome = engine.Conflicted
	case errors.Is(err, ErrPartial):
		r.Outcome = engine.PartlyDone
	case errors.Is(err, ErrNotFound):
		r.Outcome = engine.NotFound
	case errors.Is(err, ErrForbidden), errors.Is(err, ErrInvalid):
		r.Outcome = engine.Refused
	case isThrottled:
		r.Outcome, r.After = engine.Throttled, throttled.After
	case isUnavailable:
		r.After = unavailable.After
	}
	return r
}

// outcome names a driver's or a store's error for a label.
func outcome(err error) string {
	_, throttled := errors.AsType[*ThrottledError](err)
	switch {
	case err == nil:
		return "success"
	case errors.Is(err, ErrConflict):
		return "conflict"
	case errors.Is(err, ErrNotFound):
		return "not_found"
	case errors.Is(err, ErrForbidden):
		return "forbidden"
	case errors.Is(err, ErrInvalid):
		return "invalid"
	case throttled:
		return "throttled"
	default:
		return "error"
	}
}
