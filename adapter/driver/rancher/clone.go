package rancher

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	client "github.com/rancher/go-rancher/v2"

	"alertscale/adapter/controller"
	"alertscale/adapter/driver/internal/keylock"
	"alertscale/rules"
)

// mold is what new hosts of a group are made of.
type mold struct {
	source host
	fields map[string]json.RawMessage
}

// mold takes what makes the oldest active host of a group that can be cloned.
func (d *Driver) mold(ctx context.Context, s *session, ref rules.Ref, g *group) (*mold, error) {
	if !slices.Contains(s.api.GetTypes()[typeHost].CollectionMethods, http.MethodPost) {
		return nil, d.lacking(s, name(ref)+": the key may not create hosts", creator(s))
	}
	schema, err := keylock.Call(ctx, nil, func() (*client.Schema, error) { // read again: machine drivers come and go
		into := new(client.Schema)
		return into, s.api.GetLink(s.api.GetTypes()[typeHost].Resource, client.SELF, into)
	})
	if err != nil {
		return nil, explain(name(ref), d.watch(s, err))
	}
	waits := ""
	for _, h := range g.members {
		fields := clone(h.raw, schema.ResourceFields)
		switch {
		case fields == nil:
		case h.State == "active":
			return &mold{h, fields}, nil
		default:
			waits = fmt.Sprintf("%s can be cloned once it is active, and is %s", h.hostname(), h.State)
		}
	}
	if waits != "" {
		return nil, &controller.ThrottledError{Err: fmt.Errorf("%s: no active host of the group was made by Rancher; %s", name(ref), waits)}
	}
	return nil, fmt.Errorf("%w: %s: no host of the group was made by Rancher, and custom hosts cannot be cloned; add one by a machine driver or a host template",
		controller.ErrInvalid, name(ref))
}

// creator says what to do where a key may not create hosts.
func creator(s *session) string {
	if s.ofContainer() {
		return "a container's key only removes them: set access_key and secret_key_file to an API key of the environment, or drop the rules that add hosts"
	}
	return otherRole
}

// clone takes what a host was created with: the template, or the one configuration of a machine driver, and
// everything else that may be said at a creation, names aside. Nil: Rancher did not make the machine.
func clone(raw map[string]json.RawMessage, schema map[string]client.Field) map[string]json.RawMessage {
	fields, configs := map[string]json.RawMessage{}, map[string]json.RawMessage{}
	for field, f := range schema {
		value, ok := raw[field]
		if !ok || !f.Create || string(value) == "null" || field == "name" || field == "hostname" {
			continue
		}
		if f.Type == field && strings.HasSuffix(field, "Config") {
			configs[field] = value
		} else {
			fields[field] = value
		}
	}
	if fields["hostTemplateId"] != nil {
		return fields
	}
	if len(configs) != 1 {
		return nil
	}
	maps.Copy(fields, configs)
	return fields
}

// create makes those of the hosts that are not there, one after the other.
func (w *work) create(ctx context.Context, names []string) error {
	if len(names) == 0 {
		return nil
	}
	g, err := w.d.group(ctx, w.s, w.ref)
	if err != nil {
		return midway(true, err) // for all that is known
	}
	missing := slices.DeleteFunc(slices.Clone(names), g.taken)
	w.begun = len(missing) < len(names)
	if len(missing) > 0 {
		m, err := w.d.mold(ctx, w.s, w.ref, g)
		if err != nil {
			return midway(w.begun, err)
		}
		for _, hostname := range missing {
			if err := w.post(ctx, m, hostname); err != nil {
				return midway(w.begun, explain(name(w.ref)+": create "+hostname, err))
			}
			w.begun = true
		}
	}
	return w.removeDoubles(ctx, names)
}

func (w *work) post(ctx context.Context, m *mold, hostname string) error {
	body := maps.Clone(m.fields)
	body["hostname"], _ = json.Marshal(hostname) // of a string it cannot fail
	made, err := keylock.Call(ctx, w.lease, func() (*hostFields, error) {
		into := new(hostFields)
		return into, w.s.api.Create(typeHost, body, into)
	})
	if err == nil && (made.ID == "" || made.Hostname != hostname) {
		return fmt.Errorf("the server took it and answers with host %q, %q", made.ID, made.Hostname)
	}
	return w.d.watch(w.s, err)
}

// removeDoubles removes what was made of one name after the first: of a creation whose answer was lost it
// may turn out later that it was carried out. The server does not mind two hosts of one name.
func (w *work) removeDoubles(ctx context.Context, names []string) error {
	g, err := w.d.group(ctx, w.s, w.ref)
	if err != nil {
		return midway(true, err)
	}
	bearers := slices.Concat(g.members, g.failed)
	slices.SortFunc(bearers, older)
	for _, hostname := range names {
		first := true
		for _, h := range bearers {
			switch {
			case !same(h.Hostname, hostname):
			case first:
				first = false
			default:
				if err := w.remove(ctx, []string{h.ID}); err != nil {
					return midway(true, err)
				}
			}
		}
	}
	return nil
}
