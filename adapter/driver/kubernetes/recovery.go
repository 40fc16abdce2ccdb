package kubernetes

import (
	"errors"
	"fmt"
	"time"

	"alertscale/adapter/controller"
)

// recovering is how long after it failed an API server's no is not taken for good. One that starts answers
// before it knows its roles and its custom resources: with 403, or as if there were no such kind.
const recovering = 2 * time.Minute

// troubled notes that the API server failed, where an error tells so: one that was asked.
func (d *Driver) troubled(err error) error {
	if busy := (*controller.ThrottledError)(nil); !errors.As(err, &busy) {
		d.failed.Store(d.now().UnixNano())
	}
	return err
}

// inTrouble tells whether the API server failed a moment ago.
func (d *Driver) inTrouble() bool {
	return d.now().Sub(time.Unix(0, d.failed.Load())) < recovering
}

// notFinal makes a no transient. The sentinel of err must not show through.
func notFinal(err error, after time.Duration) error {
	return &controller.ThrottledError{After: after, Err: fmt.Errorf("%v (not final: the API server failed a moment ago, and may not know yet)", err)}
}

// forbidden sorts a no to a call.
func (d *Driver) forbidden(err error) error {
	if d.inTrouble() {
		return notFinal(err, 0)
	}
	return err
}

// unresolved sorts an error of discovery.
func (d *Driver) unresolved(k kind, err error) error {
	if !errors.Is(err, controller.ErrNotFound) && !errors.Is(err, controller.ErrInvalid) && !errors.Is(err, controller.ErrForbidden) {
		return d.troubled(err)
	}
	if d.inTrouble() {
		d.discovery.ask(k)
		return notFinal(err, again)
	}
	return err
}
