package rules

import (
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"slices"
)

func newIndex(all []*Rule, matchers *matcherTable) *index {
	x := &index{rules: all, names: matchers.names, tests: matchers.tests, seed: maphash.MakeSeed()}
	f := filer{index: x, keys: map[int32]key{}}
	f.file()
	b := builder{index: x}
	b.build(f.all)
	x.under = anchored(b.groups, len(x.names))
	for _, t := range x.tests {
		if isRegexp(t.Matcher) {
			t.memo = int32(x.memos)
			x.memos++
		}
	}
	return x
}

// builder makes the groups and the trees of rules that are filed.
type builder struct {
	*index
	groups []*group
}

// standing is a rule in one place.
type standing struct {
	group int32 // its place among the groups; -1: that of the rules that are filed under no label
	key   uint64
	*filing
}

func compareStandings(a, b standing) int {
	return cmp.Or(cmp.Compare(a.group, b.group), cmp.Compare(a.key, b.key), slices.Compare(a.rest, b.rest), cmp.Compare(a.rule, b.rule))
}

func (b *builder) build(all []filing) {
	standings := b.standings(all)
	b.nodes = make([]node, 1, len(standings)+1)
	b.nodes[0].test = -1
	for len(standings) > 0 {
		first := standings[0]
		n := length(standings, func(s *standing) bool { return s.group == first.group && s.key == first.key })
		at := int32(0)
		if first.group >= 0 {
			at = b.open(1)
			b.nodes[at].test = -1
			b.groups[first.group].nodes[first.key] = at
		}
		b.fill(at, standings[:n], 0)
		standings = standings[n:]
	}
	b.nodes = slices.Clip(b.nodes)
	b.filed = slices.Clip(b.filed)
}

// standings lists the rules in all their places, those of one place after each other.
func (b *builder) standings(all []filing) []standing {
	var list []standing
	known := map[string]int32{}
	for i := range all {
		a := &all[i]
		g := int32(-1)
		if len(a.parts) > 0 {
			g = b.group(a.parts, known)
		}
		for _, sum := range a.keys {
			list = append(list, standing{g, sum, a})
		}
	}
	slices.SortFunc(list, compareStandings)
	return list
}

// group returns the place of the group of some parts.
func (b *builder) group(parts []indexPart, known map[string]int32) int32 {
	id := make([]byte, 0, 64)
	for _, p := range parts {
		id = binary.LittleEndian.AppendUint32(id, uint32(p.label))
		id = binary.LittleEndian.AppendUint32(id, uint32(p.cut))
	}
	at, ok := known[string(id)]
	if !ok {
		at = int32(len(b.groups))
		known[string(id)] = at
		b.groups = append(b.groups, &group{parts: parts, nodes: map[uint64]int32{}})
	}
	return at
}

// length counts the standings at the beginning that are alike.
func length(list []standing, alike func(*standing) bool) int {
	n := 1
	for n < len(list) && alike(&list[n]) {
		n++
	}
	return n
}

// open makes room for nodes, and returns the place of the first.
func (b *builder) open(n int) int32 {
	at := len(b.nodes)
	b.nodes = append(b.nodes, make([]node, n)...)
	return int32(at)
}

// fill makes a tree of rules, which have their first matchers, as many as depth, in common.
func (b *builder) fill(at int32, list []standing, depth int) {
	n := node{test: b.nodes[at].test, rules: int32(len(b.filed))}
	for len(list) > 0 && len(list[0].rest) == depth {
		b.filed = append(b.filed, list[0].rule)
		list = list[1:]
	}
	n.out = int32(len(b.filed))
	var ends []int
	for end := 0; end < len(list); ends = append(ends, end) {
		test := list[end].rest[depth]
		end += length(list[end:], func(s *standing) bool { return s.rest[depth] == test })
	}
	n.next = b.open(len(ends))
	n.end = n.next + int32(len(ends))
	b.nodes[at] = n
	start := 0
	for i, end := range ends {
		next := n.next + int32(i)
		b.nodes[next].test = list[start].rest[depth]
		b.fill(next, list[start:end], depth+1)
		start = end
	}
}

// anchored lists each group under that of its labels which the fewest groups have.
func anchored(groups []*group, names int) [][]*group {
	uses := make([]int, names)
	for _, g := range groups {
		for _, p := range g.parts {
			uses[p.label]++
		}
	}
	under := make([][]*group, names)
	for _, g := range groups {
		rarest := slices.MinFunc(g.parts, func(a, b indexPart) int {
			return cmp.Or(cmp.Compare(uses[a.label], uses[b.label]), cmp.Compare(a.label, b.label))
		}).label
		under[rarest] = append(under[rarest], g)
	}
	return under
}
