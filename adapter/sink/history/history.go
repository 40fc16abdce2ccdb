// Package history keeps the last decisions for whoever asks what was done and why.
package history

import (
	"iter"
	"math"
	"sync"
	"time"
	"unsafe"

	"alertscale/adapter/controller"
	"alertscale/rules/engine"
)

// DefaultBytes is how much is kept where options say nothing.
const DefaultBytes = 16 << 20

// pageSize is how many decisions are looked at before others get their turn.
const pageSize = 1000

// Query selects decisions; a zero field selects all.
type Query struct {
	Ref, Rule, Verdict string
	Since              time.Time
	Limit              int
}

// Options say how much is kept.
type Options struct {
	Bytes   int64             // in all; default DefaultBytes
	Limited func(what string) // counts a decision that is too large to be kept, as decision_log; default none
}

// History is a sink that keeps the last decisions that are not duplicates, as many as there is room for. It is
// safe for concurrent use.
type History struct {
	o Options

	mu    sync.Mutex
	bytes int64
	ring  []entry // from the oldest at start, around the end
	start int
	count int
	first uint64 // the number of the oldest
}

type entry struct {
	controller.DecisionRecord
	size int64
}

// New returns a history without decisions.
func New(o Options) *History {
	if o.Bytes <= 0 {
		o.Bytes = DefaultBytes
	}
	if o.Limited == nil {
		o.Limited = func(string) {}
	}
	return &History{o: o}
}

// Record implements controller.Sink.
func (h *History) Record(d controller.DecisionRecord) {
	if d.Verdict == engine.Duplicate {
		return
	}
	e := entry{d.Own(), size(&d)}
	if e.size > h.o.Bytes {
		h.o.Limited("decision_log")
		return
	}
	h.add(e)
}

func (h *History) add(e entry) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for h.count > 0 && h.bytes+e.size > h.o.Bytes {
		h.drop()
	}
	if h.count == len(h.ring) {
		h.grow()
	}
	h.ring[(h.start+h.count)%len(h.ring)] = e
	h.count++
	h.bytes += e.size
}

// drop forgets the oldest.
func (h *History) drop() {
	oldest := &h.ring[h.start]
	h.bytes -= oldest.size
	*oldest = entry{}
	h.start = (h.start + 1) % len(h.ring)
	h.count--
	h.first++
}

func (h *History) grow() {
	larger := make([]entry, max(16, len(h.ring)*3/2))
	for i := range h.count {
		larger[i] = h.ring[(h.start+i)%len(h.ring)]
	}
	h.ring, h.start = larger, 0
}

// Find yields the decisions that a query selects, newest first. Nobody waits while they are looked at: they are
// read in pages, and what is dropped in between is left out.
func (h *History) Find(q Query) iter.Seq[controller.DecisionRecord] {
	return func(yield func(controller.DecisionRecord) bool) {
		left := q.Limit
		if left <= 0 {
			left = math.MaxInt
		}
		for before, more := uint64(math.MaxUint64), true; more && left > 0; {
			var page []controller.DecisionRecord
			page, before, more = h.page(&q, before)
			for i := range page[:min(left, len(page))] {
				if !yield(page[i]) {
					return
				}
			}
			left -= len(page)
		}
	}
}

// page returns what a query selects of the next decisions before a number, the number to go on from, and whether
// there are more.
func (h *History) page(q *Query, before uint64) (page []controller.DecisionRecord, next uint64, more bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	next = min(before, h.first+uint64(h.count))
	for seen := 0; next > h.first && seen < pageSize && (q.Limit <= 0 || len(page) < q.Limit); seen++ {
		next--
		e := &h.ring[(h.start+int(next-h.first))%len(h.ring)]
		if selects(q, &e.DecisionRecord) {
			page = append(page, e.DecisionRecord)
		}
	}
	return page, next, next > h.first
}

func selects(q *Query, d *controller.DecisionRecord) bool {
	return (q.Ref == "" || q.Ref == d.Ref) && (q.Rule == "" || q.Rule == d.Rule) &&
		(q.Verdict == "" || q.Verdict == string(d.Verdict)) && !d.At.Before(q.Since)
}

// size is how much memory a record takes, about: itself, its texts, and two counts. The names of targets and rules
// are the file's, but a file that was replaced may live by them alone.
func size(d *controller.DecisionRecord) int64 {
	n := int(unsafe.Sizeof(entry{})) + len(d.Ref) + len(d.Target) + len(d.Rule) + len(d.Receiver) + len(d.Group) + 2*int(unsafe.Sizeof(0))
	for _, s := range d.Why {
		n += int(unsafe.Sizeof(s)) + len(s)
	}
	for i := range d.Alerts {
		n += int(unsafe.Sizeof(d.Alerts[i])) + len(d.Alerts[i].Fingerprint)
		for _, l := range d.Alerts[i].Labels {
			n += int(unsafe.Sizeof(l)) + len(l.Name) + len(l.Value)
		}
	}
	return int64(n)
}
