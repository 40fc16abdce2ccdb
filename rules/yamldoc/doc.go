// Package yamldoc reads a YAML document field by field and collects every fault with its line, so
// that a user sees all that is wrong with a file at once. It is strict: what nobody asked for is
// a fault.
package yamldoc

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"

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
	faults   []*Fault
	warnings []*Fault
}

// Tree returns the document as it was parsed; nil where it is not YAML.
func (d *Doc) Tree() *yaml.Node { return d.tree }

// Parse reads the text of a file that holds one mapping and returns its root. A fault of the syntax
// is the only fault then, and the root has no fields.
func Parse(file string, text []byte) (*Doc, Node) {
	d := &Doc{file: file}
	var y yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(text))
	if err := dec.Decode(&y); errors.Is(err, io.EOF) {
		d.add(1, "", "the file is empty")
		return d, d.root(&yaml.Node{Kind: yaml.MappingNode, Line: 1})
	} else if err != nil {
		d.syntax(err)
		return d, d.root(&yaml.Node{Kind: yaml.MappingNode, Line: 1})
	}
	var second yaml.Node
	if err := dec.Decode(&second); err == nil {
		d.add(second.Line, "", "a second document begins here; the file is to hold one")
	} else if !errors.Is(err, io.EOF) {
		d.syntax(err)
	}
	d.tree = &y
	return d, d.root(y.Content[0])
}

func (d *Doc) root(y *yaml.Node) Node { return Node{doc: d, y: y} }

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

// syntax turns go-yaml's error into a fault.
func (d *Doc) syntax(err error) {
	line, what := 1, err.Error()
	if m := yamlLine.FindStringSubmatch(what); m != nil {
		what = m[2]
		if n, err := strconv.Atoi(m[1]); err == nil {
			line = n
		}
	}
	d.add(line, "", "not YAML: "+what)
}

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
