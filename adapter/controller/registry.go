package controller

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"alertscale/rules"
)

// registry holds the trackers of all refs, and which groups told of which.
type registry struct {
	limits Limits

	mu      sync.RWMutex // guards what follows
	refs    refIndex
	groups  map[rules.GroupID]trackerSet
	unknown int // refs whose workload was never found
}

func newRegistry(l Limits) *registry {
	return &registry{limits: l, refs: newRefIndex(), groups: map[rules.GroupID]trackerSet{}}
}

// get returns the tracker of a ref; nil where there is none.
func (g *registry) get(ref rules.Ref) *tracker {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.refs.get(ref)
}

// add takes a tracker in.
func (g *registry) add(tr *tracker) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.refs.add(tr)
}

// limitError is a ref that is not taken in, since there are too many.
type limitError struct{ what, text string }

func (e *limitError) Error() string { return e.text }

// ensure returns the tracker of a ref, making it where there is none and room for one. For a ref that the file itself
// names, fixed, there always is.
func (g *registry) ensure(ref rules.Ref, fixed bool, track func(rules.Ref) *tracker) (*tracker, error) {
	if tr := g.get(ref); tr != nil {
		return tr, nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if tr := g.refs.get(ref); tr != nil {
		return tr, nil
	}
	switch {
	case fixed:
	case g.refs.size() >= g.limits.MaxRefs:
		return nil, &limitError{"refs", fmt.Sprintf("%d refs are known already: narrow the rules, or raise --limits.max-refs", g.refs.size())}
	case g.unknown >= g.limits.MaxUnknownRefs:
		return nil, &limitError{"unknown_refs", fmt.Sprintf("%d refs are known that were never found: correct the rule that names them, "+
			"or raise --limits.max-unknown-refs; they are forgotten after an hour", g.unknown)}
	}
	tr := track(ref)
	g.refs.add(tr)
	return tr, nil
}

// all returns all trackers, in no order.
func (g *registry) all() []*tracker {
	g.mu.RLock()
	defer g.mu.RUnlock()
	all := make([]*tracker, 0, g.refs.size())
	for tr := range g.refs.all() {
		all = append(all, tr)
	}
	return all
}

// list returns all trackers, by the name of the ref.
func (g *registry) list() []*tracker {
	all := g.all()
	slices.SortFunc(all, func(x, y *tracker) int { return strings.Compare(x.name(), y.name()) })
	return all
}

// index notes which groups tell of a ref, and whether it is unknown. The caller holds the tracker.
func (g *registry) index(tr *tracker) {
	told := tr.cycle.Groups()
	unknown := tr.cycle.Unknown() && !tr.gone
	if slices.Equal(told, tr.groups) && unknown == tr.unknown {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.count(tr, unknown)
	for _, id := range tr.groups {
		if _, still := slices.BinarySearch(told, id); !still {
			if left := g.groups[id].without(tr); left.size() > 0 {
				g.groups[id] = left
			} else {
				delete(g.groups, id)
			}
		}
	}
	for _, id := range told {
		if _, before := slices.BinarySearch(tr.groups, id); before {
			continue
		}
		g.groups[id] = g.groups[id].with(tr)
	}
	tr.groups = told
}

func (g *registry) count(tr *tracker, unknown bool) {
	if unknown == tr.unknown {
		return
	}
	tr.unknown = unknown
	if unknown {
		g.unknown++
	} else {
		g.unknown--
	}
}

// toldBy lists the refs that a group told of, but those given.
func (g *registry) toldBy(id rules.GroupID, but []*tracker) []*tracker {
	g.mu.RLock()
	defer g.mu.RUnlock()
	here := g.groups[id]
	known := 0
	for _, tr := range but {
		if here.has(tr) {
			known++
		}
	}
	if known == here.size() {
		return nil
	}
	skip := make(map[*tracker]bool, len(but))
	for _, tr := range but {
		skip[tr] = true
	}
	var all []*tracker
	for tr := range here.all() {
		if !skip[tr] {
			all = append(all, tr)
		}
	}
	return all
}

// drop takes a ref out of which nothing is known any more. The caller holds the tracker.
func (g *registry) drop(tr *tracker) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.refs.drop(tr)
	g.count(tr, false)
	tr.gone = true
}
