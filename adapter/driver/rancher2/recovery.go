package rancher2

import (
	"errors"
	"fmt"
	"time"

	"alertscale/adapter/controller"
)

// recovering is how long after it failed a server's no is not taken for good. Rancher that starts answers before
// it knows its users' roles and its own APIs.
const recovering = 2 * time.Minute

// troubled notes that the server failed, where an error tells so: one that was asked.
func (d *Driver) troubled(err error) error {
	if busy := (*controller.ThrottledError)(nil); !errors.As(err, &busy) {
		d.failed.Store(d.now().UnixNano())
	}
	return err
}

// final makes a no transient where the server failed a moment ago. The sentinel of err must not show through.
func (d *Driver) final(err error) error {
	if !final(err) || d.now().Sub(time.Unix(0, d.failed.Load())) >= recovering {
		return err
	}
	return &controller.ThrottledError{Err: fmt.Errorf("%v (not final: Rancher failed a moment ago, and may not know yet)", err)}
}

// final tells whether an error is one that stays.
func final(err error) bool {
	return errors.Is(err, controller.ErrNotFound) || errors.Is(err, controller.ErrForbidden) || errors.Is(err, controller.ErrInvalid)
}
