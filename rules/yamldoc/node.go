package yamldoc

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Node is a place in a document: a value, and how a user calls it.
type Node struct {
	doc   *Doc
	y     *yaml.Node
	where string
}

// Where is how a user calls the value: rules[2] "web busy": target. Of the root it is empty.
func (n Node) Where() string { return n.where }

// Faultf says what is wrong here.
func (n Node) Faultf(format string, args ...any) {
	n.doc.add(n.Line(), n.where, n.sprintf(format, args))
}

// Warnf says what is without fault here, and probably not what is meant.
func (n Node) Warnf(format string, args ...any) {
	n.doc.warnings = append(n.doc.warnings, &Fault{
		File: n.doc.file, Line: n.Line(), Where: n.where, What: n.sprintf(format, args), Warning: true,
	})
}

// Field is a key that a mapping may have, and what reads its value.
type Field struct {
	Key  string
	Read func(Node)
	// Misplaced says, of a key that belongs elsewhere and is not read here, where that is.
	Misplaced string
}

// Fields hands each value of a mapping to the field of its name. A key that is duplicated or that is
// no field is a fault.
func (n Node) Fields(fields []Field) {
	for _, p := range n.pairs(0) {
		at := Node{n.doc, p.key, n.where}
		if i := slices.IndexFunc(fields, func(f Field) bool { return f.Key == p.key.Value }); i >= 0 {
			if fields[i].Misplaced != "" {
				at.Faultf("%q %s", p.key.Value, fields[i].Misplaced)
			} else {
				fields[i].Read(p.value)
			}
			continue
		}
		known := make([]string, 0, len(fields))
		for _, f := range fields {
			if f.Misplaced == "" {
				known = append(known, f.Key)
			}
		}
		at.Faultf("unknown key %q%s", p.key.Value, Hint(p.key.Value, known))
	}
}

// Has reports whether a mapping has a key.
func (n Node) Has(key string) bool { return n.Peek(key) != nil }

// Peek returns the value of a mapping's key, without reading it; nil where there is none.
func (n Node) Peek(key string) *Node {
	return n.peek(key, 0)
}

// Child returns the value of a mapping's key, to be read; nil where there is none.
func (n Node) Child(key string) *Node {
	child := n.Peek(key)
	if child != nil {
		child.where = join(n.where, key)
	}
	return child
}

// peek looks for a mapping's own key first, then in what << merges in.
func (n Node) peek(key string, depth int) *Node {
	if n.y == nil || depth > maxMerge {
		return nil
	}
	y := resolve(n.y)
	if depth > 0 && y.Kind == yaml.SequenceNode {
		for _, item := range y.Content {
			if found := (Node{n.doc, item, n.where}).peek(key, depth+1); found != nil {
				return found
			}
		}
	}
	if y.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(y.Content); i += 2 {
		if y.Content[i].Value == key && y.Content[i].Tag != "!!merge" {
			return &Node{n.doc, y.Content[i+1], n.where}
		}
	}
	for i := 0; i+1 < len(y.Content); i += 2 {
		if y.Content[i].Tag != "!!merge" {
			continue
		}
		if found := (Node{n.doc, y.Content[i+1], n.where}).peek(key, depth+1); found != nil {
			return found
		}
	}
	return nil
}

// maxMerge is how deep << may merge.
const maxMerge = 8

// Each hands over each key of a mapping whose keys are names of the user's choice.
func (n Node) Each(read func(key string, value Node)) {
	for _, p := range n.pairs(0) {
		p.value.where = strings.TrimSuffix(n.where, ": ") + "." + p.key.Value
		read(p.key.Value, p.value)
	}
}

// Items hands over each item of a list. One that has a name is called by it.
func (n Node) Items(read func(i int, item Node)) {
	y := resolve(n.y)
	if y.Kind != yaml.SequenceNode {
		n.Faultf("is %s, want a list", kind(y))
		return
	}
	for i := range y.Content {
		read(i, n.item(i))
	}
}

// Item returns an item of a list by its index; nil where there is none.
func (n Node) Item(i int) *Node {
	if y := resolve(n.y); y.Kind != yaml.SequenceNode || i >= len(y.Content) {
		return nil
	}
	item := n.item(i)
	return &item
}

// item is Item of a list that is long enough.
func (n Node) item(i int) Node {
	where := fmt.Sprintf("%s[%d]", n.where, i)
	child := Node{n.doc, resolve(n.y).Content[i], where}
	if name := child.Peek("name"); name != nil && name.y.Kind == yaml.ScalarNode {
		child.where = fmt.Sprintf("%s %q", where, name.y.Value)
	}
	return child
}

// IsMap reports whether the value is a mapping.
func (n Node) IsMap() bool { return resolve(n.y).Kind == yaml.MappingNode }

// IsList reports whether the value is a list.
func (n Node) IsList() bool { return resolve(n.y).Kind == yaml.SequenceNode }

// IsNull reports whether there is no value.
func (n Node) IsNull() bool {
	y := resolve(n.y)
	return y.Kind == yaml.ScalarNode && y.Tag == "!!null"
}

// Text reads a text that is not empty.
func (n Node) Text() string {
	s, ok := n.Scalar()
	switch written := resolve(n.y).Value; {
	case !ok || s != "":
	case written != "":
		n.Faultf("%s is empty", written)
	default:
		n.Faultf("is empty")
	}
	return s
}

// Scalar reads a single value as it is written, but for variables of the environment; false where it is a list, a mapping or null,
// or has a variable that is at fault.
func (n Node) Scalar() (string, bool) {
	y := resolve(n.y)
	switch {
	case y.Kind == yaml.MappingNode && len(y.Content) > 0 && y.Content[0].Kind == yaml.MappingNode: // {{ … }}
		n.Faultf("is a mapping, want a single value; a template stands in quotes: '{{ … }}'")
		return "", false
	case y.Kind != yaml.ScalarNode || y.Tag == "!!null":
		n.Faultf("is %s, want a single value", kind(y))
		return "", false
	}
	return n.value(y)
}

// Decode reads a mapping, which may have these keys, into a value that another package reads from YAML.
func (n Node) Decode(to any, keys ...string) {
	if !n.IsMap() {
		n.Faultf("is %s, want %s", kind(resolve(n.y)), strings.Join(keys, ", "))
		return
	}
	before := len(n.doc.faults)
	fields := make([]Field, 0, len(keys))
	for _, key := range keys {
		fields = append(fields, Field{Key: key, Read: func(Node) {}})
	}
	n.Fields(fields)
	if len(n.doc.faults) > before {
		return
	}
	y, ok := n.expanded()
	if !ok {
		return
	}
	if err := n.decode(y, to); err != nil {
		n.Faultf("%v", err)
	}
}

type pair struct {
	key   *yaml.Node
	value Node
}

// pairs lists a mapping's keys in the order of the file, those merged with << last.
func (n Node) pairs(depth int) []pair {
	y := resolve(n.y)
	if y.Kind != yaml.MappingNode {
		if y.Kind != yaml.ScalarNode || y.Tag != "!!null" {
			n.Faultf("is %s, want a mapping", kind(y))
		}
		return nil
	}
	var own, merged []pair
	seen := map[string]int{}
	for i := 0; i+1 < len(y.Content); i += 2 {
		key, value := y.Content[i], y.Content[i+1]
		if key.Tag == "!!merge" {
			merged = append(merged, n.merged(value, depth)...)
			continue
		}
		if first, ok := seen[key.Value]; ok {
			Node{n.doc, key, n.where}.Faultf("%q is duplicated, first on line %d", key.Value, first)
			continue
		}
		seen[key.Value] = key.Line
		own = append(own, pair{key, Node{n.doc, value, join(n.where, key.Value)}})
	}
	for _, p := range merged {
		if _, ok := seen[p.key.Value]; !ok {
			seen[p.key.Value] = p.key.Line
			own = append(own, p)
		}
	}
	return own
}

func (n Node) merged(value *yaml.Node, depth int) []pair {
	if depth > maxMerge {
		n.Faultf("<< merges too deep, or itself")
		return nil
	}
	if v := resolve(value); v.Kind == yaml.SequenceNode {
		var all []pair
		for _, item := range v.Content {
			all = append(all, Node{n.doc, item, n.where}.pairs(depth+1)...)
		}
		return all
	}
	return Node{n.doc, value, n.where}.pairs(depth + 1)
}

func join(where, key string) string {
	if where == "" {
		return key
	}
	return where + ": " + key
}

func resolve(y *yaml.Node) *yaml.Node {
	for y.Kind == yaml.AliasNode {
		y = y.Alias
	}
	return y
}

func kind(y *yaml.Node) string {
	switch {
	case y.Kind == yaml.MappingNode:
		return "a mapping"
	case y.Kind == yaml.SequenceNode:
		return "a list"
	case y.Tag == "!!null":
		return "empty"
	default:
		return fmt.Sprintf("%q", y.Value)
	}
}
