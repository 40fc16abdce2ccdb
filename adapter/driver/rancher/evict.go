package rancher

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"alertscale/adapter/controller"
	"alertscale/adapter/driver/internal/keylock"
)

// event is an order to the server about a host from outside.
type event struct {
	EventType  string `json:"eventType"`
	HostID     string `json:"hostId"`
	DeleteHost bool   `json:"deleteHost"`
	State      string `json:"state,omitempty"`
}

const evacuate = "host.evacuate"

// removes reports whether it is the order to remove a host.
func (e *event) removes(id string) bool {
	return e.EventType == evacuate && e.HostID == id && e.DeleteHost
}

// remove removes those of the hosts that are still there, in their order.
func (w *work) remove(ctx context.Context, ids []string) error {
	for _, id := range ids {
		if err := w.evict(ctx, id); err != nil {
			return midway(w.begun, err)
		}
		w.begun = true
		w.d.hosts.setOrder(id, w.d.options.Now())
	}
	return nil
}

// evict removes a host in the way that its state takes.
func (w *work) evict(ctx context.Context, id string) error {
	what := name(w.ref) + ": remove " + id
	h, err := get[host](ctx, w.d, w.s, typeHost, id)
	switch {
	case code(err) == http.StatusNotFound:
		return nil
	case err != nil:
		return midway(true, explain(what, err)) // for all that is known
	case h.ID != id:
		return fmt.Errorf("%s: the server answers with host %q", what, h.ID)
	case gone(h.State):
		return nil
	case h.AccountID != w.s.environment:
		return fmt.Errorf("%w: %s: the host is of environment %s and not %s", controller.ErrInvalid, what, h.AccountID, w.s.environment)
	case h.coming() || h.State == "error":
		return w.delete(ctx, what, id)
	case h.State == "deactivating":
		ours, err := w.d.evacuated(ctx, w.s, id)
		if err == nil && !ours {
			err = errors.New("somebody deactivates it; it is removed once that is over")
		}
		if err != nil {
			return midway(true, explain(what, err))
		}
		return nil
	}
	return w.evacuate(ctx, what, id)
}

// delete removes a host that is not up: what evacuates it would be ignored. One that came up meanwhile is
// left as it is, for the next time.
func (w *work) delete(ctx context.Context, what, id string) error {
	if !slices.Contains(w.s.api.GetTypes()[typeHost].ResourceMethods, http.MethodDelete) {
		return w.d.lacking(w.s, what+": the key may not delete hosts", otherRole)
	}
	_, err := keylock.Call(ctx, w.lease, func() (struct{}, error) {
		return struct{}{}, w.s.api.Delete(w.s.resource(typeHost, id))
	})
	// The client drops the body of a refused DELETE: whether Rancher or a proxy refused it is known by the next read.
	switch n := status(w.d.watch(w.s, err)); n {
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusConflict:
		return &controller.ThrottledError{Err: fmt.Errorf("%s: %d %s: it cannot be deleted as it is now, half made, just up or gone; it is read and tried again", what, n, http.StatusText(n))}
	}
	if err != nil {
		return explain(what, err)
	}
	return nil
}

// evacuate has the server move a host's containers elsewhere and remove it.
func (w *work) evacuate(ctx context.Context, what, id string) error {
	if !slices.Contains(w.s.api.GetTypes()[typeEvent].CollectionMethods, http.MethodPost) {
		return w.d.lacking(w.s, what+": the key may not evacuate hosts", otherRole)
	}
	made, err := keylock.Call(ctx, w.lease, func() (*event, error) {
		into := new(event)
		return into, w.s.api.Create(typeEvent, event{EventType: evacuate, HostID: id, DeleteHost: true}, into)
	})
	if err = w.d.watch(w.s, err); err != nil {
		return explain(what, err)
	}
	if !made.removes(id) {
		return fmt.Errorf("%s: the server took it and answers with an order %q of host %q", what, made.EventType, made.HostID)
	}
	return nil
}

// recall learns, once, which hosts were ordered to go before this start and do not show it yet.
func (d *Driver) recall(ctx context.Context, s *session) error {
	if d.hosts.recalled.Load() {
		return nil
	}
	all, err := d.events(ctx, s, map[string]any{"eventType": evacuate, "state": "creating"})
	if err != nil {
		return err
	}
	for _, e := range all {
		if e.EventType == evacuate && e.DeleteHost && e.State == "creating" {
			d.hosts.setOrder(e.HostID, d.options.Now())
		}
	}
	d.hosts.recalled.Store(true)
	return nil
}

// evacuated reports whether the server has an order to remove a host.
func (d *Driver) evacuated(ctx context.Context, s *session, id string) (bool, error) {
	all, err := d.events(ctx, s, map[string]any{"hostId": id, "eventType": evacuate})
	return slices.ContainsFunc(all, func(e event) bool { return e.removes(id) }), err
}

// events lists orders, none where the key may not see them.
func (d *Driver) events(ctx context.Context, s *session, filters map[string]any) ([]event, error) {
	if !slices.Contains(s.api.GetTypes()[typeEvent].CollectionMethods, http.MethodGet) {
		return nil, nil
	}
	return list[event](ctx, d, s, typeEvent, filters)
}
