package rules

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// opposed is the rules that go up, by what those that go down may have in common with them.
type opposed map[common]*Rule

// common is the target and the matchers of rules that call at the same times.
type common struct {
	target   *Target
	resolved bool
	matchers string
}

func newOpposed(rules []*Rule) opposed {
	ups := opposed{}
	for _, r := range rules {
		if !r.steps(Up) {
			continue
		}
		if c := r.common(); ups[c] == nil {
			ups[c] = r
		}
	}
	return ups
}

// lint warns of a step down by the alerts of a step up.
func (ups opposed) lint(r *Rule) lint {
	if !r.steps(Down) {
		return lint{}
	}
	up := ups[r.common()]
	switch {
	case up == nil:
		return lint{}
	case r.Resolved:
		return lint{"down", fmt.Sprintf("rule %q goes up by the same matchers on the same target, so that each undoes what the other does", up.Name)}
	}
	return lint{"down", fmt.Sprintf("rule %q goes up by the same matchers on the same target, so that this one is held whenever it calls", up.Name)}
}

// steps reports whether a rule takes steps of a direction. One that is a dry run by itself holds nobody.
func (r *Rule) steps(d Direction) bool {
	step, ok := r.Action.(*Step)
	return ok && step.Way == d && !r.DryRun
}

// common knows matchers by their places in the file, since rules share them.
func (r *Rule) common() common {
	places := make([]int32, len(r.Matchers))
	for i, m := range r.Matchers {
		places[i] = m.place
	}
	slices.Sort(places)
	var matchers []byte
	for _, place := range slices.Compact(places) {
		matchers = binary.AppendUvarint(matchers, uint64(place))
	}
	return common{r.Target, r.Resolved, string(matchers)}
}
