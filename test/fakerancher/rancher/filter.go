package rancher

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// condition is one filter of a query: name, name_prefix, name_null and so on.
type condition struct {
	field, modifier, value string
}

type conditions []condition

// readFilters takes from a query what the type can be filtered by. Everything
// else is ignored without a word.
func readFilters(kind *schema, query url.Values) conditions {
	var found conditions
	for key, values := range query {
		field, modifier, has := strings.Cut(key, "_")
		if !has {
			modifier = "eq"
		}
		if !slices.Contains(kind.CollectionFilters[field], modifier) {
			continue
		}
		for _, value := range values {
			found = append(found, condition{field, modifier, value})
		}
	}
	return found
}

// match hides what is removed unless it is asked for.
func (cs conditions) match(c *call, r *resource) bool {
	aboutRemoved := false
	for _, one := range cs {
		aboutRemoved = aboutRemoved || one.field == "removed"
		if !one.holds(c.value(r, one.field)) {
			return false
		}
	}
	return aboutRemoved || !r.isGone()
}

func (f condition) holds(value any) bool {
	switch f.modifier {
	case "null":
		return value == nil
	case "notnull":
		return value != nil
	case "ne":
		return value != nil && display(value) != f.value
	case "prefix":
		return value != nil && strings.HasPrefix(display(value), f.value)
	case "like":
		return value != nil && like(display(value), f.value)
	case "notlike":
		return value != nil && !like(display(value), f.value)
	case "lt":
		return value != nil && compareText(value, f.value) < 0
	case "lte":
		return value != nil && compareText(value, f.value) <= 0
	case "gt":
		return value != nil && compareText(value, f.value) > 0
	case "gte":
		return value != nil && compareText(value, f.value) >= 0
	default:
		return value != nil && display(value) == f.value
	}
}

// render is the collection's own account of its filters.
func (cs conditions) render(kind *schema) map[string]any {
	out := map[string]any{}
	for name := range kind.CollectionFilters {
		out[name] = nil
	}
	for _, one := range cs {
		list, _ := out[one.field].([]any)
		out[one.field] = append(list, map[string]any{"value": plainID(one.value), "modifier": one.modifier})
	}
	return out
}

// value is what a resource is filtered and sorted by. A host's state is its
// own here, whatever its agent's is.
func (c *call) value(r *resource, field string) any {
	switch field {
	case "id":
		return r.id
	case "uuid":
		return r.uuid
	case "state":
		return r.state
	case "accountId":
		return r.account
	case "created":
		return stamp(r.created)
	case "removed":
		if r.isGone() {
			return stamp(r.removed)
		}
		return nil
	case "healthState":
		if r.service != nil {
			return r.service.health
		}
		return "healthy"
	case "createIndex":
		if r.service != nil {
			return r.service.createIndex()
		}
	case "agentState":
		if r.machine != nil && r.machine.agent != "" {
			return r.machine.agent
		}
		return nil
	}
	return r.fields[field]
}

func display(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	case time.Time:
		return stamp(v)
	default:
		return plainText(v)
	}
}

// like is SQL's, in which the case does not count.
func like(text, pattern string) bool {
	text, parts := strings.ToLower(text), strings.Split(strings.ToLower(pattern), "%")
	if len(parts) == 1 {
		return text == parts[0]
	}
	if !strings.HasPrefix(text, parts[0]) {
		return false
	}
	text = text[len(parts[0]):]
	last := len(parts) - 1
	for _, part := range parts[1:last] {
		i := strings.Index(text, part)
		if i < 0 {
			return false
		}
		text = text[i+len(part):]
	}
	return strings.HasSuffix(text, parts[last])
}

// compare orders values: nothing first, ids and numbers by their number.
func compare(a, b any) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	}
	return compareText(a, display(b))
}

func compareText(a any, b string) int {
	left, right := display(a), b
	m, err := strconv.ParseInt(plainID(left), 10, 64)
	n, err2 := strconv.ParseInt(plainID(right), 10, 64)
	if err == nil && err2 == nil {
		switch {
		case m < n:
			return -1
		case m > n:
			return 1
		}
		return 0
	}
	return strings.Compare(left, right)
}
