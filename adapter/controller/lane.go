package controller

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// job is one request to a driver or to the store.
type job struct {
	tr *tracker
	do func(ctx context.Context)

	beside   bool // nothing asked for it: it is not waited for
	rank     rank
	queued   time.Time // under that rank
	running  bool
	counted  bool // among those that nobody waits for
	hangs    bool
	hastened chan struct{} // of a running one that nobody waits for: closed when somebody does
	ctx      context.Context
	cancel   context.CancelCauseFunc
	sent     atomic.Int64 // since when it runs, in Unix nanoseconds; 0: it waits for a limit of the driver
}

// lane makes the requests to one driver, or to the store, so many at a time. Of its places, the refs whose calls hang
// get at most a quarter while others wait, and those that nobody waits for leave some free.
type lane struct {
	places  int
	quarter int // of the places; 0: no difference is made between requests

	mu      sync.Mutex // guards what follows, tracker.hangs, and all of a job but what it was made with and sent
	queues  [ranks][]*job
	slow    []*job // of refs whose last call hung
	running map[*job]struct{}
	hanging int // of the running ones
	later   int // of the running ones that do not hang: those that nobody waits for
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
		l.queue(j, j.rank)
	}
	l.dispatch(ctx)
}

func (l *lane) queue(j *job, r rank) {
	j.rank = r
	if l.quarter > 0 {
		j.queued = time.Now()
	}
	l.queues[r] = append(l.queues[r], j)
}

// hasten has a request go before those that nobody waits for, since somebody waits for it now.
func (l *lane) hasten(ctx context.Context, j *job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !j.rank.isLater() {
		return
	}
	if j.running {
		l.uncount(j)
		j.rank = j.rank.hastened()
		close(j.hastened)
		if j.beside { // it has a second more to be of use
			time.AfterFunc(hangsAfter, func() { j.cancel(errGivesWay) })
		}
	} else if i := slices.Index(l.queues[j.rank], j); i >= 0 {
		l.queues[j.rank] = slices.Delete(l.queues[j.rank], i, i+1)
		l.queue(j, j.rank.hastened())
	}
	l.dispatch(ctx)
}

// uncount takes a request out of those that nobody waits for.
func (l *lane) uncount(j *job) {
	if j.counted {
		j.counted = false
		l.later--
	}
}

// dispatch starts what there are places for. The caller holds the mutex.
func (l *lane) dispatch(ctx context.Context) {
	for len(l.running) < l.places {
		j := l.take()
		if j == nil {
			break
		}
		l.start(ctx, j)
	}
	if l.quarter > 0 && !l.looking && l.waits() {
		l.looking = true
		time.AfterFunc(lookAtCalls, func() { l.look(ctx) })
	}
}

func (l *lane) start(ctx context.Context, j *job) {
	l.enter(ctx, j)
	go func() {
		for j != nil {
			j = l.run(ctx, j)
		}
	}()
}

// enter takes a place for a request.
func (l *lane) enter(ctx context.Context, j *job) {
	l.running[j] = struct{}{}
	j.running = true
	j.ctx, j.cancel = context.WithCancelCause(ctx)
	if l.quarter > 0 {
		j.sent.Store(time.Now().UnixNano())
		j.ctx = context.WithValue(j.ctx, jobKey{}, j)
	}
	if j.counted = j.rank.isLater() && !j.hangs; j.counted {
		l.later++
	}
	if j.rank.isLater() {
		j.hastened = make(chan struct{})
	}
}

// run makes a request, and returns the one that its place goes to; nil: there is none.
func (l *lane) run(ctx context.Context, j *job) (next *job) {
	defer l.idle.Done()
	defer func() { next = l.leave(ctx, j) }()
	j.do(j.ctx)
	return nil
}

// leave gives the place of a request that is done to the next one, which it returns.
func (l *lane) leave(ctx context.Context, j *job) *job {
	j.cancel(nil)
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.running, j)
	if j.hangs {
		l.hanging--
	}
	l.uncount(j)
	if l.quarter > 0 {
		j.tr.hangs = j.took() > hangsAfter
	}
	next := l.take()
	if next != nil {
		l.enter(ctx, next)
	}
	l.dispatch(ctx)
	return next
}

// wait returns when nothing is queued or under way.
func (l *lane) wait() { l.idle.Wait() }

// end lets go of what was not sent so far, and returns when nothing is under way.
func (l *lane) end() {
	l.clear()
	l.wait()
}

func (l *lane) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for r := range l.queues {
		l.idle.Add(-len(l.queues[r]))
		l.queues[r] = nil
	}
	l.idle.Add(-len(l.slow))
	l.slow = nil
	for j := range l.running {
		if j.sent.Load() == 0 {
			j.cancel(errEnds)
		}
	}
}
