package controller

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"alertscale/rules"
	"alertscale/rules/engine"
)

// heardLate is how late last-heard times may be written.
const heardLate = time.Minute

// entry is what the adapter holds of one ref. The memory in it is the truth while the process lives; the
// store has all of it but last-heard times, or the entry is unsaved and nothing is scaled.
type entry struct {
	ref  rules.Ref
	name string // ref.String()

	heapIndex int // of wakes; guarded by its mutex
	wakeAt    time.Time

	mu      sync.Mutex // guards what follows
	mem     rules.Memory
	rev     Revision
	loaded  bool
	gone    bool // taken out of the adapter; look the ref up anew
	unsaved bool // the store lacks something of mem
	heardAt time.Time
	ready   *bool
	groups  []rules.GroupID // that tell of the ref, as they are in the adapter's index

	running bool // in a pool's queue or at work
	waiters []*waiter
	fails   int       // in a row
	notTill time.Time // the driver asked not to be called before
	refused bool      // for good; looked at again when a notification or a reload comes
	told    report    // by the loop
}

// report is what tells one decision of the loop from the next.
type report struct {
	verdict  engine.Verdict
	rule     string
	from, to int
}

// waiter is a notification that waits for what becomes of a ref.
type waiter struct {
	news rules.News
	done chan []engine.Decision // takes one
}

// load reads the memory from the store unless it is there.
func (en *entry) load(ctx context.Context, s Store) error {
	if en.loaded {
		return nil
	}
	mem, rev, err := s.Load(ctx, en.ref)
	if err != nil {
		return fmt.Errorf("read what is remembered of %s: %w", en.name, err)
	}
	en.mem, en.rev, en.loaded = mem, rev, true
	return nil
}

// save stores the memory if the store lacks something of it.
func (en *entry) save(ctx context.Context, s Store) error {
	if !en.unsaved {
		return nil
	}
	rev, err := s.Swap(ctx, en.ref, en.rev, en.mem)
	if errors.Is(err, ErrConflict) {
		// Somebody else writes to this store: what they know counts, and the sender tells us again.
		en.loaded = false
	}
	if err != nil {
		return fmt.Errorf("store what is remembered of %s: %w", en.name, err)
	}
	en.rev, en.unsaved, en.heardAt = rev, false, time.Time{}
	return nil
}

// needsWork tells whether the count is to be read.
func (en *entry) needsWork() bool { return en.mem.Open() || en.mem.Intent != nil }

// deliver hands a round's decisions to those who wait. Only the first, and those whose notification brought
// something, are told of a change as theirs; for the others it is done already.
func deliver(waiters []*waiter, all []engine.Decision) {
	for i, w := range waiters {
		if i == 0 || w.news.Changed {
			w.done <- all
			continue
		}
		w.done <- afterwards(all)
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
