package rules

import (
	"hash/maphash"
	"slices"
	"sync"
)

// index finds the rules that an alert matches without trying the others.
//
// Rules are filed under the values that their matchers leave for some labels: those of equalities and choices, and
// the texts that a regular expression begins or ends with. The labels, with the lengths of such texts, are the parts
// of a group; the values lead from there to the rules (tuple space search: Srinivasan, Suri, Varghese, SIGCOMM 1999).
// Rules that come to one place differ in their other matchers only, and stand there in a tree, in which each edge is
// a matcher that all rules behind it have: where it fails, they are skipped. A regular expression is tried once, also on
// the alerts that follow, while the value is the same.
//
// So the cost of a lookup depends on how many groups share a label with the alert, and not on how many rules there
// are. What it still depends on are the distinct matchers in the places that it comes to which do not say what a value
// is, begins or ends with: negative ones, those that an alert without the label matches, regular expressions such as
// ".*-web-.*" or "(?i)web", and choices beyond maxPlaces. Each of them that follows on matchers which match is tried, though
// not the rules that have it.
type index struct {
	rules []*Rule
	names map[string]int32 // the places of the names of labels that the file compares
	under [][]*group       // by the place of a label that an alert must have
	nodes []node           // the first one is that of the rules that are filed under no label
	tests []*Matcher       // of the nodes
	filed []int32          // the places of rules
	memos int              // how many regular expressions there are
	seed  maphash.Seed

	lookups sync.Pool
}

// group is the rules that are filed under the same labels.
type group struct {
	parts []indexPart
	// nodes are found by the sum of the hashes of the values. Rules that collide are told apart by their matchers.
	nodes map[uint64]int32
}

// indexPart is a label that rules are filed under: by its whole value or, where cut is not 0, by so many bytes of its
// beginning, or, below 0, of its end.
type indexPart struct{ label, cut int32 }

// of returns the part of a value that rules are filed under; false where it has none.
func (p indexPart) of(value string) (string, bool) {
	switch cut := int(p.cut); {
	case len(value) < max(cut, -cut, 1):
		return "", false
	case cut > 0:
		return value[:cut], true
	case cut < 0:
		return value[len(value)+cut:], true
	default:
		return value, true
	}
}

// node is the rules that have the matchers on the way to it and no others, and what leads on from it. It has places in
// place of pointers, so that the collector of garbage has nothing to follow.
type node struct {
	test       int32 // what leads to it; -1 at the beginning of a tree
	next, end  int32 // the nodes that it leads to: from next to before end
	rules, out int32 // its rules, in filed: from rules to before out
}

// lookup is what finding the rules of alerts works in.
type lookup struct {
	*index
	labels  []lookedUp // by the places of the names
	present []int32    // the places that have a value
	results []uint64   // of regular expressions: twice the number of the alert that they were tried on, and 1 where they match
	alert   uint64     // the number of the alert
	found   []int32
	swap    []int32 // the room of present of the alert before
}

// lookedUp is a label of the alert.
type lookedUp struct {
	value string // empty: the alert has none
	hash  uint64
	since uint64 // the alert from which on it has the value
	seen  uint64 // the last alert that has it
}

func (x *index) lookup() *lookup {
	if l, ok := x.lookups.Get().(*lookup); ok {
		return l
	}
	return &lookup{index: x, labels: make([]lookedUp, len(x.names)), results: make([]uint64, x.memos)}
}

// done forgets the values, as they are the memory of a notification.
func (l *lookup) done() {
	l.begin(nil)
	l.index.lookups.Put(l)
}

// find appends the rules that match, in the order of the file.
func (l *lookup) find(ls Labels, to []*Rule) []*Rule {
	l.begin(ls)
	l.walk(0)
	for _, label := range l.present {
		for _, g := range l.under[label] {
			if key, ok := l.key(g); ok {
				if n, ok := g.nodes[key]; ok {
					l.walk(n)
				}
			}
		}
	}
	slices.Sort(l.found)
	for _, i := range l.found {
		to = append(to, l.rules[i])
	}
	return to
}

// begin takes the labels of the next alert. What is known of values stays where they are those of the alert before.
func (l *lookup) begin(ls Labels) {
	l.alert++
	before := l.present
	l.present, l.found = l.swap[:0], l.found[:0]
	for i := range ls {
		place, ok := l.names[ls[i].Name]
		if !ok || ls[i].Value == "" || l.labels[place].seen == l.alert {
			continue
		}
		label := &l.labels[place]
		label.seen = l.alert
		if label.value != ls[i].Value {
			label.value, label.hash, label.since = ls[i].Value, l.hash(indexPart{label: place}, ls[i].Value), l.alert
		}
		l.present = append(l.present, place)
	}
	for _, place := range before {
		if label := &l.labels[place]; label.seen != l.alert {
			label.value, label.since = "", l.alert
		}
	}
	l.swap = before
}

func (l *lookup) key(g *group) (sum uint64, ok bool) {
	for _, p := range g.parts {
		label := &l.labels[p.label]
		part, ok := p.of(label.value)
		switch {
		case !ok:
			return 0, false
		case p.cut == 0:
			sum += label.hash
		default:
			sum += l.hash(p, part)
		}
	}
	return sum, true
}

func (x *index) hash(p indexPart, value string) uint64 {
	h := maphash.String(x.seed, value) ^ uint64(p.label)<<32 ^ uint64(uint32(p.cut))
	h *= 0x9e3779b97f4a7c15
	return h ^ h>>32
}

// walk goes through a tree, and collects the rules whose matchers match.
func (l *lookup) walk(at int32) {
	n := &l.nodes[at]
	for next := n.next; next < n.end; next++ {
		if l.matches(l.tests[l.nodes[next].test]) {
			l.walk(next)
		}
	}
	for _, i := range l.filed[n.rules:n.out] {
		if l.listed(l.rules[i]) {
			l.found = append(l.found, i)
		}
	}
}

// matches tries a matcher; a regular expression once, as long as the value is the same.
func (l *lookup) matches(t *Matcher) bool {
	label := &l.labels[t.label]
	if t.memo < 0 {
		return t.Matches(label.value)
	}
	kept := &l.results[t.memo]
	if *kept>>1 < max(1, label.since) {
		*kept = l.alert << 1
		if t.Matches(label.value) {
			*kept++
		}
	}
	return *kept&1 == 1
}

// listed reports whether an alert has the values that a rule is filed under.
func (l *lookup) listed(r *Rule) bool {
	for _, t := range r.Matchers {
		if t.lists() && !t.Matches(l.labels[t.label].value) {
			return false
		}
	}
	return true
}
