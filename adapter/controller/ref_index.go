package controller

import (
	"hash/maphash"
	"iter"

	"alertscale/rules"
)

// refIndex finds the tracker of a ref by the ref's hash: a map that has the refs themselves as its keys takes four times
// the memory.
type refIndex struct {
	hash   func(rules.Ref) uint64
	byHash map[uint64]*tracker
	others map[rules.Ref]*tracker // of a hash that another ref had before
}

func newRefIndex() refIndex {
	seed := maphash.MakeSeed()
	return refIndex{
		hash: func(r rules.Ref) uint64 { return maphash.Comparable(seed, r) }, byHash: map[uint64]*tracker{}, others: map[rules.Ref]*tracker{},
	}
}

func (x *refIndex) size() int { return len(x.byHash) + len(x.others) }

// get returns the tracker of a ref; nil where there is none.
func (x *refIndex) get(ref rules.Ref) *tracker {
	if tr := x.byHash[x.hash(ref)]; tr != nil && tr.ref() == ref {
		return tr
	}
	return x.others[ref]
}

// add enters a tracker, in the place of one of the same ref.
func (x *refIndex) add(tr *tracker) {
	ref := tr.ref()
	hash := x.hash(ref)
	if here := x.byHash[hash]; here != nil && here.ref() != ref || x.others[ref] != nil {
		x.others[ref] = tr
		return
	}
	x.byHash[hash] = tr
}

// drop takes a tracker out.
func (x *refIndex) drop(tr *tracker) {
	ref := tr.ref()
	switch hash := x.hash(ref); tr {
	case x.byHash[hash]:
		delete(x.byHash, hash)
	case x.others[ref]:
		delete(x.others, ref)
	}
}

// all goes through the trackers, in no order.
func (x *refIndex) all() iter.Seq[*tracker] {
	return func(yield func(*tracker) bool) {
		for _, tr := range x.byHash {
			if !yield(tr) {
				return
			}
		}
		for _, tr := range x.others {
			if !yield(tr) {
				return
			}
		}
	}
}
