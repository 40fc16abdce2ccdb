package controller

import "time"

// rank is the order in which jobs are taken.
type rank int

// What a notification waits for goes first, then what is due by itself; of each, what was begun before.
const (
	rankBegun rank = iota
	rankFresh
	rankBegunLater
	rankLater
	ranks
)

// rankOf returns the rank of the first command of a reconciliation, or of one that was begun, by whether a notification
// waits for it.
func rankOf(begun, fresh bool) rank {
	r := rankFresh
	if begun {
		r = rankBegun
	}
	if !fresh {
		r = r.later()
	}
	return r
}

func (r rank) isLater() bool  { return r >= rankBegunLater }
func (r rank) later() rank    { return r + rankBegunLater }
func (r rank) hastened() rank { return r - rankBegunLater }

// waitedFor is for how long a request is waited for at most: who sent the notification was answered then.
const waitedFor = 8 * time.Second

// keptFree is how many places requests that nobody waits for leave free, for the next one that somebody waits for.
const keptFree = 2

// take returns the next request. One place is always for those that nobody waits for, so that they come about however
// many are waited for.
func (l *lane) take() *job {
	if l.quarter > 0 {
		l.age(rankBegun)
		l.age(rankFresh)
	}
	first, most := rankBegun, ranks
	if l.later == 0 && l.waitsLater() {
		first = rankBegunLater
	} else if l.quarter > 0 && l.later >= l.places-keptFree {
		most = rankBegunLater
	}
	for r := first; r < most; r++ {
		if len(l.queues[r]) > 0 {
			return l.takeFrom(&l.queues[r])
		}
	}
	return l.takeSlow()
}

// age moves what was waited for, for too long, to what nobody waits for.
func (l *lane) age(r rank) {
	for len(l.queues[r]) > 0 && time.Since(l.queues[r][0].queued) > waitedFor {
		l.queue(pop(&l.queues[r]), r.later())
	}
}

func (l *lane) takeSlow() *job {
	if len(l.slow) == 0 || l.hanging >= l.quarter {
		return nil
	}
	j := pop(&l.slow)
	j.hangs = true
	l.hanging++
	return j
}

// takeFrom takes from a queue. While some requests hang, the newest and the oldest are taken by turns: nobody knows
// which of those that wait will hang too, and one that does not is not to wait for all of them.
func (l *lane) takeFrom(q *[]*job) *job {
	if l.newest = l.hanging > 0 && !l.newest; !l.newest {
		return pop(q)
	}
	last := len(*q) - 1
	j := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	return j
}

func pop(q *[]*job) *job {
	j := (*q)[0]
	(*q)[0] = nil
	if *q = (*q)[1:]; len(*q) == 0 {
		*q = nil
	}
	return j
}

// waits reports whether a request waits that is not known to hang.
func (l *lane) waits() bool {
	return len(l.queues[rankBegun])+len(l.queues[rankFresh]) > 0 || l.waitsLater()
}

func (l *lane) waitsLater() bool { return len(l.queues[rankBegunLater])+len(l.queues[rankLater]) > 0 }
