package controller

import (
	"sync"
)

// keepDecisions is how many decisions the API tells of.
const keepDecisions = 10_000

// decisionLog is a ring of the last decisions.
type decisionLog struct {
	mu   sync.Mutex
	ring []Logged
	next int
}

func (l *decisionLog) add(d Logged) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.ring) < keepDecisions {
		l.ring = append(l.ring, d)
		return
	}
	l.ring[l.next] = d
	l.next = (l.next + 1) % keepDecisions
}

// find returns the decisions that a query selects, newest first.
func (l *decisionLog) find(q Query) []Logged {
	l.mu.Lock()
	defer l.mu.Unlock()
	found := []Logged{}
	for i := range l.ring {
		d := l.ring[(l.next+len(l.ring)-1-i)%len(l.ring)]
		if q.Limit > 0 && len(found) == q.Limit {
			break
		}
		if q.selects(&d) {
			found = append(found, d)
		}
	}
	return found
}

func (q *Query) selects(d *Logged) bool {
	return (q.Ref == "" || q.Ref == d.Ref) && (q.Rule == "" || q.Rule == d.Rule) &&
		(q.Verdict == "" || q.Verdict == string(d.Verdict)) && !d.At.Before(q.Since)
}
