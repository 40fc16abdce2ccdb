package chain

import (
	"cmp"
	"maps"
	"slices"

	"alertscale/rules"
	"alertscale/rules/possible"
)

// index finds the rules that alerts of a name may match, however many rules there are.
type index struct {
	all      []*rules.Rule
	matchers map[int][]possible.Matcher // by the rule's index
	byName   map[string][]*rules.Rule   // those that are for alerts of some names alone
	anyName  []*rules.Rule
	names    []string // of byName, sorted
}

func newIndex(all []*rules.Rule) *index {
	x := &index{all: all, matchers: map[int][]possible.Matcher{}, byName: map[string][]*rules.Rule{}}
	for _, r := range all {
		for _, m := range r.Matchers {
			x.matchers[r.Index] = append(x.matchers[r.Index], possible.Matcher{Type: m.Type, Name: m.Name, Value: m.Value, Match: m.Matches})
		}
		names := x.namesOf(r)
		if names == nil {
			x.anyName = append(x.anyName, r)
		}
		for _, name := range names {
			x.byName[name] = append(x.byName[name], r)
		}
	}
	x.names = slices.Sorted(maps.Keys(x.byName))
	return x
}

// namesOf returns the names of the alerts that a rule is for; nil where it does not list them.
func (x *index) namesOf(r *rules.Rule) []string {
	v := possible.Any()
	for _, m := range x.matchers[r.Index] {
		if m.Name == alertName {
			v, _ = v.Narrow(m)
		}
	}
	return v.Values()
}

// candidates returns the rules that alerts may match as far as their name says, in the order of the file.
func (x *index) candidates(ls possible.Labels) []*rules.Rule {
	name, ok := ls.Get(alertName).Exact()
	switch {
	case !ok:
		return x.all
	case len(x.anyName) == 0:
		return x.byName[name]
	}
	found := append(slices.Clone(x.byName[name]), x.anyName...)
	slices.SortFunc(found, func(a, b *rules.Rule) int { return cmp.Compare(a.Index, b.Index) })
	return found
}
