package rancher

import (
	"context"
	"fmt"
	"net/http"

	client "github.com/rancher/go-rancher/v2"

	"alertscale/adapter/controller"
	"alertscale/adapter/driver/internal/keylock"
)

// The types of the API that are of use here.
const (
	typeStack   = "stack"
	typeService = "service"
	typeHost    = "host"
	typeEvent   = "externalHostEvent"
)

// api is what is used of Rancher's client. It takes no context, and makes no retries.
type api interface {
	reader
	writer
	actor
	GetTypes() map[string]client.Schema
}

type reader interface {
	List(kind string, opts *client.ListOpts, into any) error
	ById(kind, id string, into any) error
	GetLink(of client.Resource, link string, into any) error
}

type writer interface {
	Create(kind string, of, into any) error
	Update(kind string, existing *client.Resource, updates, into any) error
	Delete(existing *client.Resource) error
}

type actor interface {
	Action(kind, action string, on *client.Resource, input, into any) error
}

// page is one of a collection.
type page[T any] struct {
	Data       []T                `json:"data"`
	Pagination *client.Pagination `json:"pagination"`
}

// watch ends a session whose key an answer refuses.
func (d *Driver) watch(s *session, err error) error {
	if code(err) == http.StatusUnauthorized {
		d.connector.expire(s)
	}
	return err
}

// lacking is for what the schemas of a session do not let the key do. It ends the session, since they are as old
// as that, and the role may be another one by the next time.
func (d *Driver) lacking(s *session, what, remedy string) error {
	d.connector.expire(s)
	return fmt.Errorf("%w: %s; %s", controller.ErrForbidden, what, remedy)
}

// otherRole is what helps a key of an account that may do too little in the environment.
const otherRole = "give it another role"

// get reads one resource.
func get[T any](ctx context.Context, d *Driver, s *session, kind, id string) (*T, error) {
	found, err := keylock.Call(ctx, nil, func() (*T, error) {
		into := new(T)
		return into, s.api.ById(kind, id, into)
	})
	return found, d.watch(s, err)
}

// list reads a whole collection, page by page. What the filters mean is to be looked at again in what comes:
// the server ignores filters that it does not know.
func list[T any](ctx context.Context, d *Driver, s *session, kind string, filters map[string]any) ([]T, error) {
	read := func(p *page[T]) error { return s.api.List(kind, &client.ListOpts{Filters: filters}, p) }
	var all []T
	for read != nil {
		p, err := keylock.Call(ctx, nil, func() (*page[T], error) {
			into := new(page[T])
			return into, read(into)
		})
		if err != nil {
			return nil, d.watch(s, err)
		}
		all = append(all, p.Data...)
		read = nil
		if p.Pagination != nil && p.Pagination.Next != "" {
			next := client.Resource{Links: map[string]string{"next": p.Pagination.Next}}
			read = func(p *page[T]) error { return s.api.GetLink(next, "next", p) }
		}
	}
	return all, nil
}

// resource is one of the type by its id. The client writes to its self link, which it has from here: services
// of every kind are written at services/ID, whatever their own links say.
func (s *session) resource(kind, id string) *client.Resource {
	at := s.api.GetTypes()[kind].Links[client.COLLECTION]
	return &client.Resource{Id: id, Type: kind, Links: map[string]string{client.SELF: at + "/" + id}}
}
