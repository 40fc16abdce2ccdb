package controller

import (
	"context"
	"errors"
	"fmt"

	"alertscale/rules"
	"alertscale/rules/engine"
)

// Handle enters a notification and returns what was done to each ref that it touches. What is not done
// when ctx ends is failed, and goes on by itself.
func (c *Controller) Handle(ctx context.Context, e *rules.Event) []engine.Decision {
	n := notification{c: c}
	n.enter(e)
	all := n.collect(ctx)
	for _, d := range n.broken {
		c.report(d)
		all = append(all, d)
	}
	return all
}

// notification is one on its way through the refs that it touches.
type notification struct {
	c       *Controller
	touched []*tracker
	results []refResult
	repeats []engine.Decision // results point into it
	broken  []engine.Decision
}

// refResult is what became of a ref, or a promise of it.
type refResult struct {
	done   []engine.Decision
	waiter *waiter
	tr     *tracker
}

// enter records the notification on all refs that it touches.
func (n *notification) enter(e *rules.Event) {
	n.c.reload.RLock()
	defer n.c.reload.RUnlock()
	set := n.c.Snapshot().Rules
	if e.Sender != "" && !set.Speaks(e.Sender) && !set.Speaks("") {
		n.broken = append(n.broken, gone(e.Sender))
		return
	}
	m := set.Match(e)
	n.c.Metrics.heard(e, &m, set.ScopeName(e))
	n.c.logIgnored(e, m.Ignored)
	n.c.noteUnmatched(e, m.Unmatched)
	n.results, n.touched = make([]refResult, 0, len(m.Refs)), make([]*tracker, 0, len(m.Refs))
	n.repeats = make([]engine.Decision, 0, len(m.Refs))
	for _, r := range m.Refs {
		n.record(r)
	}
	if m.Refs = nil; e.Group() != 0 && e.Truncated == 0 {
		for _, tr := range n.c.registry.toldBy(e.Group(), n.touched) {
			n.recordAbsent(tr, m.Absent(tr.ref()))
		}
	}
	for _, b := range m.Broken {
		n.broken = append(n.broken, engine.Refusal(b, e))
	}
	n.refuse(e)
}

// gone is the decision for what a sender posted who was let in by a file that has given way to another one just now.
func gone(sender string) engine.Decision {
	return engine.Decision{Verdict: engine.Failed, Why: []string{
		fmt.Sprintf("the file was reloaded meanwhile, and does not have sender %q any more; send it again", sender),
	}}
}

// refuse reports the alerts of the message that could not be taken.
func (n *notification) refuse(e *rules.Event) {
	for range len(e.Refused) + e.RefusedRest {
		n.c.Limited("alerts")
	}
	for range e.ReservedLabels {
		n.c.Limited("reserved_labels")
	}
	n.broken = append(n.broken, engine.Refusals(e)...)
}

// record enters what the notification says of one ref.
func (n *notification) record(r *rules.RefAlerts) {
	_, fixed := r.Target.Ref()
	tr, err := n.c.locked(r.Ref, fixed)
	if err != nil {
		n.overLimit(r, err)
		return
	}
	defer tr.unlock()
	n.touched = append(n.touched, tr)
	defer n.c.recoverPanic(tr)
	result := tr.cycle.Record(r, n.c.Now())
	switch {
	case result.Refused != nil:
		for _, refused := range result.Refused {
			n.broken = append(n.broken, engine.Refusal(refused, r.Event))
		}
	case result.Repeat:
		i := len(n.repeats)
		n.repeats = append(n.repeats, result.Decision) // for which there is room
		n.results = append(n.results, refResult{tr: tr, done: n.repeats[i : i+1 : i+1]})
		n.c.report(n.repeats[i])
		if !result.Sleep.IsZero() {
			n.c.schedule.sooner(tr, result.Sleep)
		}
	default:
		w := newWaiter(result)
		tr.waiting = append(tr.waiting, w)
		n.results = append(n.results, refResult{tr: tr, waiter: w})
		if result.Changed {
			n.c.registry.index(tr)
		}
		n.c.pump(tr)
	}
}

// locked returns the tracker of a ref, held by the caller from then on.
func (c *Controller) locked(ref rules.Ref, fixed bool) (*tracker, error) {
	for {
		tr, err := c.registry.ensure(ref, fixed, c.track)
		if err != nil {
			return nil, err
		}
		tr.mu.Lock()
		if !tr.gone {
			return tr, nil
		}
		tr.unlock()
	}
}

// track returns a tracker for a ref of which nothing is known.
func (c *Controller) track(ref rules.Ref) *tracker {
	s := c.Snapshot()
	cycle := engine.NewCycle(ref, c.cycles)
	cycle.Use(s.Rules, s.backend(ref))
	return newTracker(cycle)
}

// overLimit refuses a ref for which there is no room.
func (n *notification) overLimit(r *rules.RefAlerts, err error) {
	if limit, ok := errors.AsType[*limitError](err); ok {
		n.c.Limited(limit.what)
	}
	n.broken = append(n.broken, engine.Decision{
		Ref: engine.Clip(r.Ref.String()), Target: r.Target.Name, Rule: r.Alerts[0].Rules[0].Name, Verdict: engine.Rejected, Why: []string{err.Error()},
	})
}

// recordAbsent enters that the notification leaves out what its group told of a ref.
func (n *notification) recordAbsent(tr *tracker, r *rules.RefAlerts) {
	tr.mu.Lock()
	defer tr.unlock()
	if tr.gone {
		return
	}
	defer n.c.recoverPanic(tr)
	if result := tr.cycle.Record(r, n.c.Now()); !result.Repeat {
		n.c.pump(tr)
	}
}

// collect waits for the promises until ctx ends.
func (n *notification) collect(ctx context.Context) []engine.Decision {
	all := make([]engine.Decision, 0, len(n.results)+len(n.broken))
	for i := range n.results {
		r := &n.results[i]
		if r.waiter != nil {
			select {
			case r.done = <-r.waiter.done:
			default:
				select {
				case r.done = <-r.waiter.done:
				case <-ctx.Done():
					r.done = n.late(r.waiter)
				}
			}
		}
		all = append(all, r.done...)
	}
	return all
}

// late is the decision for what was not done in time. Whatever was recorded is stored and done all the same.
func (n *notification) late(w *waiter) []engine.Decision {
	d := failedFor(w, "not done in the time of this request; it goes on by itself")
	n.c.report(d)
	return []engine.Decision{d}
}

// failedFor is the decision for a notification that waits for what could not be done.
func failedFor(w *waiter, why string) engine.Decision {
	d := w.result.Decision
	d.Verdict, d.Why = engine.Failed, []string{why}
	return d
}
