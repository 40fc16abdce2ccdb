package rancher

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const (
	usualLimit = 100
	mostLimit  = 3000
)

// list is a page of a collection, as the query wants it.
func (c *call) list(kind *schema, table []*resource) (any, error) {
	query := c.req.URL.Query()
	filters := readFilters(kind, query)
	var found []*resource
	for _, r := range table {
		if isA(r, kind) && c.sees(r) && filters.match(c, r) {
			found = append(found, r)
		}
	}
	sorting := c.sort(kind, found, query)
	limit, offset := pageOf(query)
	end := min(offset+limit, len(found))
	data := make([]any, 0, max(0, end-offset))
	for _, r := range found[min(offset, end):end] {
		data = append(data, c.render(r))
	}
	page := map[string]any{"first": nil, "previous": nil, "next": nil, "limit": limit, "total": nil, "partial": end < len(found)}
	if end < len(found) {
		page["next"] = c.here("marker", "m"+strconv.Itoa(end))
	}
	body := c.collection(kind.ID, data)
	body["links"] = map[string]any{"self": c.link(strings.ToLower(strings.Join(c.path, "/")))}
	body["createTypes"], body["sortLinks"], body["sort"] = c.createTypes(kind), c.sortLinks(kind), sorting
	body["pagination"], body["filters"] = page, filters.render(kind)
	return body, nil
}

// collection is an answer of many.
func (c *call) collection(resourceType string, data any) map[string]any {
	empty := map[string]any{}
	return map[string]any{
		"type": "collection", "resourceType": resourceType, "data": data, "actions": empty, "createDefaults": empty,
		"links": map[string]any{"self": c.link(strings.ToLower(resourceType) + "s")}, "createTypes": empty,
		"sortLinks": empty, "pagination": nil, "sort": nil, "filters": empty,
	}
}

// pageOf reads which part is wanted: a limit of nothing and less means all
// that there may be, and what is not a number the usual page.
func pageOf(query url.Values) (limit, offset int) {
	limit = usualLimit
	if n, err := strconv.Atoi(query.Get("limit")); err == nil {
		limit = n
	}
	if limit <= 0 || limit > mostLimit {
		limit = mostLimit
	}
	offset, _ = strconv.Atoi(strings.TrimPrefix(query.Get("marker"), "m"))
	return limit, max(0, offset)
}

// here is the address that was asked for, with one parameter set at its end
// and others left out.
func (c *call) here(name, value string, without ...string) string {
	without = append(without, name, "marker")
	var kept []string
	for part := range strings.SplitSeq(c.req.URL.RawQuery, "&") {
		if key, _, _ := strings.Cut(part, "="); part != "" && !slices.Contains(without, key) {
			kept = append(kept, part)
		}
	}
	kept = append(kept, name+"="+url.QueryEscape(value))
	return c.link(strings.ToLower(strings.Join(c.path[:1], "/"))+tail(c.path)) + "?" + strings.Join(kept, "&")
}

// tail is the rest of a path: ids keep their spelling.
func tail(path []string) string {
	if len(path) < 2 {
		return ""
	}
	return "/" + strings.Join(path[1:], "/")
}

// sort orders what was found, oldest first where nothing is asked for.
func (c *call) sort(kind *schema, found []*resource, query url.Values) any {
	name := query.Get("sort")
	if _, known := kind.CollectionFilters[name]; !known {
		return nil
	}
	order, reverse := "asc", "desc"
	if strings.EqualFold(query.Get("order"), "desc") {
		order, reverse = reverse, order
	}
	keys := make(map[*resource]any, len(found))
	for _, r := range found {
		if keys[r] = c.value(r, name); name == "created" {
			keys[r] = r.created.UnixMilli()
		}
	}
	slices.SortStableFunc(found, func(a, b *resource) int {
		if order == "desc" {
			a, b = b, a
		}
		return compare(keys[a], keys[b])
	})
	return map[string]any{"name": name, "order": order, "reverse": c.here("order", reverse)}
}

func (c *call) sortLinks(kind *schema) map[string]any {
	links := map[string]any{}
	for name := range kind.CollectionFilters {
		links[name] = c.here("sort", name, "order")
	}
	return links
}

// createTypes are the kinds that a collection holds where it holds several.
func (c *call) createTypes(kind *schema) map[string]any {
	types := map[string]any{}
	if kind.ID != "service" {
		return types
	}
	for _, one := range c.s.schemas.all {
		if group(one) == "service" && one.Listed && slices.Contains(one.CollectionMethods, "POST") {
			types[one.ID] = c.link(one.collection())
		}
	}
	return types
}

// follow gives what a resource's link leads to.
func (c *call) follow(r *resource, link string) (any, error) {
	switch link = strings.ToLower(link); link {
	case "instances":
		return c.list(c.s.schemas.of("container"), c.instances(r))
	case "services", "hosts", "stacks":
		return c.list(c.s.schemas.of(link), c.parts(r, link))
	case "account", "stack":
		if to := c.s.store.byID[c.target(r, link)]; to != nil && c.sees(to) {
			return c.render(to), nil
		}
		return nil, notFound()
	}
	known := slices.ContainsFunc(r.schema.Links, func(one string) bool { return strings.EqualFold(one, link) })
	if !known {
		return nil, notFound()
	}
	return c.collection(link, []any{}), nil
}

func (c *call) target(r *resource, link string) string {
	if link == "account" {
		return r.account
	}
	return r.text("stackId")
}

// instances are the containers of a service or a host, or of all services of
// a stack.
func (c *call) instances(r *resource) []*resource {
	var found []*resource
	for _, one := range c.s.store.groups["container"] {
		if one.fields["serviceId"] == r.id || one.fields["hostId"] == r.id || one.fields["stackId"] == r.id {
			found = append(found, one)
		}
	}
	return found
}

func (c *call) parts(r *resource, link string) []*resource {
	var found []*resource
	for _, one := range c.s.store.groups[group(c.s.schemas.of(link))] {
		if one.fields["stackId"] == r.id || one.account == r.id {
			found = append(found, one)
		}
	}
	return found
}
