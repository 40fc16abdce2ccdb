package engine

import (
	"cmp"
	"container/heap"
	"slices"
	"strings"
	"time"
)

// maxAlerts is how many alerts are remembered for a ref.
const maxAlerts = 10_000

// trim drops what is over maxAlerts: the oldest resolves first, then what was suspended, then what was
// heard of the longest ago. The last alert of a rule's episode goes after all others, since the rule would
// take it for new when it is heard of again.
func (s *RefState) trim() {
	over := s.alerts.n - maxAlerts
	if over <= 0 {
		return
	}
	all := make(oldest, 0, s.alerts.n)
	for fp, h := range s.allAlerts() {
		all = append(all, aged{fp, h.Phase, h.Rules, s.heardAt(&h)})
	}
	heap.Init(&all) // since most often one of many is to be found
	var last []string
	for ; over > 0 && len(all) > 0; over-- {
		a := heap.Pop(&all).(aged)
		if a.phase != Resolved && slices.ContainsFunc(a.rules, func(rule string) bool { return s.unresolved(rule) == 1 }) {
			last = append(last, a.fp)
			over++
			continue
		}
		s.dropAlert(a.fp)
	}
	for _, fp := range last[:min(max(over, 0), len(last))] {
		s.dropAlert(fp)
	}
}

// aged is an alert and when it was heard of.
type aged struct {
	fp    string
	phase AlertPhase
	rules []string
	at    time.Time
}

// oldest is a heap of alerts, in the order in which they are dropped.
type oldest []aged

func (o oldest) Len() int      { return len(o) }
func (o oldest) Swap(i, j int) { o[i], o[j] = o[j], o[i] }
func (o oldest) Less(i, j int) bool {
	a, b := &o[i], &o[j]
	return cmp.Or(cmp.Compare(a.phase.rank(), b.phase.rank()), a.at.Compare(b.at), strings.Compare(a.fp, b.fp)) < 0
}
func (o *oldest) Push(x any) { *o = append(*o, x.(aged)) }
func (o *oldest) Pop() any {
	last := (*o)[len(*o)-1]
	*o = (*o)[:len(*o)-1]
	return last
}

// phases are all of them, in the order in which alerts are dropped.
var phases = [...]AlertPhase{Resolved, Suspended, Firing}

// rank is the place in that order.
func (p AlertPhase) rank() int { return max(slices.Index(phases[:], p), 0) }
