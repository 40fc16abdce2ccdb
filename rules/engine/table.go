package engine

import (
	"iter"
	"time"
)

// table is a map that is cheap to copy and to compare with an earlier copy of itself: its entries lie in shards of a few,
// and a copy shares them until one is written to. So one entry more of ten thousand copies and stores a few.
// It grows and shrinks by one shard at a time (linear hashing: Litwin, VLDB 1980).
type table[K key, V value] struct {
	shards []*shard[K, V]
	n      int
	keys   uint64 // the sum of their hashes: with n it tells one set of keys from another
}

// key is what a table finds its entries by. Its hash is the same in every process, since shards are stored.
type key interface {
	comparable
	hash() uint64
}

// value is what a table holds: a pointer to what is replaced, never written to.
type value interface {
	comparable
	// latest is the latest time of receipt in it.
	latest() time.Time
	// due is when something is due for it at the earliest, where alerts that nobody speaks of are suspended after ttl.
	due(ttl time.Duration) time.Time
}

// shard holds the entries of one part of the hashes.
type shard[K key, V value] struct {
	entries []entry[K, V]
	own     *owner // who may write to it in place
	bounds  *bounds
}

type entry[K key, V value] struct {
	key   K
	value V
}

// bounds are the extremes of a shard's entries, worked out when they are asked for; nil: they were not.
type bounds struct {
	ttl    time.Duration // that due was worked out for
	latest time.Time
	due    time.Time
}

// owner is whose shards are its own. A state that was copied owns none any more, and neither does the copy.
type owner struct{ gone bool }

// The number of entries of a shard on average, at which there is to be one more or one less of them: few, since a store
// writes pages, and one that is larger than a page is more than one.
const (
	fullShard  = 6
	emptyShard = 1
)

// get returns what is held for a key; nil: nothing is.
func (t *table[K, V]) get(k K) (v V) {
	if len(t.shards) == 0 {
		return v
	}
	return t.shards[t.place(k)].get(k)
}

func (s *shard[K, V]) get(k K) (v V) {
	if i := s.index(k); i >= 0 {
		return s.entries[i].value
	}
	return v
}

func (s *shard[K, V]) index(k K) int {
	for i := range s.entries {
		if s.entries[i].key == k {
			return i
		}
	}
	return -1
}

// place is the shard of a key: by so many bits of its hash that the number is that of a shard.
func (t *table[K, V]) place(k K) int { return place(k.hash(), len(t.shards)) }

func place(hash uint64, shards int) int {
	mask := uint64(1)
	for mask < uint64(shards) {
		mask <<= 1
	}
	if i := hash & (mask - 1); i < uint64(shards) {
		return int(i)
	}
	return int(hash & (mask/2 - 1))
}

// put holds a value for a key. The table is the owner's, whose list of shards is no other's.
func (t *table[K, V]) put(own *owner, k K, v V) {
	if len(t.shards) == 0 {
		t.shards = append(t.shards, &shard[K, V]{own: own})
	}
	s := t.mine(own, t.place(k))
	if i := s.index(k); i >= 0 {
		s.entries[i].value = v
		return
	}
	s.entries = append(s.entries, entry[K, V]{k, v})
	t.keys += k.hash()
	if t.n++; t.n > fullShard*len(t.shards) {
		t.split(own)
	}
}

// drop holds nothing for a key any more.
func (t *table[K, V]) drop(own *owner, k K) {
	var none V
	if t.get(k) == none {
		return
	}
	s := t.mine(own, t.place(k))
	last := len(s.entries) - 1
	s.entries[s.index(k)] = s.entries[last]
	s.entries[last] = entry[K, V]{}
	s.entries = s.entries[:last]
	t.keys -= k.hash()
	if t.n--; t.n < emptyShard*(len(t.shards)-1) {
		t.merge(own)
	}
}

// mine returns a shard to write to.
func (t *table[K, V]) mine(own *owner, i int) *shard[K, V] {
	s := t.shards[i]
	s.bounds = nil
	if s.own == own {
		return s
	}
	next := &shard[K, V]{entries: append(make([]entry[K, V], 0, len(s.entries)+1), s.entries...), own: own}
	t.shards[i] = next
	return next
}

// split makes one more shard, and parts the entries of the one that had its hashes.
func (t *table[K, V]) split(own *owner) {
	t.shards = append(t.shards, &shard[K, V]{own: own})
	last := len(t.shards) - 1
	mask := 1
	for mask <= last {
		mask <<= 1
	}
	old := t.mine(own, last&(mask/2-1))
	kept := old.entries[:0:0]
	for _, e := range old.entries {
		if place(e.key.hash(), len(t.shards)) == last {
			t.shards[last].entries = append(t.shards[last].entries, e)
		} else {
			kept = append(kept, e)
		}
	}
	old.entries = kept
}

// merge puts the entries of the last shard where they were before it was split off.
func (t *table[K, V]) merge(own *owner) {
	last := len(t.shards) - 1
	gone := t.shards[last]
	t.shards[last] = nil
	t.shards = t.shards[:last]
	for _, e := range gone.entries {
		s := t.mine(own, t.place(e.key))
		s.entries = append(s.entries, e)
	}
}

// all goes through the entries. Meanwhile a value may be replaced; nothing may be added or dropped.
func (t *table[K, V]) all() iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		for _, s := range t.shards {
			for _, e := range s.entries {
				if !yield(e.key, e.value) {
					return
				}
			}
		}
	}
}

// dueBy goes through the entries of the shards in which something may be due by a time. Meanwhile a value may be replaced.
func (t *table[K, V]) dueBy(ttl time.Duration, now time.Time) iter.Seq2[K, V] {
	return t.where(func(s *shard[K, V]) bool { return !now.Before(s.extremes(ttl).due) })
}

// after goes through the entries of the shards in which a time of receipt lies after a time. Meanwhile a value may be replaced.
func (t *table[K, V]) after(ttl time.Duration, now time.Time) iter.Seq2[K, V] {
	return t.where(func(s *shard[K, V]) bool { return s.extremes(ttl).latest.After(now) })
}

func (t *table[K, V]) where(may func(*shard[K, V]) bool) iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		for _, s := range t.shards {
			if len(s.entries) == 0 || !may(s) {
				continue
			}
			for _, e := range s.entries {
				if !yield(e.key, e.value) {
					return
				}
			}
		}
	}
}

// nextDue is when something is due for an entry at the earliest; zero: there is none.
func (t *table[K, V]) nextDue(ttl time.Duration) time.Time {
	var at time.Time
	for _, s := range t.shards {
		if len(s.entries) > 0 {
			at = soonest(at, later(s.extremes(ttl).due, time.Time{}.Add(1)))
		}
	}
	return at
}

// extremes returns the bounds of a shard that has entries.
func (s *shard[K, V]) extremes(ttl time.Duration) bounds {
	if s.bounds != nil && s.bounds.ttl == ttl {
		return *s.bounds
	}
	b := bounds{ttl: ttl, due: s.entries[0].value.due(ttl)}
	for _, e := range s.entries {
		b.latest = later(b.latest, e.value.latest())
		b.due = earlier(b.due, e.value.due(ttl))
	}
	if len(s.entries) > 1 { // of one they are worked out as fast as they are found
		kept := b
		s.bounds = &kept
	}
	return b
}
