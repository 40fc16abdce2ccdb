package simulation

import (
	"maps"
	"slices"
	"strings"

	"alertscale/rules"
)

// groups says which refs a group told of.
type groups map[rules.GroupID]map[*tracked]bool

// index notes which groups tell of a ref by now.
func (g groups) index(t *tracked) {
	now := t.cycle.Groups()
	if slices.Equal(now, t.groups) {
		return
	}
	for _, id := range t.groups {
		if delete(g[id], t); len(g[id]) == 0 {
			delete(g, id)
		}
	}
	for _, id := range now {
		if g[id] == nil {
			g[id] = map[*tracked]bool{}
		}
		g[id][t] = true
	}
	t.groups = now
}

// of lists the refs that a group told of, but those given, by their names.
func (g groups) of(id rules.GroupID, but map[*tracked]bool) []*tracked {
	var all []*tracked
	for t := range maps.Keys(g[id]) {
		if !but[t] {
			all = append(all, t)
		}
	}
	slices.SortFunc(all, func(a, b *tracked) int { return strings.Compare(a.cycle.Name(), b.cycle.Name()) })
	return all
}
