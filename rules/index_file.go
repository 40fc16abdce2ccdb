package rules

import (
	"cmp"
	"slices"
)

const (
	// crowd is how many rules may stand in one place before they are filed under more labels.
	crowd = 4
	// maxPlaces is in how many places a rule stands at most, where it is filed under several choices. Under one it
	// stands in as many as that has.
	maxPlaces = 16
)

// filing is one rule on its way into the index.
type filing struct {
	rule  int32
	parts []indexPart // sorted
	keys  []uint64    // for each combination of the values
	spare []key       // what it can be filed under, too
	rest  []int32     // the places of the matchers that are to be tried
}

// key is what a matcher lets a rule be filed under.
type key struct {
	part  indexPart
	texts []string
	test  int32
}

func (a *filing) has(label int32) bool {
	return slices.ContainsFunc(a.parts, func(p indexPart) bool { return p.label == label })
}

// takes reports whether a rule can be filed under one more label.
func (a *filing) takes(k key) bool {
	return !a.has(k.part.label) && (len(a.keys) == 1 || len(a.keys)*len(k.texts) <= maxPlaces)
}

// filer finds a place for each rule.
type filer struct {
	*index
	keys  map[int32]key // by the places of the matchers
	all   []filing
	stand map[uint64]int // how many rules stand in each place
	tried []int32        // how many rules try each matcher
}

// file begins with what a rule compares for equality, and goes on where that leaves a crowd.
func (f *filer) file() {
	f.all = make([]filing, len(f.rules))
	for i, r := range f.rules {
		f.all[i] = f.begin(int32(i), r)
	}
	for f.spread() {
	}
	f.tried = make([]int32, len(f.tests))
	for i := range f.all {
		a := &f.all[i]
		for _, k := range a.spare {
			if !f.tests[k.test].lists() || a.crowd(f.stand) > crowd { // else it is looked at when the rule is found
				a.rest = append(a.rest, k.test)
			}
		}
		slices.Sort(a.rest)
		a.rest = slices.Compact(a.rest)
		for _, t := range a.rest {
			f.tried[t]++
		}
	}
	for i := range f.all {
		slices.SortFunc(f.all[i].rest, func(a, b int32) int { return cmp.Or(cmp.Compare(f.tried[b], f.tried[a]), cmp.Compare(a, b)) })
	}
}

// begin files a rule under the values that it compares for equality.
func (f *filer) begin(i int32, r *Rule) filing {
	a := filing{rule: i, keys: []uint64{0}}
	for _, t := range r.Matchers {
		k, ok := f.key(t)
		switch {
		case ok && t.lists() && len(k.texts) == 1 && !a.has(k.part.label):
			f.add(&a, k)
			continue
		case ok:
			a.spare = append(a.spare, k)
		}
		if !ok || !t.lists() {
			a.rest = append(a.rest, t.place)
		}
	}
	return a
}

// key returns what a matcher lets a rule be filed under; false where that is nothing.
func (f *filer) key(t *Matcher) (key, bool) {
	if k, ok := f.keys[t.place]; ok {
		return k, k.texts != nil
	}
	l := t.literals(false)
	k := key{part: indexPart{label: t.label}, test: t.place}
	backwards := l.texts == nil
	if backwards {
		l = t.literals(true)
	}
	k.texts = l.texts
	if !l.whole && len(l.texts) > 0 {
		k.cutToShortest(backwards)
	}
	if !t.lists() {
		f.keys[t.place] = k
	}
	return k, k.texts != nil
}

// cutToShortest makes beginnings, or ends, of different lengths ones of the same length.
func (k *key) cutToShortest(backwards bool) {
	k.part.cut = int32(len(slices.MinFunc(k.texts, func(a, b string) int { return len(a) - len(b) })))
	if backwards {
		k.part.cut = -k.part.cut
	}
	for i, text := range k.texts {
		k.texts[i], _ = k.part.of(text)
	}
	slices.Sort(k.texts)
	k.texts = slices.Compact(k.texts)
}

// add files a rule under one more label.
func (f *filer) add(a *filing, k key) {
	keys := make([]uint64, 0, len(a.keys)*len(k.texts))
	for _, sum := range a.keys {
		for _, text := range k.texts {
			keys = append(keys, sum+f.hash(k.part, text))
		}
	}
	a.keys = keys
	a.parts = append(a.parts, k.part)
	slices.SortFunc(a.parts, func(x, y indexPart) int { return int(x.label - y.label) })
	a.spare = slices.DeleteFunc(a.spare, func(other key) bool { return other.test == k.test })
}

// spread files each rule that stands in a crowd under one more label. It reports whether there was any.
func (f *filer) spread() bool {
	f.stand = map[uint64]int{}
	for i := range f.all {
		for _, sum := range f.all[i].keys {
			f.stand[sum]++
		}
	}
	var crowded []*filing
	would := map[uint64]int{}
	for i := range f.all {
		a := &f.all[i]
		if len(a.spare) == 0 || a.crowd(f.stand) <= crowd {
			continue
		}
		crowded = append(crowded, a)
		for _, k := range a.spare {
			if a.takes(k) {
				f.each(a, k, func(sum uint64) { would[sum]++ })
			}
		}
	}
	moved := false
	for _, a := range crowded {
		if k, ok := f.best(a, a.crowd(f.stand), would); ok {
			f.add(a, k)
			moved = true
		}
	}
	return moved
}

// crowd is how many rules stand in the fullest place of a rule.
func (a *filing) crowd(stand map[uint64]int) int {
	most := 0
	for _, sum := range a.keys {
		most = max(most, stand[sum])
	}
	return most
}

// each hands over the places in which a rule would stand.
func (f *filer) each(a *filing, k key, place func(uint64)) {
	for _, text := range k.texts {
		h := f.hash(k.part, text)
		for _, sum := range a.keys {
			place(sum + h)
		}
	}
}

// best returns what leaves a rule among the fewest others. It is of use where at least one of the places has no more
// than half of the crowd.
func (f *filer) best(a *filing, crowd int, would map[uint64]int) (best key, ok bool) {
	least := 0.0
	for _, k := range a.spare {
		if !a.takes(k) {
			continue
		}
		sum, emptiest := 0, crowd
		f.each(a, k, func(key uint64) {
			sum += would[key]
			emptiest = min(emptiest, would[key])
		})
		mean := float64(sum) / float64(len(a.keys)*len(k.texts))
		if emptiest*2 <= crowd && (!ok || mean < least) {
			best, least, ok = k, mean, true
		}
	}
	return best, ok
}
