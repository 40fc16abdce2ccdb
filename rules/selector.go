package rules

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"alertscale/rules/yamldoc"
)

// Remove says which of a group's hosts go first.
type Remove string

// The hosts that were made last, or first.
const (
	RemoveNewest Remove = "newest"
	RemoveOldest Remove = "oldest"
)

func readRemove(n yamldoc.Node) Remove {
	r := Remove(n.Text())
	if r != RemoveNewest && r != RemoveOldest && r != "" {
		n.Faultf("%q is neither oldest nor newest", string(r))
	}
	return r
}

// selector is the labels that the hosts of a group have, sorted by name. A ref has it as its name, written
// pool=web,tier=a.
type selector []selectorPart

type selectorPart struct {
	label string
	value part
}

func readSelector(n yamldoc.Node) selector {
	s := selector{}
	n.Each(func(label string, v yamldoc.Node) {
		if err := badPair(label); err != nil {
			v.Faultf("the label %v", err)
		}
		p := readPart(v)
		if p.fixed() {
			if err := badPair(p.text); err != nil {
				v.Faultf("%v", err)
			}
		}
		s = append(s, selectorPart{label, p})
	})
	if len(s) == 0 && n.IsMap() {
		n.Faultf("is empty: it would take every host")
	}
	slices.SortFunc(s, func(a, b selectorPart) int { return cmp.Compare(a.label, b.label) })
	return s
}

// badPair refuses what would make a selector in a ref ambiguous.
func badPair(s string) error {
	if i := strings.IndexAny(s, "=,"); i >= 0 {
		return fmt.Errorf("%q has %q in it, which no part of a selector may have", s, s[i:i+1])
	}
	return CheckPart(s)
}

func (s selector) render(ls Labels) (string, error) {
	var b strings.Builder
	for i, p := range s {
		value, err := p.value.render(ls)
		if err == nil {
			err = badPair(value)
		}
		if err != nil {
			return "", fmt.Errorf("%s: %w", p.label, err)
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(p.label + "=" + value)
	}
	return b.String(), nil
}

// fixedName is the name of a ref with the selector, as a part that is a template where one of its values is.
func (s selector) fixedName() part {
	if slices.ContainsFunc(s, func(p selectorPart) bool { return !p.value.fixed() }) {
		return part{pieces: []piece{}}
	}
	name, err := s.render(nil)
	if err != nil {
		return part{} // a fault by now
	}
	return part{text: name}
}

// Selector returns the labels that the hosts of a ref have, sorted by name; false where the target has no
// selector, or could not have named the ref.
func (t *Target) Selector(r Ref) ([]Label, bool) {
	pairs, err := parsePairs(r.Name)
	if t.selector == nil || err != nil || len(pairs) != len(t.selector) {
		return nil, false
	}
	for i, p := range t.selector {
		if pairs[i].Name != p.label || !p.value.covers(pairs[i].Value) {
			return nil, false
		}
	}
	return pairs, true
}

func parsePairs(name string) ([]Label, error) {
	var pairs []Label
	for pair := range strings.SplitSeq(name, ",") {
		label, value, ok := strings.Cut(pair, "=")
		if !ok {
			return nil, errors.New("no selector")
		}
		pairs = append(pairs, Label{label, value})
	}
	return pairs, nil
}

// Group returns what the file says of a ref that is a group of hosts: the labels of its hosts, and which of
// them go first; newest where it does not say. False: the file has no such group.
func (s *Set) Group(r Ref) (pairs []Label, first Remove, ok bool) {
	t := s.fixed[r]
	if t == nil {
		t = s.owners.group(r)
	}
	if t == nil || t.selector == nil {
		return nil, "", false
	}
	pairs, _ = t.Selector(r)
	return pairs, cmp.Or(t.Remove, RemoveNewest), true
}
