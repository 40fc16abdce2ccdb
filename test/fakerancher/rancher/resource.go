package rancher

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// resource is one thing of the store. Values in fields are never changed in
// place, so that what was rendered stays as it was.
type resource struct {
	schema  *schema
	id      string
	num     int
	uuid    string
	account string
	state   string
	turn    int    // how many states it has entered: older plans are void
	held    bool   // it stays in its state, whatever that is
	busy    bool   // a write holds its lock
	trouble string // what keeps it from moving on: transitioning is "error"
	fields  map[string]any
	created time.Time
	removed time.Time

	service *service // of the kinds of services
	machine *machine // of hosts
}

// idPrefix is the short name of a type in ids; none for types that have no
// resources of their own.
func idPrefix(s *schema) string {
	switch s.ID {
	case "stack":
		return "st"
	case "host":
		return "h"
	case "externalHostEvent":
		return "ee"
	case "container":
		return "i"
	case "project":
		return "a"
	case "hostTemplate":
		return "ht"
	}
	if strings.HasSuffix(strings.ToLower(s.ID), "service") {
		return "s"
	}
	return ""
}

// group names the table that a type's resources live in: all kinds of services
// share one, and its ids.
func group(s *schema) string {
	if idPrefix(s) == "s" {
		return "service"
	}
	return s.ID
}

func baseType(s *schema) string {
	switch s.ID {
	case "project":
		return "account"
	case "externalHostEvent":
		return "externalEvent"
	case "container":
		return "instance"
	default:
		return group(s)
	}
}

func (r *resource) name() string     { return r.text("name") }
func (r *resource) isGone() bool     { return !r.removed.IsZero() }
func (r *resource) is(k string) bool { return r.schema.ID == k }

func (r *resource) text(field string) string {
	text, _ := r.fields[field].(string)
	return text
}

// render is the resource as a caller sees it: every field of its schema, and
// what is worked out on reading.
func (c *call) render(r *resource) map[string]any {
	out := map[string]any{}
	for name := range r.schema.ResourceFields {
		out[name] = r.fields[name]
	}
	state, row := r.state, c.s.row(r)
	maps.Copy(out, map[string]any{
		"id": r.id, "type": r.schema.ID, "baseType": baseType(r.schema), "uuid": r.uuid, "accountId": r.account,
		"links": c.links(r), "actions": c.actions(r, row),
		"created": stamp(r.created), "createdTS": r.created.UnixMilli(), "removed": nil,
	})
	for _, name := range []string{"accountId", "removed"} {
		if _, has := r.schema.ResourceFields[name]; !has {
			delete(out, name)
		}
	}
	if r.isGone() {
		out["removed"], out["removedTS"] = stamp(r.removed), r.removed.UnixMilli()
	}
	out["transitioning"], out["transitioningMessage"] = transitioning(r, row)
	switch {
	case r.service != nil:
		r.service.render(r.fields, out)
	case r.machine != nil:
		state = r.machine.render(r, out)
	case r.is("stack"):
		out["healthState"], out["serviceIds"] = "healthy", c.s.serviceIDs(r)
	}
	out["state"] = state
	return out
}

func transitioning(r *resource, row state) (is string, message any) {
	switch {
	case r.trouble != "":
		return "error", r.trouble
	case row.then != nil:
		return "yes", "In Progress"
	default:
		return "no", nil
	}
}

// links are those of the type, without those that lead nowhere.
func (c *call) links(r *resource) map[string]any {
	links := map[string]any{"self": c.link(r.schema.collection(), r.id)}
	for _, link := range r.schema.Links {
		_, isReference := r.schema.ResourceFields[link+"Id"]
		if link != "account" && isReference && r.fields[link+"Id"] == nil {
			continue
		}
		links[link] = c.link(r.schema.collection(), r.id, strings.ToLower(link))
	}
	if _, scales := r.schema.ResourceFields["scale"]; scales {
		links["containerStats"] = c.link(r.schema.collection(), r.id, "containerstats")
	}
	return links
}

func (c *call) actions(r *resource, row state) map[string]any {
	actions := map[string]any{}
	if !r.schema.writable(c.role) {
		return actions
	}
	names := strings.Fields(row.actions)
	if r.service != nil {
		names = append(names, "addservicelink", "removeservicelink", "setservicelinks")
	}
	for _, name := range names {
		if _, known := r.schema.ResourceActions[name]; known {
			actions[name] = c.link(r.schema.collection(), r.id, "?action="+name)
		}
	}
	return actions
}

func (row state) offers(action string) bool {
	return slices.Contains(strings.Fields(row.actions), action)
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// plainID is the number of an id, as filters show it.
func plainID(id string) string {
	rest := strings.TrimLeft(strings.TrimPrefix(id, "1"), "abcdefghijklmnopqrstuvwxyz")
	if _, err := strconv.Atoi(rest); err != nil || rest == id {
		return id
	}
	return rest
}

func formatID(s *schema, num int) string { return fmt.Sprintf("1%s%d", idPrefix(s), num) }
