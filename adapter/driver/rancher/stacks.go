package rancher

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"alertscale/adapter/controller"
	"alertscale/rules"
)

// stacks remembers for a moment which stack has a name, so that a storm of services asks for it once.
type stacks struct {
	mu    sync.Mutex
	known map[place]knownStack
}

// place is where the name of a stack means something.
type place struct{ environment, name string }

type knownStack struct {
	id string
	at time.Time
}

// stackFor is how long the id of a stack is relied on.
const stackFor = 10 * time.Second

func (v *stacks) get(at place, now time.Time) (id string, ok bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	k, ok := v.known[at]
	return k.id, ok && now.Sub(k.at) < stackFor
}

func (v *stacks) set(at place, id string, now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.known[at] = knownStack{id, now}
}

// stack is what there is to know of a stack here.
type stack struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	AccountID string `json:"accountId"`
	State     string `json:"state"`
}

// stack finds the id of a ref's stack.
func (d *Driver) stack(ctx context.Context, s *session, ref rules.Ref) (string, error) {
	all, err := list[stack](ctx, d, s, typeStack, map[string]any{"name": ref.Namespace})
	if err != nil {
		return "", explain(name(ref), err)
	}
	for _, f := range all {
		if f.Name == ref.Namespace && f.AccountID == s.environment && !gone(f.State) {
			return f.ID, nil
		}
	}
	if all, err = list[stack](ctx, d, s, typeStack, nil); err != nil {
		return "", explain(name(ref), err)
	}
	for _, f := range all {
		if strings.EqualFold(f.Name, ref.Namespace) && f.AccountID == s.environment && !gone(f.State) {
			return "", fmt.Errorf("%w: %s: environment %s has the stack %q; write the name as it is there", controller.ErrNotFound, name(ref), s.environment, f.Name)
		}
	}
	return "", fmt.Errorf("%w: %s: environment %s has no stack %q; create it, or correct the namespace", controller.ErrNotFound, name(ref), s.environment, ref.Namespace)
}
