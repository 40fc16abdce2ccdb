package rancher

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"alertscale/adapter/controller"
	"alertscale/adapter/driver/internal/keylock"
	"alertscale/rules"
	"alertscale/rules/engine"
)

// fresh is how old the read may be that a write relies on. There is no version to guard a write with.
const fresh = time.Second

// The delays before a write that met another one is tried again: it doubles each time. All of them together
// leave time for reading and deciding again while the notification waits.
const (
	firstDelay = 50 * time.Millisecond
	lastDelay  = 800 * time.Millisecond
)

// scaleService writes the scale, if the service still is the one, and as, it was when the change was decided on.
func (d *Driver) scaleService(ctx context.Context, s *session, ref rules.Ref, c engine.Change) error {
	l, err := d.shared.locks.Lock(ctx, s.key(ref))
	if err != nil {
		return fmt.Errorf("%s: %w", name(ref), err)
	}
	defer l.Release()
	decided := d.services.get(ref)
	found := decided.read
	for delay := firstDelay; ; delay *= 2 {
		if found == nil || d.options.Now().Sub(decided.at) >= fresh || delay > firstDelay {
			if found, err = d.read(ctx, s, ref); err != nil {
				return err
			}
		}
		if err := unchanged(found, decided.id, c); err != nil {
			return fmt.Errorf("%w: %s: %w", controller.ErrConflict, name(ref), err)
		}
		err := d.put(ctx, s, ref, l, found.ID, c.To)
		if code(err) != http.StatusConflict || delay > lastDelay || !pause(ctx, delay) {
			return d.written(ref, err)
		}
	}
}

// unchanged refuses a service that is another one, or another number, or in another state than it was.
func unchanged(found *service, id string, c engine.Change) error {
	if id != "" && found.ID != id {
		return fmt.Errorf("it is another service of that name now, %s and not %s", found.ID, id)
	}
	if fact, ok := found.obstacle(); ok {
		return errors.New(fact.Text)
	}
	if found.count() != c.From {
		return fmt.Errorf("its scale is %d and not %d", found.count(), c.From)
	}
	return nil
}

// errNotDone: the number is stored, and nothing more is done.
var errNotDone = errors.New("the number is stored there without being carried out")

// put sends the number and nothing else: of a typed service the client drops a zero. What was read is not
// true any more then, whatever becomes of it.
func (d *Driver) put(ctx context.Context, s *session, ref rules.Ref, l *keylock.Lease, id string, to int) error {
	d.services.set(ref, known{id: id})
	answer, err := keylock.Call(ctx, l, func() (*service, error) {
		into := new(service)
		return into, s.api.Update(typeService, s.resource(typeService, id), map[string]any{"scale": to}, into)
	})
	switch {
	case err != nil:
		return d.watch(s, err)
	case answer.ID != id:
		return fmt.Errorf("the server took the change of %s and answers with %q", id, answer.ID)
	case answer.Scale == nil || *answer.Scale != to:
		return fmt.Errorf("the server took the change to %d and says %d", to, answer.count())
	case !done(answer.State):
		return fmt.Errorf("the service became %s meanwhile: %w", answer.State, errNotDone)
	}
	return nil
}

// written is what a write comes to.
func (d *Driver) written(ref rules.Ref, err error) error {
	switch code(err) {
	case http.StatusNotFound: // gone since it was read: there may be another of the name
		d.services.forget(ref)
		return fmt.Errorf("%w: %s: the service is gone", controller.ErrConflict, name(ref))
	case http.StatusConflict:
		return fmt.Errorf("%w: the server is busy with the service; nothing was stored", explain(name(ref), err))
	}
	if err != nil {
		return explain(name(ref), err)
	}
	return nil
}

// pause waits, false where ctx ends before.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
