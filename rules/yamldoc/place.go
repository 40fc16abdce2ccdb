package yamldoc

import (
	"fmt"
	"path/filepath"

	"gopkg.in/yaml.v3"
)

// Place is a line of a file.
type Place struct {
	File string `json:"file"`
	Line int    `json:"line"`
}

func (p Place) String() string { return fmt.Sprintf("%s:%d", p.File, p.Line) }

// Line is the line that the value begins on.
func (n Node) Line() int {
	if n.y == nil {
		return 1
	}
	return n.y.Line
}

// Place is where the value begins.
func (n Node) Place() Place { return Place{n.doc.file, n.Line()} }

// Locate says where a place is, to somebody who is told of this one: on line 3, or, in another file, at other.yml:3.
func (n Node) Locate(p Place) string {
	if p.File == n.doc.file {
		return fmt.Sprintf("on line %d", p.Line)
	}
	return "at " + p.String()
}

// Key is the place of a mapping's own key; the mapping, where it has none of that name.
func (n Node) Key(key string) Node {
	y := resolve(n.y)
	for i := 0; y.Kind == yaml.MappingNode && i+1 < len(y.Content); i += 2 {
		if y.Content[i].Value == key {
			return Node{n.doc, y.Content[i], n.where}
		}
	}
	return n
}

// File reads the path of a file. One that is not absolute is beside the document, as in Prometheus's files.
func (n Node) File() string {
	path := n.Text()
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(n.doc.file), path)
}
