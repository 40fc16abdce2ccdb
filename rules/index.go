package rules

import (
	"cmp"
	"slices"
	"strings"

	"github.com/prometheus/alertmanager/pkg/labels"
)

// index finds the rules that an alert may match without trying the others. Rules are grouped by
// the label names that they compare for equality; in a group, the values lead to the rules (tuple
// space search: Srinivasan, Suri, Varghese, SIGCOMM 1999). The cost of a lookup depends on the
// number of such groups that share a label with the alert, not on the number of rules.
type index struct {
	groups map[string][]*group // by the name of one label that an alert must have
	rest   []*Rule             // those that compare nothing for equality
}

type group struct {
	names []string           // sorted
	rules map[string][]*Rule // by the values of the names, joined
}

func newIndex(all []*Rule) index {
	x := index{groups: map[string][]*group{}}
	byNames := map[string]*group{}
	for _, r := range all {
		names, keys := equalities(r)
		if len(names) == 0 {
			x.rest = append(x.rest, r)
			continue
		}
		id := strings.Join(names, "\xff")
		g := byNames[id]
		if g == nil {
			g = &group{names: names, rules: map[string][]*Rule{}}
			byNames[id] = g
		}
		for _, key := range keys {
			g.rules[key] = append(g.rules[key], r)
		}
	}
	x.anchor(byNames)
	return x
}

// anchor files each group under that of its names which the fewest groups have.
func (x *index) anchor(byNames map[string]*group) {
	uses := map[string]int{}
	for _, g := range byNames {
		for _, name := range g.names {
			uses[name]++
		}
	}
	for _, g := range byNames {
		rarest := slices.MinFunc(g.names, func(a, b string) int {
			return cmp.Or(cmp.Compare(uses[a], uses[b]), cmp.Compare(a, b))
		})
		x.groups[rarest] = append(x.groups[rarest], g)
	}
}

// find appends the rules that match, in the order of the file. key is a buffer to work in.
func (x *index) find(ls Labels, to []*Rule, key []byte) ([]*Rule, []byte) {
	for _, l := range ls {
		for _, g := range x.groups[l.Name] {
			var ok bool
			if key, ok = g.key(ls, key[:0]); !ok {
				continue
			}
			for _, r := range g.rules[string(key)] {
				if r.matches(ls) {
					to = append(to, r)
				}
			}
		}
	}
	for _, r := range x.rest {
		if r.matches(ls) {
			to = append(to, r)
		}
	}
	if len(to) > 1 {
		slices.SortFunc(to, func(a, b *Rule) int { return a.Index - b.Index })
	}
	return to, key
}

func (g *group) key(ls Labels, key []byte) ([]byte, bool) {
	for _, name := range g.names {
		v := ls.Get(name)
		if v == "" {
			return key, false
		}
		key = append(append(key, v...), 0xff)
	}
	return key, true
}

// equalities returns the names that a rule compares for equality and the joined values that it
// takes: one, or, for a rule that has nothing but a choice such as severity=~"a|b", one for each.
func equalities(r *Rule) (names, keys []string) {
	values := map[string]string{}
	for _, m := range r.Matchers {
		if m.Type == labels.MatchEqual && m.Value != "" {
			values[m.Name] = m.Value
		}
	}
	if len(values) == 0 {
		return choice(r)
	}
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	var key []byte
	for _, name := range names {
		key = append(append(key, values[name]...), 0xff)
	}
	return names, []string{string(key)}
}

func choice(r *Rule) (names, keys []string) {
	for _, t := range r.tests {
		if t.choice == nil {
			continue
		}
		for _, v := range t.choice {
			keys = append(keys, v+"\xff")
		}
		return []string{t.Name}, keys
	}
	return nil, nil
}
