package rancher

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"alertscale/adapter/controller"
	"alertscale/rules"
	"alertscale/rules/engine"
)

// services remembers what was last read of each ref.
type services struct {
	mu    sync.Mutex
	known map[rules.Ref]known
}

// known is a service as it was last read.
type known struct {
	id   string
	read *service  // that a change may be decided on; nil after a write
	at   time.Time // when the read was begun
}

func (v *services) get(ref rules.Ref) known {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.known[ref]
}

func (v *services) set(ref rules.Ref, k known) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.known[ref] = k
}

func (v *services) forget(ref rules.Ref) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.known, ref)
}

// observeService reads a service. It waits for a write that was given up, which might still change it.
func (d *Driver) observeService(ctx context.Context, s *session, ref rules.Ref) (engine.Observed, error) {
	l, err := d.shared.locks.Lock(ctx, s.key(ref))
	if err != nil {
		return engine.Observed{}, fmt.Errorf("%s: %w", name(ref), err)
	}
	defer l.Release()
	found, err := d.read(ctx, s, ref)
	if err != nil {
		return engine.Observed{}, err
	}
	return found.observed(), nil
}

// read reads a service by the id that is known, else by its name.
func (d *Driver) read(ctx context.Context, s *session, ref rules.Ref) (*service, error) {
	at, id := d.options.Now(), d.services.get(ref).id
	if id != "" {
		found, err := get[service](ctx, d, s, typeService, id)
		switch {
		case err != nil && code(err) != http.StatusNotFound:
			return nil, explain(name(ref), err)
		case err == nil && found.ID == id && found.AccountID == s.environment && !found.gone() && found.Name == ref.Name:
			d.services.set(ref, known{id: id, read: found, at: at})
			return found, nil
		}
		d.services.forget(ref)
	}
	at = d.options.Now()
	found, err := d.lookUp(ctx, s, ref)
	if err != nil {
		return nil, err
	}
	d.services.set(ref, known{id: found.ID, read: found, at: at})
	return found, nil
}

// lookUp finds a service by the names of its stack and its own. Where the stack is the one that was found a moment ago,
// and has no such service, it may be another stack by now.
func (d *Driver) lookUp(ctx context.Context, s *session, ref rules.Ref) (*service, error) {
	at := place{s.environment, ref.Namespace}
	if stack, ok := d.stacks.get(at, d.options.Now()); ok {
		if found, _, err := d.findIn(ctx, s, ref, stack); found != nil || err != nil {
			return found, err
		}
	}
	stack, err := d.stack(ctx, s, ref)
	if err != nil {
		return nil, err
	}
	d.stacks.set(at, stack, d.options.Now())
	found, leaving, err := d.findIn(ctx, s, ref, stack)
	switch {
	case found != nil || err != nil:
		return found, err
	case leaving != "":
		return nil, fmt.Errorf("%w: %s: it is %s", controller.ErrNotFound, name(ref), leaving)
	}
	return nil, d.noService(ctx, s, ref, stack)
}

// findIn finds a service in a stack; where there is none, the state of one that is on its way out.
func (d *Driver) findIn(ctx context.Context, s *session, ref rules.Ref, stack string) (found *service, leaving string, err error) {
	all, err := list[service](ctx, d, s, typeService, map[string]any{"name": ref.Name, "stackId": stack})
	if err != nil {
		return nil, "", explain(name(ref), err)
	}
	for i := range all {
		f := &all[i]
		switch {
		case f.Name != ref.Name || f.StackID != stack || f.AccountID != s.environment:
		case f.gone():
			leaving = f.State
		default:
			return f, "", nil
		}
	}
	return nil, leaving, nil
}

// noService says that a stack has no service of the name, and which it may be that was meant.
func (d *Driver) noService(ctx context.Context, s *session, ref rules.Ref, stack string) error {
	all, err := list[service](ctx, d, s, typeService, map[string]any{"stackId": stack})
	if err != nil {
		return explain(name(ref), err)
	}
	for _, f := range all {
		if f.StackID == stack && strings.EqualFold(f.Name, ref.Name) && !f.gone() {
			return fmt.Errorf("%w: %s: the stack has %q; write the name as it is there", controller.ErrNotFound, name(ref), f.Name)
		}
	}
	return fmt.Errorf("%w: %s: the stack %q of environment %s has no such service; create it, or correct the name",
		controller.ErrNotFound, name(ref), ref.Namespace, s.environment)
}
