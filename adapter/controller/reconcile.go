package controller

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"alertscale/rules"
	"alertscale/rules/engine"

	"github.com/go-kit/log/level"
)

// pump has the commands of a ref's cycle carried out until it sleeps or waits for one of them. The caller holds the
// tracker.
func (c *Controller) pump(tr *tracker) {
	if tr.heir != nil { // what was known is the heir's to store first
		return
	}
	for {
		fresh := len(tr.waiting) > 0
		cmd := tr.cycle.Next(c.Now())
		if cmd.Begins {
			tr.beginRound()
		}
		c.report(tr.cycle.Reports()...)
		switch cmd.Kind {
		case engine.Wait:
			if !cmd.Until.IsZero() {
				c.schedule.sooner(tr, cmd.Until)
			}
			if fresh && tr.call != nil {
				c.lane(tr.ref().Driver).hasten(c.work, tr.call)
			}
			return
		case engine.Save:
			c.save(tr, cmd)
		case engine.Load:
			c.read(tr)
		case engine.Ask:
			c.ask(tr, cmd)
		case engine.Observe, engine.Plan, engine.Scale:
			c.hand(tr, cmd, rankOf(cmd.Kind != engine.Observe, fresh))
		default:
			c.rest(tr, cmd)
			return
		}
	}
}

// rest lets a ref sleep, and answers those who wait for it.
func (c *Controller) rest(tr *tracker, cmd engine.Command) {
	c.registry.index(tr)
	for _, w := range tr.waiters() {
		d := w.result.Decision
		d.From, d.To = tr.cycle.State().Count, tr.cycle.State().Count
		if cmd.Failed != "" {
			d = failedFor(w, cmd.Failed)
		}
		c.reportTo(tr, w, d)
	}
	if cmd.Kind == engine.Drop {
		c.schedule.set(tr, time.Time{})
		c.registry.drop(tr)
		return
	}
	c.schedule.set(tr, cmd.Until)
}

// hand gives a command to the lane of a ref's driver. The caller holds the tracker.
func (c *Controller) hand(tr *tracker, cmd engine.Command, r rank) {
	beside := cmd.Kind == engine.Observe && !cmd.Begins
	tr.call = &job{tr: tr, rank: r, beside: beside, do: func(ctx context.Context) {
		if cmd.Kind == engine.Observe {
			tr.begin()
		}
		c.enter(tr, cmd, c.call(ctx, tr, cmd))
	}}
	c.lane(tr.ref().Driver).submit(c.work, tr.call)
}

// ask looks alerts up at Alertmanager.
func (c *Controller) ask(tr *tracker, cmd engine.Command) {
	c.asks.submit(c.work, &job{tr: tr, rank: rankFresh, do: func(ctx context.Context) {
		reply := engine.Reply{Outcome: engine.Succeeded}
		if asker := c.Snapshot().Asker; asker != nil {
			all := make([]rules.Labels, len(cmd.Questions))
			for i := range cmd.Questions {
				all[i] = cmd.Questions[i].Labels
			}
			reply.Lookups = asker.Ask(ctx, all)
		}
		c.enter(tr, cmd, reply)
	}})
}

// begin has all who wait be answered by a read that begins now, however long it was queued. What is being stored right
// then may lack what they said.
func (tr *tracker) begin() {
	tr.mu.Lock()
	defer tr.unlock()
	if tr.saving {
		return
	}
	tr.beginRound()
}

// enter enters what came of a command.
func (c *Controller) enter(tr *tracker, cmd engine.Command, reply engine.Reply) {
	tr.mu.Lock()
	defer tr.unlock()
	if tr.gone {
		return
	}
	defer c.recoverPanic(tr)
	switch cmd.Kind {
	case engine.Scale:
		tr.call, tr.owes = nil, true
		c.riders.add(tr)
	case engine.Observe, engine.Plan:
		tr.call = nil
		c.observed(tr, cmd, reply)
	case engine.Save:
		tr.saving = false
	}
	conclusion := tr.cycle.Done(cmd, reply, c.Now())
	c.report(tr.cycle.Reports()...)
	c.conclude(tr, conclusion)
	if cmd.Kind == engine.Observe || cmd.Kind == engine.Load {
		c.registry.index(tr)
	}
	if cmd.Kind == engine.Save && reply.Outcome == engine.Succeeded {
		c.releasePredecessor(tr)
	}
	if !c.stopping.Load() {
		c.pump(tr)
	} else if reply.Outcome == engine.Succeeded {
		c.saveOnly(tr)
	}
}

// observed notes that a ref was read. Who waits by now is part of what a read comes to that nothing had asked for: see
// engine.Cycle.ReadAgain. What is being stored right then may lack what they said.
func (c *Controller) observed(tr *tracker, cmd engine.Command, reply engine.Reply) {
	if cmd.Kind != engine.Observe {
		return
	}
	if !cmd.Begins && !tr.saving {
		tr.beginRound()
	}
	if !cmd.Begins && reply.Outcome == engine.Succeeded {
		c.tellOther(tr, reply.Observed.Count)
	}
	c.noteRead(tr, cmd, reply)
}

// tellOther tells of a count that is another one than was known.
func (c *Controller) tellOther(tr *tracker, count int) {
	if known := tr.cycle.State().Count; c.Counted != nil && (known == nil || *known != count) {
		c.Counted(tr.name(), count)
	}
}

// releasePredecessor lets the ref be forgotten that this one was spelled as before.
func (c *Controller) releasePredecessor(tr *tracker) {
	old := tr.predecessor
	if old == nil {
		return
	}
	tr.predecessor = nil
	old.mu.Lock()
	defer old.unlock()
	old.heir = nil
	c.pump(old)
}

// conclude answers those who wait for what came of a command.
func (c *Controller) conclude(tr *tracker, r engine.Conclusion) {
	if !r.Ended {
		return
	}
	waiters := tr.endRound()
	switch {
	case r.Unsaved != "":
		waiters = append(waiters, tr.waiters()...)
		if r.New {
			_ = level.Error(c.Logger).Log("msg", "storing is tried again", "ref", tr.name(), "err", r.Unsaved)
		}
		for _, w := range waiters {
			c.reportTo(tr, w, failedFor(w, r.Unsaved))
		}
	case len(r.Decisions) > 0:
		if r.New || len(waiters) > 0 {
			c.report(r.Decisions...)
		}
		tr.answer(waiters, r.Decisions)
	default:
		if r.Unreadable != "" && r.New {
			_ = level.Warn(c.Logger).Log("msg", "the count cannot be read", "ref", tr.name(), "err", r.Unreadable)
		}
		for _, w := range waiters {
			w.inRound = false
		}
		tr.waiting = append(waiters, tr.waiting...) // each is told what its own notification came to
	}
}

// reportTo reports what became of a ref to one who waits.
func (c *Controller) reportTo(tr *tracker, w *waiter, d engine.Decision) {
	if !w.silent {
		c.report(d)
	}
	tr.answerOne(w, []engine.Decision{d})
}

// recoverPanic keeps a panic over one ref from ending the process, and with it the scaling of all others. The caller
// holds the tracker, and releases it by a deferred call.
func (c *Controller) recoverPanic(tr *tracker) {
	v := recover()
	if v == nil {
		return
	}
	_ = level.Error(c.Logger).Log("msg", "panic; this ref is tried again later, please report it", "ref", tr.name(), "panic", v,
		"stack", string(debug.Stack()))
	tr.cycle.Recover()
	for _, w := range tr.waiters() {
		tr.answerOne(w, []engine.Decision{failedFor(w, "internal error: see the log of alertscale")})
	}
	c.schedule.set(tr, c.Now().Add(afterPanic))
}

// afterPanic is when a ref is tried again over which there was a panic.
const afterPanic = 30 * time.Second

// read has the store say what it holds of a ref. The caller holds the tracker.
func (c *Controller) read(tr *tracker) {
	c.store.submit(c.work, &job{tr: tr, rank: rankFresh, do: func(ctx context.Context) {
		c.enter(tr, engine.Command{Kind: engine.Load}, c.load(ctx, tr.name()))
	}})
}

func (c *Controller) load(ctx context.Context, ref string) engine.Reply {
	start := time.Now()
	r, err := c.Store.Load(ctx, ref)
	c.stored("load", err, time.Since(start))
	if err != nil {
		err = fmt.Errorf("read what is remembered of %s: %w", ref, err)
	}
	reply := replyTo(err)
	reply.Record = r
	return reply
}

// stored notes how a request to the store went.
func (c *Controller) stored(operation string, err error, took time.Duration) {
	c.Metrics.storeRequested(operation, err, took)
	if err == nil || errors.Is(err, ErrConflict) {
		c.storeBad.Store(0)
		return
	}
	c.storeBad.CompareAndSwap(0, c.Now().UnixNano())
}

// call makes a call to the driver of a ref.
func (c *Controller) call(ctx context.Context, tr *tracker, cmd engine.Command) (reply engine.Reply) {
	b, ok := c.Snapshot().Drivers[tr.ref().Driver]
	if !ok {
		return engine.Reply{Outcome: engine.Unavailable, Text: fmt.Sprintf("the file has no driver %q any more", tr.ref().Driver)}
	}
	own, cancel := context.WithTimeout(ctx, b.Timeout)
	defer cancel()
	start := time.Now()
	err := b.do(own, tr, cmd, &reply)
	if err != nil && errors.Is(context.Cause(ctx), errGivesWay) {
		err = fmt.Errorf("%s: %w", tr.name(), errGivesWay)
	}
	c.called(tr.ref().Driver, string(cmd.Kind), err, time.Since(start))
	if c.Counted != nil && cmd.Kind == engine.Observe && cmd.Begins && err == nil {
		c.Counted(tr.name(), reply.Observed.Count)
	}
	is := replyTo(err)
	reply.Outcome, reply.Text, reply.After = is.Outcome, is.Text, is.After
	return reply
}

// do asks the driver. A panic of it is an error of this call alone.
func (b *Backend) do(ctx context.Context, tr *tracker, cmd engine.Command, reply *engine.Reply) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%s: the driver panicked, please report it: %v\n%s", tr.name(), v, debug.Stack())
		}
	}()
	switch cmd.Kind {
	case engine.Observe:
		reply.Observed, err = b.Driver.Observe(ctx, tr.ref())
	case engine.Plan:
		planner, ok := b.Driver.(Planner)
		if !ok {
			return nil
		}
		reply.Plan, err = planner.Plan(ctx, tr.ref(), cmd.Change)
	default:
		err = b.Driver.Scale(ctx, tr.ref(), cmd.Change)
	}
	return err
}

// lane returns the lane of a driver.
func (c *Controller) lane(driver string) *lane {
	c.mu.RLock()
	l := c.lanes[driver]
	c.mu.RUnlock()
	if l != nil {
		return l
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if l = c.lanes[driver]; l == nil {
		l = newDriverLane()
		c.lanes[driver] = l
	}
	return l
}
