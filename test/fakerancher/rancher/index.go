package rancher

import "strings"

// index is the entry: a link to every collection.
func (c *call) index() any {
	links := map[string]any{"self": c.base() + "/", "schemas": c.link("schemas")}
	for _, one := range c.s.schemas.all {
		if one.Listed && c.role != Roleless {
			links[one.PluralName] = c.link(one.collection())
		}
	}
	return map[string]any{
		"id": c.version, "type": "apiVersion", "baseType": "apiVersion", "links": links, "actions": map[string]any{},
	}
}

// schemas are all schemas, or the one that the path names.
func (c *call) schemas() (any, error) {
	if len(c.path) > 1 {
		one := c.s.schemas.of(c.path[1])
		if one == nil || len(c.path) > 2 || c.role == Roleless {
			return nil, notFound()
		}
		return one.render(c), nil
	}
	data := []any{}
	for _, one := range c.s.schemas.all {
		if c.role != Roleless {
			data = append(data, one.render(c))
		}
	}
	body := c.collection("schema", data)
	body["links"] = map[string]any{"self": c.link(strings.ToLower(c.path[0]))}
	return body, nil
}
