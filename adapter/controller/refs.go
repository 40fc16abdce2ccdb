package controller

import (
	"maps"
	"slices"
	"time"

	"alertscale/rules"
)

// entry returns what is held of a ref, making it where there is nothing.
func (a *Adapter) entry(ref rules.Ref) *entry {
	a.mu.RLock()
	en := a.refs[ref]
	a.mu.RUnlock()
	if en != nil {
		return en
	}
	ref = ref.Clone()
	a.mu.Lock()
	defer a.mu.Unlock()
	if en = a.refs[ref]; en == nil {
		en = &entry{ref: ref, name: ref.String(), heapIndex: -1}
		a.refs[ref] = en
	}
	return en
}

// entries lists what is held, by the name of the ref.
func (a *Adapter) entries() []*entry {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return slices.SortedFunc(maps.Values(a.refs), func(x, y *entry) int {
		if x.name < y.name {
			return -1
		}
		return 1
	})
}

// index notes which groups tell of a ref. The caller holds the entry.
func (a *Adapter) index(en *entry) {
	told := en.mem.Groups()
	if slices.Equal(told, en.groups) {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, g := range en.groups {
		if _, still := slices.BinarySearch(told, g); !still {
			delete(a.groups[g], en)
			if len(a.groups[g]) == 0 {
				delete(a.groups, g)
			}
		}
	}
	for _, g := range told {
		if _, before := slices.BinarySearch(en.groups, g); before {
			continue
		}
		if a.groups[g] == nil {
			a.groups[g] = map[*entry]struct{}{}
		}
		a.groups[g][en] = struct{}{}
	}
	en.groups = told
}

// toldBy lists the refs that a group told of, but those given.
func (a *Adapter) toldBy(g rules.GroupID, but []*entry) []*entry {
	a.mu.RLock()
	defer a.mu.RUnlock()
	here := a.groups[g]
	if len(here) == 0 {
		return nil
	}
	known := 0
	for _, en := range but {
		if _, ok := here[en]; ok {
			known++
		}
	}
	if known == len(here) {
		return nil
	}
	skip := make(map[*entry]bool, len(but))
	for _, en := range but {
		skip[en] = true
	}
	var all []*entry
	for en := range here {
		if !skip[en] {
			all = append(all, en)
		}
	}
	return all
}

// drop takes a ref out of which nothing is remembered any more. The caller holds the entry.
func (a *Adapter) drop(en *entry) {
	a.mu.Lock()
	delete(a.refs, en.ref)
	a.mu.Unlock()
	a.wakes.set(en, time.Time{})
	en.gone = true
}

// start puts a ref to work unless it is at it. The caller holds the entry.
func (a *Adapter) start(en *entry) {
	if !en.running {
		en.running = true
		a.pool(en.ref.Driver).submit(en)
	}
}

func (a *Adapter) pool(driver string) *pool {
	a.mu.RLock()
	p := a.pools[driver]
	a.mu.RUnlock()
	if p != nil {
		return p
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if p = a.pools[driver]; p == nil {
		p = &pool{work: a.serve}
		a.pools[driver] = p
	}
	return p
}

// heard notes that last-heard times are to be stored, a little later. The caller holds the entry.
func (a *Adapter) heard(en *entry, now time.Time) {
	if en.heardAt.IsZero() {
		en.heardAt = now
		a.wakes.sooner(en, now.Add(heardLate))
	}
}

// schedule sets when to come back to a ref by itself. The caller holds the entry.
func (a *Adapter) schedule(en *entry, t *rules.Target, now time.Time) {
	wake := en.mem.NextWake(t, now)
	if en.refused {
		wake = en.mem.Upkeep(t, now)
	}
	a.wakeAt(en, wake, now)
}

// wakeAt sets when to come back to a ref, sooner where something is to be stored.
func (a *Adapter) wakeAt(en *entry, wake, now time.Time) {
	by := func(at time.Time) {
		if wake.IsZero() || at.Before(wake) {
			wake = at
		}
	}
	if en.unsaved {
		by(now.Add(retryDelay(en.fails)))
	}
	if !en.heardAt.IsZero() {
		by(en.heardAt.Add(heardLate))
	}
	a.wakes.set(en, wake)
}
