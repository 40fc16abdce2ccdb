package rancher

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// store holds every resource that there ever was: removed ones are found by
// their id.
type store struct {
	byID    map[string]*resource
	groups  map[string][]*resource // by age
	numbers map[string]int
}

func newStore() *store {
	return &store{byID: map[string]*resource{}, groups: map[string][]*resource{}, numbers: map[string]int{}}
}

// add makes a resource. It is in no state until it enters one.
func (s *store) add(kind *schema, account string, fields map[string]any, at time.Time) *resource {
	table := group(kind)
	s.numbers[table]++
	r := &resource{
		schema: kind, num: s.numbers[table], uuid: newUUID(), account: account,
		fields: maps.Clone(fields), created: at,
	}
	r.id = formatID(kind, r.num)
	if r.fields == nil {
		r.fields = map[string]any{}
	}
	if r.fields["kind"] == nil {
		r.fields["kind"] = kind.ID
	}
	if account == "" {
		r.account = r.id
	}
	s.byID[r.id] = r
	s.groups[table] = append(s.groups[table], r)
	return r
}

// number gives the next number of a type that has no resources here.
func (s *store) number(of string) int {
	s.numbers[of]++
	return s.numbers[of]
}

// find gives the resource with the id, if it is one of the type. A service of
// any kind is a service.
func (s *store) find(kind *schema, id string) *resource {
	r := s.byID[id]
	if r == nil || !isA(r, kind) {
		return nil
	}
	return r
}

// isA says whether a resource is among those of the type's collection.
func isA(r *resource, kind *schema) bool {
	return r.schema == kind || kind.ID == "service" && r.service != nil
}

// alive lists what exists of a type, by age.
func (s *store) alive(kind *schema) []*resource {
	return slices.DeleteFunc(slices.Clone(s.groups[group(kind)]), func(r *resource) bool {
		return r.isGone() || !isA(r, kind)
	})
}

// named finds what has the name in a stack or an environment, in any case.
func (s *store) named(kind *schema, parent, id, name string) *resource {
	for _, r := range s.groups[group(kind)] {
		where := r.account
		if parent != "accountId" {
			where = r.text(parent)
		}
		if !r.isGone() && where == id && strings.EqualFold(r.name(), name) {
			return r
		}
	}
	return nil
}

func (s *Server) serviceIDs(stack *resource) any {
	var ids []string
	for _, r := range s.store.groups["service"] {
		if !r.isGone() && r.fields["stackId"] == stack.id {
			ids = append(ids, r.id)
		}
	}
	return orNull(ids)
}

// orNull is how the API shows an empty list of ids.
func orNull[T any](list []T) any {
	if len(list) == 0 {
		return nil
	}
	return list
}
