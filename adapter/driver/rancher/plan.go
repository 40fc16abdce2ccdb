package rancher

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"alertscale/adapter/controller"
	"alertscale/adapter/driver/internal/keylock"
	"alertscale/rules"
	"alertscale/rules/engine"
)

// plan is what a change of a group comes to. It is stored before it is begun, and is carried out as written,
// whatever the size of the group is by then.
type plan struct {
	Create []string `json:"create,omitempty"` // hostnames
	Remove []string `json:"remove,omitempty"` // ids of hosts
}

// planHosts chooses the names of the hosts to come, or the hosts to go.
func (d *Driver) planHosts(ctx context.Context, s *session, ref rules.Ref, c engine.Change) (json.RawMessage, error) {
	if c.To < 1 {
		return nil, fmt.Errorf("%w: %s: a group without hosts could not grow again; make the target's min at least 1", controller.ErrInvalid, name(ref))
	}
	keys := []string{s.key(ref)}
	if c.To > c.From {
		keys = append(keys, s.creations())
	}
	l, err := d.shared.locks.Lock(ctx, keys...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name(ref), err)
	}
	defer l.Release()
	g, err := d.group(ctx, s, ref)
	if err != nil {
		return nil, err
	}
	if len(g.members) != c.From {
		return nil, fmt.Errorf("%w: %s: it has %d hosts and not %d", controller.ErrConflict, name(ref), len(g.members), c.From)
	}
	var p plan
	switch {
	case c.To == c.From:
		return nil, nil
	case c.To < c.From:
		for _, h := range g.inOrder()[:c.From-c.To] {
			p.Remove = append(p.Remove, h.ID)
		}
	default:
		m, err := d.mold(ctx, s, ref, g)
		if err != nil {
			return nil, err
		}
		p.Create = g.newNames(m.source, c.To-c.From, d.shared.othersNames(s.key(ref)))
		d.shared.reserve(s.key(ref), p.Create)
	}
	return json.Marshal(p)
}

// inOrder lists a group as its hosts are to go: those that are not up yet, those that do no work, the others;
// of a sort the newest or the oldest first, as the target says.
func (g *group) inOrder() []host {
	all := slices.Clone(g.members)
	slices.SortStableFunc(all, func(a, b host) int {
		if x, y := a.turn(), b.turn(); x != y {
			return x - y
		}
		if g.first == rules.RemoveOldest {
			return older(a, b)
		}
		return older(b, a)
	})
	return all
}

func (h *host) turn() int {
	const first, second, last = 0, 1, 2
	_, off := h.Actions["activate"]
	lost := func(state string) bool { return state == "disconnected" || state == "reconnecting" }
	switch {
	case h.coming():
		return first
	case off || h.State == "deactivating" || lost(h.State) || lost(h.AgentState):
		return second
	}
	return last
}

// scaleHosts carries out what is left of a plan.
func (d *Driver) scaleHosts(ctx context.Context, s *session, ref rules.Ref, c engine.Change) error {
	if c.Plan == nil && c.From == c.To {
		return nil
	}
	var p plan
	if err := json.Unmarshal(c.Plan, &p); err != nil {
		return fmt.Errorf("%w: %s: a change of hosts needs a plan of this driver: %w", controller.ErrInvalid, name(ref), err)
	}
	keys := []string{s.key(ref)}
	if len(p.Create) > 0 {
		keys = append(keys, s.creations())
	}
	l, err := d.shared.locks.Lock(ctx, keys...)
	if err != nil {
		return fmt.Errorf("%s: %w", name(ref), err)
	}
	defer l.Release()
	w := work{d: d, s: s, ref: ref, lease: l}
	err = errors.Join(w.create(ctx, p.Create), w.remove(ctx, p.Remove))
	if err == nil {
		d.shared.reserve(s.key(ref), nil)
	}
	return err
}

// work is a plan that is being carried out.
type work struct {
	d     *Driver
	s     *session
	ref   rules.Ref
	lease *keylock.Lease
	begun bool // whether a part of it is done
}
