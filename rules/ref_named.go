package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"alertscale/rules/yamldoc"
)

// RefNamed returns the ref that a person means, as it is written: that of a target by the target's name, or one that is
// written out, which a target of the file could have.
func (s *Set) RefNamed(name string) (string, error) {
	if t := s.Targets[name]; t != nil {
		ref, ok := t.Ref()
		if !ok {
			return "", fmt.Errorf("target %q is a family: name one of its refs, such as %s", name, t.example())
		}
		return ref.String(), nil
	}
	if slices.ContainsFunc(refsWritten(name), s.covers) {
		return name, nil
	}
	names := s.targetNames()
	hint := yamldoc.Hint(name, names)
	if hint == "" {
		hint = "; there are " + strings.Join(names, ", ")
	}
	return "", fmt.Errorf("%q is no target of the file, and no ref that one of its targets has%s", name, hint)
}

// covers reports whether a target of the file could have a ref.
func (s *Set) covers(r Ref) bool {
	for t := range maps.Values(s.Targets) {
		if t.ref != nil && *t.ref == r || t.ref == nil && t.covers(r) && t.hasParts(r) {
			return true
		}
	}
	return false
}

// hasParts reports whether a ref has all parts that alerts name for the target.
func (t *Target) hasParts(r Ref) bool {
	return r.Name != "" && (t.kind.fixed() || r.Kind != "") && (t.namespace.fixed() || r.Namespace != "")
}

// refsWritten returns what a text may be as a ref: of two parts the first may be a kind or a namespace.
func refsWritten(text string) []Ref {
	driver, rest, ok := strings.Cut(text, ":")
	if !ok {
		return nil
	}
	rest, path, _ := strings.Cut(rest, "#")
	r := Ref{Driver: driver, Path: path}
	switch parts := strings.Split(rest, "/"); len(parts) {
	case 1:
		r.Name = parts[0]
	case 2:
		namespaced := r
		r.Kind, r.Name = parts[0], parts[1]
		namespaced.Namespace, namespaced.Name = parts[0], parts[1]
		return []Ref{r, namespaced}
	case 3:
		r.Kind, r.Namespace, r.Name = parts[0], parts[1], parts[2]
	default:
		return nil
	}
	return []Ref{r}
}

// example is a ref of a family, with words in place of what its alerts say.
func (t *Target) example() string {
	word := func(p *part, text string) string {
		if p.empty() || !p.fixed() {
			return text
		}
		return p.text
	}
	r := Ref{Driver: word(&t.driver, "DRIVER"), Path: t.Path, Name: word(&t.name, "NAME")}
	if !t.kind.empty() {
		r.Kind = word(&t.kind, "KIND")
	}
	if !t.namespace.empty() {
		r.Namespace = word(&t.namespace, "NAMESPACE")
	}
	return r.String()
}
