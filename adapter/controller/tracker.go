package controller

import (
	"sync"
	"time"

	"alertscale/rules"
	"alertscale/rules/engine"
)

// tracker is what the controller holds of one ref: its cycle, and who waits for what becomes of it.
type tracker struct {
	cycle *engine.Cycle // always the same one, to be used under the mutex below, its Ref and Name aside

	heapIndex int // of the schedule; guarded by its mutex
	wakeAt    time.Time

	mu      sync.Mutex      // guards what follows
	gone    bool            // taken out of the registry; look the ref up again
	unknown bool            // counted as one whose workload was never found
	saving  bool            // a request that stores what is known is out
	owes    bool            // the outcome of its last change is to be stored
	missing bool            // the workload was not there, or not to be read, when it was last looked for
	hangs   bool            // its last call to the driver hung; guarded by the mutex of the driver's lane
	groups  []rules.GroupID // that tell of the ref, as they are in the registry's index
	call    *job            // to the driver, that is queued or under way

	waiting  []*waiter // for the reconciliation that is under way, then for the next one
	answered *waiter   // the last one who waits no more, and has not been given its answer so far

	// A ref that is spelled in another way by now: what was known of it is forgotten once its heir has stored it.
	heir, predecessor *tracker
}

func newTracker(c *engine.Cycle) *tracker {
	return &tracker{cycle: c, heapIndex: -1}
}

func (tr *tracker) ref() rules.Ref { return tr.cycle.Ref() }

// name is the ref as it is written.
func (tr *tracker) name() string { return tr.cycle.Name() }

// beginRound makes all who wait part of the reconciliation that begins.
func (tr *tracker) beginRound() {
	for _, w := range tr.waiting {
		w.inRound = true
	}
}

// endRound returns those who are part of the reconciliation that ends, and wait no more.
func (tr *tracker) endRound() []*waiter {
	n := 0
	for n < len(tr.waiting) && tr.waiting[n].inRound {
		n++
	}
	if n == len(tr.waiting) {
		return tr.waiters()
	}
	all := tr.waiting[:n:n]
	tr.waiting = tr.waiting[n:]
	return all
}

// waiters returns all who wait, who from then on do no more.
func (tr *tracker) waiters() []*waiter {
	all := tr.waiting
	tr.waiting = nil
	return all
}

// waiter is a notification that waits for what becomes of a ref.
type waiter struct {
	result  engine.Result
	silent  bool                   // what it is told is no decision
	inRound bool                   // it is part of the reconciliation that is under way; guarded by the mutex of the tracker
	done    chan []engine.Decision // takes one

	answer []engine.Decision // until it is given
	before *waiter           // that was answered before it, likewise
}

func newWaiter(r engine.Result) *waiter {
	return &waiter{result: r, done: make(chan []engine.Decision, 1)}
}

// answer has a reconciliation's decisions told to those who waited. Only the first, and those whose notification
// brought something, are told of a change as theirs; for the others it is done already.
func (tr *tracker) answer(waiters []*waiter, all []engine.Decision) {
	for i, w := range waiters {
		if i == 0 || w.result.Changed {
			tr.answerOne(w, all)
			continue
		}
		tr.answerOne(w, afterwards(all))
	}
}

func (tr *tracker) answerOne(w *waiter, ds []engine.Decision) {
	w.answer, w.before = ds, tr.answered
	tr.answered = w
}

// unlock releases the tracker, and gives the answers then. Go runs the goroutine next that was woken last: it is to be
// a sender's, and not one of a log or a timer, for which nobody waits.
func (tr *tracker) unlock() {
	w := tr.answered
	tr.answered = nil
	tr.mu.Unlock()
	for w != nil {
		before := w.before
		w.done <- w.answer // from now on it is its own
		w = before
	}
}

func afterwards(all []engine.Decision) []engine.Decision {
	later := make([]engine.Decision, 0, len(all))
	for _, d := range all {
		if d.Verdict == engine.Scaled || d.Verdict == engine.DryRun {
			d.Why = append([]string{"nothing new: done for another notification at the same time"}, d.Why...)
			d.Verdict = engine.Duplicate
			d.From = d.To
		}
		later = append(later, d)
	}
	return later
}
