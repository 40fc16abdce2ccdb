package yamldoc

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// Environment replaces the variables in the values of documents, ${NAME} and ${NAME:-default}, after they were parsed, so that
// nothing but a value comes of a value. Keys stay as they are. What is said of a document, its tree included, has its values as
// they are written.
type Environment struct {
	lookup  func(name string) (value string, ok bool)
	refused string

	values map[*yaml.Node]string // of the scalars in which something was replaced
	hidden map[string]string     // what stands for the value of a variable in messages: ${NAME}
}

// NewEnvironment returns one that replaces variables by what lookup says of their names. $$ is a dollar then.
func NewEnvironment(lookup func(name string) (value string, ok bool)) *Environment {
	return &Environment{lookup: lookup, values: map[*yaml.Node]string{}, hidden: map[string]string{}}
}

// RefuseVariables returns one that replaces nothing, and takes each variable as a fault. why ends the fault: it says what to do.
func RefuseVariables(why string) *Environment { return &Environment{refused: why} }

// Use has the variables in what is read of a document from now on replaced, or refused. Documents without an environment may
// hold what looks like variables.
func (d *Doc) Use(e *Environment) { d.env = e }

// Forget drops what is needed only for as long as documents are read.
func (e *Environment) Forget() { e.values = nil }

// value returns the value of a scalar; false: it has a variable that is at fault, and the fault was reported.
func (n Node) value(y *yaml.Node) (string, bool) {
	e := n.doc.env
	if e == nil || !strings.Contains(y.Value, "$") {
		return y.Value, true
	}
	x := expansion{env: e}
	text := x.expand(y.Value)
	for _, fault := range x.faults {
		n.Faultf("%s", fault)
	}
	switch {
	case x.faults != nil:
		return "", false
	case e.lookup == nil: // $$ stands for itself
		return y.Value, true
	case text != y.Value:
		e.values[y] = text
	}
	return text, true
}

// expanded returns a copy of a value in which variables are replaced; the value itself where there are none to replace.
func (n Node) expanded() (*yaml.Node, bool) {
	if n.doc.env == nil {
		return resolve(n.y), true
	}
	left := maxCopied
	return n.copied(n.y, &left)
}

// decode decodes a value in which variables are replaced. An error is that of the value as it is written, since it may show the
// beginning of one.
func (n Node) decode(y *yaml.Node, to any) error {
	err := y.Decode(to)
	if err == nil || n.doc.env == nil {
		return err
	}
	if err = resolve(n.y).Decode(to); err == nil {
		return errors.New("cannot be read with what its variables are now")
	}
	return err
}

// maxCopied is how many values one may hold that another package reads: one that holds itself has no end.
const maxCopied = 10_000

func (n Node) copied(y *yaml.Node, left *int) (*yaml.Node, bool) {
	y = resolve(y)
	if *left--; *left <= 0 {
		if *left == 0 {
			n.Faultf("is too large, or holds itself")
		}
		return y, false
	}
	next, good := *y, true
	next.Anchor = ""
	if y.Kind == yaml.ScalarNode {
		next.Value, good = n.value(y)
		return &next, good
	}
	next.Content = slices.Clone(y.Content)
	for i, child := range y.Content {
		if *left <= 0 || y.Kind == yaml.MappingNode && i%2 == 0 { // a key
			continue
		}
		part, ok := n.copied(child, left)
		next.Content[i], good = part, good && ok
	}
	return &next, good
}

// expansion replaces the variables in one text.
type expansion struct {
	env    *Environment
	faults []string
}

func (x *expansion) expand(s string) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '$')
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		s = s[i:]
		switch v, ok := variableAt(s); {
		case ok:
			b.WriteString(x.value(v))
			s = s[len(v.text):]
		case strings.HasPrefix(s, "$$"):
			b.WriteByte('$')
			s = s[2:]
		default:
			b.WriteByte('$')
			s = s[1:]
		}
	}
}

// variable is a variable as it is written.
type variable struct {
	text string // ${NAME:-default}
	name string
	rest string // what follows the name: empty, or :- and the default, or else it is at fault
}

// variableAt reads the variable that a text begins with. What comes after ${ and is neither a letter nor _ names none: ${1} is
// part of a regular expression.
func variableAt(s string) (variable, bool) {
	if !strings.HasPrefix(s, "${") {
		return variable{}, false
	}
	end := 2
	for end < len(s) && (s[end] == '_' || s[end] >= 'a' && s[end] <= 'z' || s[end] >= 'A' && s[end] <= 'Z' || end > 2 && s[end] >= '0' && s[end] <= '9') {
		end++
	}
	if end == 2 {
		return variable{}, false
	}
	for i, open := end, 0; i < len(s); i++ { // a default may have braces of its own: ${A:-{{ .Labels.a }}}, ${A:-${B}}
		switch {
		case s[i] == '{':
			open++
		case s[i] == '}' && open == 0:
			return variable{s[:i+1], s[2:end], s[end:i]}, true
		case s[i] == '}':
			open--
		}
	}
	return variable{}, false
}

// value returns what is put in the place of a variable.
func (x *expansion) value(v variable) string {
	fallback, hasFallback := strings.CutPrefix(v.rest, ":-")
	switch {
	case x.env.lookup == nil:
		x.fault("has ${%s}, %s", v.name, x.env.refused)
		return ""
	case v.rest != "" && !hasFallback:
		x.fault("%s is neither ${%s} nor ${%[2]s:-default}; where a dollar is meant, write $$", v.text, v.name)
		return ""
	}
	value, ok := x.env.lookup(v.name)
	switch {
	case hasFallback && value == "":
		return x.expand(fallback)
	case !ok:
		x.fault("has ${%s}, and %[1]s is not set in the environment; set it, or give a default: ${%[1]s:-…}", v.name)
	case !utf8.ValidString(value):
		x.fault("has ${%s}, whose value is not UTF-8", v.name)
		return ""
	case value != "":
		x.env.hidden[value] = "${" + v.name + "}"
	}
	return value
}

func (x *expansion) fault(format string, args ...any) {
	x.faults = append(x.faults, fmt.Sprintf(format, args...))
}
