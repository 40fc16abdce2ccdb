package engine

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// shelf is a store that compares and swaps.
type shelf struct {
	records map[string]Record
	writes  int
	written int       // bytes
	next    []storing // of the writes to come
}

// storing is what befalls one write to the store.
type storing int

// What may befall a write: it is lost; it is stored and the answer is lost; somebody else writes first.
const (
	stores storing = iota
	writeLost
	savedUnheard
	outrun
)

func newShelf() *shelf { return &shelf{records: map[string]Record{}} }

// fails says what befalls the next writes.
func (s *shelf) fails(how ...storing) { s.next = append(s.next, how...) }

func (s *shelf) put(r Record) Reply {
	how := stores
	if len(s.next) > 0 {
		how, s.next = s.next[0], s.next[1:]
	}
	unavailable := Reply{Outcome: Unavailable, Text: "the store does not answer"}
	switch how {
	case writeLost:
		return unavailable
	case outrun:
		s.rewrite(r.Ref)
	}
	if s.records[r.Ref].Revision != r.Revision {
		return Reply{Outcome: Conflicted, Text: "somebody else wrote to the store"}
	}
	revision := s.write(r)
	if how == savedUnheard {
		return unavailable
	}
	return Reply{Outcome: Succeeded, Revision: revision}
}

// rewrite is what somebody else does who knows no more: the same is there, in another revision.
func (s *shelf) rewrite(ref string) {
	if r, ok := s.records[ref]; ok {
		s.write(r)
	}
}

func (s *shelf) write(r Record) Revision {
	s.writes++
	s.written += size(r)
	if len(r.Data) == 0 {
		delete(s.records, r.Ref)
		return ""
	}
	r.Revision = Revision(strconv.Itoa(s.writes))
	r.Parts = s.partsWith(r)
	s.records[r.Ref] = r
	return r.Revision
}

// partsWith returns the parts of a record that there are once it is written.
func (s *shelf) partsWith(r Record) []Part {
	all := map[string]Part{}
	for _, p := range append(slices.Clone(s.records[r.Ref].Parts), r.Parts...) {
		if all[p.Name] = p; len(p.Data) == 0 {
			delete(all, p.Name)
		}
	}
	return slices.SortedFunc(maps.Values(all), func(a, b Part) int { return strings.Compare(a.Name, b.Name) })
}

func (s *shelf) load(ref string) Reply { return Reply{Outcome: Succeeded, Record: s.records[ref]} }
