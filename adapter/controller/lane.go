package controller

import (
	"context"
	"errors"
	"sync"
	"time"
)

// The bounds by which refs whose calls hang leave places to others.
const (
	hangsAfter  = time.Second            // a call that takes longer hangs
	lookAtCalls = 250 * time.Millisecond // how often the calls are looked at while others wait
	looksAtOnce = 4                      // how many calls at a time are made that nobody waits for
)

// errGivesWay ends a call that hangs while others wait for its place.
var errGivesWay = errors.New("no answer within a second, and others wait for the place; it is tried again")

// rank is the order in which jobs are taken.
type rank int

// What was begun goes first, then what a notification waits for, then what is due by itself.
const (
	rankBegun rank = iota
	rankFresh
	rankLater
	ranks
)

// job is one request to a driver or to the store.
type job struct {
	tr   *tracker
	rank rank
	do   func(ctx context.Context)

	started time.Time
	counted bool // among those that nobody waits for
	hangs   bool
	cancel  context.CancelCauseFunc
}

// lane makes the requests to one driver, or to the store, so many at a time. Of its places, the refs whose calls hang
// get at most a quarter while others wait.
type lane struct {
	places  int
	quarter int // of the places; 0: hanging is not looked at

	mu      sync.Mutex // guards what follows, and tracker.hangs
	queues  [ranks][]*job
	slow    []*job // of refs whose last call hung
	running map[*job]struct{}
	hanging int // of the running ones
	later   int // of the running ones of rankLater
	newest  bool
	looking bool
	idle    sync.WaitGroup
}

// newLane returns a lane that makes no difference between requests.
func newLane(places int) *lane { return &lane{places: places, running: map[*job]struct{}{}} }

// newDriverLane returns the lane of a driver.
func newDriverLane() *lane {
	l := newLane(MaxCalls)
	l.quarter = MaxCalls / 4
	return l
}

// submit queues a request, and makes it as soon as there is a place.
func (l *lane) submit(ctx context.Context, j *job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.idle.Add(1)
	if l.quarter > 0 && j.tr.hangs {
		l.slow = append(l.slow, j)
	} else {
		l.queues[j.rank] = append(l.queues[j.rank], j)
	}
	l.dispatch(ctx)
}

// dispatch starts what there are places for. The caller holds the mutex.
func (l *lane) dispatch(ctx context.Context) {
	for len(l.running) < l.places {
		j := l.take()
		if j == nil {
			return
		}
		l.running[j] = struct{}{}
		j.started = time.Now()
		var own context.Context
		own, j.cancel = context.WithCancelCause(ctx)
		go l.run(ctx, own, j)
	}
	if l.quarter > 0 && !l.looking && l.waits() {
		l.looking = true
		time.AfterFunc(lookAtCalls, func() { l.look(ctx) })
	}
}

// take returns the next request. While some hang, the newest and the oldest are taken by turns: nobody knows which of
// those that wait will hang too, and one that does not is not to wait for all of them.
func (l *lane) take() *job {
	for r := range l.queues {
		q := &l.queues[r]
		if len(*q) == 0 || rank(r) == rankLater && l.later >= looksAtOnce {
			continue
		}
		j := l.takeFrom(q)
		if j.counted = rank(r) == rankLater; j.counted {
			l.later++
		}
		return j
	}
	if len(l.slow) == 0 || l.hanging >= l.quarter {
		return nil
	}
	j := pop(&l.slow)
	j.hangs = true
	l.hanging++
	return j
}

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
	return len(l.queues[rankBegun])+len(l.queues[rankFresh])+len(l.queues[rankLater]) > 0
}

func (l *lane) run(ctx, own context.Context, j *job) {
	defer l.idle.Done()
	defer l.leave(ctx, j)
	j.do(own)
}

// leave gives the place of a request that is done to the next one.
func (l *lane) leave(ctx context.Context, j *job) {
	j.cancel(nil)
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.running, j)
	if j.hangs {
		l.hanging--
	}
	if j.counted {
		l.later--
	}
	if l.quarter > 0 {
		j.tr.hangs = time.Since(j.started) > hangsAfter
	}
	l.dispatch(ctx)
}

// look finds the calls that hang, and ends those that are over a quarter of the places, the longest first.
func (l *lane) look(ctx context.Context) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.looking = false
	var oldest []*job
	for j := range l.running {
		if !j.hangs && time.Since(j.started) > hangsAfter {
			j.hangs = true
			l.hanging++
		}
		if j.hangs {
			oldest = append(oldest, j)
		}
	}
	for len(oldest) > l.quarter && l.waits() {
		i := 0
		for k := range oldest {
			if oldest[k].started.Before(oldest[i].started) {
				i = k
			}
		}
		oldest[i].cancel(errGivesWay)
		oldest[i] = oldest[len(oldest)-1]
		oldest = oldest[:len(oldest)-1]
	}
	l.dispatch(ctx)
}

// wait returns when nothing is queued or under way.
func (l *lane) wait() { l.idle.Wait() }
