// Package yamldoc reads a YAML document field by field and collects every fault with its line, so
// that a user sees all that is wrong with a file at once. It is strict: what nobody asked for is
// a fault.
package yamldoc

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"gopkg.in/yaml.v3"
)

// Fault is one thing that is wrong with a file.
type Fault struct {
	File  string
	Line  int
	Where string // rules[2] "web busy"; empty: the file as a whole
	What  string

	Warning bool // the file can be used all the same
}

// Error gives FILE:LINE: where: what; of a warning FILE:LINE: warning: where: what.
func (f *Fault) Error() string {
	where := ""
	if f.Where != "" {
		where = f.Where + ": "
	}
	if f.Warning {
		where = "warning: " + where
	}
	return fmt.Sprintf("%s:%d: %s%s", f.File, f.Line, where, f.What)
}

// Doc is a document that is being read.
type Doc struct {
	file     string
	tree     *yaml.Node
	env      *Environment // nil: what looks like a variable is none
	faults   []*Fault
	warnings []*Fault
}

// Tree returns the document as it was parsed; nil where it is not YAML.
func (d *Doc) Tree() *yaml.Node { return d.tree }

// Parse reads the text of a file that holds one mapping and returns its root. A fault of the syntax
// is the only fault then, and the root has no fields.
func Parse(file string, text []byte) (*Doc, Node) {
	d := &Doc{file: file}
	roots := d.decode(text, 2)
	if len(roots) == 0 {
		return d, d.root(&yaml.Node{Kind: yaml.MappingNode, Line: 1})
	}
	if len(roots) > 1 {
		d.add(roots[1].Line, "", "a second document begins here; the file is to hold one")
	}
	d.tree = roots[0]
	return d, d.root(roots[0].Content[0])
}

// ParseAll reads the text of a file that may hold several documents, as manifests do, and returns their roots, those that
// are empty left out. With a fault of the syntax there are none.
func ParseAll(file string, text []byte) (*Doc, []Node) {
	d := &Doc{file: file}
	var roots []Node
	for _, y := range d.decode(text, maxDocuments) {
		if root := d.root(y.Content[0]); !root.IsNull() {
			roots = append(roots, root)
		}
	}
	if d.faults != nil {
		return d, nil
	}
	return d, roots
}

// maxDocuments is how many documents of a file are read.
const maxDocuments = 10_000

// decode parses the documents of a text, at most so many. What is wrong becomes a fault.
func (d *Doc) decode(text []byte, most int) (all []*yaml.Node) {
	dec := yaml.NewDecoder(bytes.NewReader(text))
	for len(all) < most {
		var y yaml.Node
		switch err := dec.Decode(&y); {
		case errors.Is(err, io.EOF):
			if len(all) == 0 {
				d.add(1, "", "the file is empty")
			}
			return all
		case err != nil:
			d.faults = append(d.faults, syntaxFault(d.file, text, err))
			return all
		}
		all = append(all, &y)
	}
	return all
}

func (d *Doc) root(y *yaml.Node) Node { return Node{doc: d, y: y} }

func (d *Doc) add(line int, where, what string) {
	d.faults = append(d.faults, &Fault{File: d.file, Line: line, Where: where, What: what})
}

// Err joins all faults in the order of their lines, nil where there are none.
func (d *Doc) Err() error {
	slices.SortStableFunc(d.faults, byLine)
	errs := make([]error, 0, len(d.faults))
	for _, f := range d.faults {
		errs = append(errs, f)
	}
	return errors.Join(errs...)
}

// Warnings returns what a reader warned of, in the order of the lines. None of it is a fault.
func (d *Doc) Warnings() []*Fault {
	slices.SortStableFunc(d.warnings, byLine)
	return d.warnings
}

func byLine(a, b *Fault) int { return a.Line - b.Line }
