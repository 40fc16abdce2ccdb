package rules

import "strings"

// Ref names one integer somewhere: the count of a workload. It is written
// driver:kind/namespace/name#path; a part that a driver does not have is left out.
type Ref struct {
	Driver    string `json:"driver"`              // the driver's name in the file
	Kind      string `json:"kind,omitempty"`      // Kind, or Kind.group where the file gives a group
	Namespace string `json:"namespace,omitempty"` //
	Name      string `json:"name"`                //
	Path      string `json:"path,omitempty"`      // a JSON pointer to the integer; empty: the scale subresource
}

// String gives the written form, under which the ref is stored, logged and counted.
func (r Ref) String() string {
	var b strings.Builder
	b.Grow(len(r.Driver) + len(r.Kind) + len(r.Namespace) + len(r.Name) + len(r.Path) + 4)
	b.WriteString(r.Driver)
	b.WriteByte(':')
	for _, part := range [...]string{r.Kind, r.Namespace} {
		if part != "" {
			b.WriteString(part)
			b.WriteByte('/')
		}
	}
	b.WriteString(r.Name)
	if r.Path != "" {
		b.WriteByte('#')
		b.WriteString(r.Path)
	}
	return b.String()
}

// Clone returns a ref that shares no memory with what it was rendered from, and how it is written, of which its parts
// are parts. Its name is not empty.
func (r Ref) Clone() (next Ref, written string) {
	written = r.String()
	rest := written
	cut := func(part string) string {
		if part == "" {
			return ""
		}
		part, rest = rest[:len(part)], rest[min(len(part)+1, len(rest)):]
		return part
	}
	return Ref{Driver: cut(r.Driver), Kind: cut(r.Kind), Namespace: cut(r.Namespace), Name: cut(r.Name), Path: cut(r.Path)}, written
}
