package controller

import (
	"iter"
	"maps"
)

// trackerSet is some trackers, most often but one, which takes no map.
type trackerSet struct {
	one  *tracker
	many map[*tracker]struct{} // in place of one
}

func (s trackerSet) size() int {
	if s.one != nil {
		return 1
	}
	return len(s.many)
}

func (s trackerSet) has(tr *tracker) bool {
	_, ok := s.many[tr]
	return ok || s.one == tr
}

// with returns the set with one more.
func (s trackerSet) with(tr *tracker) trackerSet {
	switch {
	case s.has(tr):
	case s.one != nil:
		s.many = map[*tracker]struct{}{s.one: {}, tr: {}}
		s.one = nil
	case len(s.many) > 0:
		s.many[tr] = struct{}{}
	default:
		s.one, s.many = tr, nil
	}
	return s
}

// without returns the set with one less.
func (s trackerSet) without(tr *tracker) trackerSet {
	if s.one == tr {
		s.one = nil
	}
	delete(s.many, tr)
	return s
}

func (s trackerSet) all() iter.Seq[*tracker] {
	if s.one == nil {
		return maps.Keys(s.many)
	}
	return func(yield func(*tracker) bool) { yield(s.one) }
}
