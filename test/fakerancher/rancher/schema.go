package rancher

import (
	_ "embed"
	"encoding/json"
	"slices"
	"strings"
)

// schemas.json holds the schemas of the types that are served, without what
// depends on the caller: links, and the methods that a role takes away.
//
//go:embed schemas.json
var schemaFile []byte

// field is what a schema says of one field of a resource.
type field struct {
	Type       string   `json:"type"`
	ValidChars string   `json:"validChars,omitempty"`
	Create     bool     `json:"create"`
	Update     bool     `json:"update"`
	Nullable   bool     `json:"nullable,omitempty"`
	Required   bool     `json:"required,omitempty"`
	Unique     bool     `json:"unique,omitempty"`
	Min        *int64   `json:"min,omitempty"`
	Max        *int64   `json:"max,omitempty"`
	MinLength  *int     `json:"minLength,omitempty"`
	MaxLength  *int     `json:"maxLength,omitempty"`
	Default    any      `json:"default,omitempty"`
	Options    []string `json:"options,omitempty"`
}

type schema struct {
	ID                string                    `json:"id"`
	PluralName        string                    `json:"pluralName"`
	Listed            bool                      `json:"listed"`
	Links             []string                  `json:"links"`
	CollectionMethods []string                  `json:"collectionMethods"`
	ResourceMethods   []string                  `json:"resourceMethods"`
	ResourceActions   map[string]map[string]any `json:"resourceActions"`
	CollectionFilters map[string][]string       `json:"collectionFilters"`
	ResourceFields    map[string]field          `json:"resourceFields"`
}

// schemas are the types in the order of the file, found by any spelling.
type schemas struct {
	all    []*schema
	byName map[string]*schema // lower case, plural and singular
}

func loadSchemas() (*schemas, error) {
	s := &schemas{byName: map[string]*schema{}}
	if err := json.Unmarshal(schemaFile, &s.all); err != nil {
		return nil, err
	}
	for _, one := range s.all {
		s.byName[strings.ToLower(one.ID)] = one
		s.byName[strings.ToLower(one.PluralName)] = one
	}
	s.byName["instances"], s.byName["instance"] = s.byName["container"], s.byName["container"]
	return s, nil
}

func (s *schemas) of(name string) *schema { return s.byName[strings.ToLower(name)] }

// collection is the type's name in a path.
func (s *schema) collection() string { return strings.ToLower(s.PluralName) }

// methods are what a role may do with the type: with its collection, with one
// resource.
func (s *schema) methods(role Role) (collection, resource []string) {
	get := []string{"GET"}
	switch {
	case !s.writable(role):
		return both(s.CollectionMethods, get), both(s.ResourceMethods, get)
	case s.ID == "host" && (role == Container || role == ContainerAdmin):
		return both(s.CollectionMethods, get), s.ResourceMethods
	}
	return s.CollectionMethods, s.ResourceMethods
}

func (s *schema) writable(role Role) bool {
	return role != ReadOnly && (role != Restricted || s.ID != "host")
}

func both(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(x string) bool { return !slices.Contains(b, x) })
}

// render is the schema as a caller sees it.
func (s *schema) render(c *call) map[string]any {
	links := map[string]any{"self": c.link("schemas", strings.ToLower(s.ID))}
	if s.Listed {
		links["collection"] = c.link(s.collection())
	}
	filters := map[string]any{}
	for name, modifiers := range s.CollectionFilters {
		filters[name] = map[string]any{"modifiers": modifiers}
	}
	collection, resource := s.methods(c.role)
	return map[string]any{
		"id": s.ID, "type": "schema", "baseType": "schema", "links": links, "actions": map[string]any{},
		"pluralName": s.PluralName, "includeableLinks": s.Links,
		"collectionMethods": collection, "resourceMethods": resource,
		"resourceActions": s.ResourceActions, "resourceFields": s.ResourceFields,
		"collectionActions": map[string]any{}, "collectionFields": map[string]any{}, "collectionFilters": filters,
	}
}

// configFields are the host's fields that hold the configuration of a machine
// driver.
func (s *schemas) configFields() []string {
	var names []string
	for name, f := range s.of("host").ResourceFields {
		if strings.HasSuffix(f.Type, "Config") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
