package controller

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"alertscale/rules/engine"
	"alertscale/rules/upgrade"

	"github.com/go-kit/log/level"
)

// upgrading carries one upgrade out, one command at a time.
type upgrading struct {
	c *Controller

	revision engine.Revision // of what is stored; run's alone
	unsure   []byte          // what may be stored by a put that failed

	mu      sync.Mutex // guards what follows
	machine *upgrade.Machine
	waiters []*pushWaiter
	running bool
	gone    bool // from the file
	timer   *time.Timer
}

// pushWaiter waits for what is done about a push.
type pushWaiter struct {
	name string // of the upgrade
	all  []engine.Decision
	done chan []engine.Decision
}

// wait returns what was done, failed where that is not known when ctx ends.
func (w *pushWaiter) wait(ctx context.Context, c *Controller) []engine.Decision {
	select {
	case all := <-w.done:
		return all
	case <-ctx.Done():
		d := engine.Decision{Rule: w.name, Verdict: engine.Failed, Upgrade: true, Why: []string{"not done in the time of this request; it goes on by itself"}}
		c.report(d)
		return []engine.Decision{d}
	}
}

// status tells which push is being carried out, empty: none, and what is known of the workloads.
func (u *upgrading) status() (push string, workloads []upgrade.WorkloadStatus) {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.machine.Status()
}

// use takes the upgrade as the file has it; nil: it has it no more.
func (u *upgrading) use(next *upgrade.Upgrade) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.gone = next == nil
	u.tell(u.machine.Use(next))
	u.kick()
}

// push enters a push. It returns what was decided at once, or who waits for it.
func (u *upgrading) push(p upgrade.Push) ([]engine.Decision, *pushWaiter) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.gone {
		return nil, nil // the file changed meanwhile
	}
	if done := u.machine.Push(p, u.c.Now()); done != nil {
		u.c.report(done...)
		return done, nil
	}
	w := &pushWaiter{name: u.machine.Name(), done: make(chan []engine.Decision, 1)}
	u.waiters = append(u.waiters, w)
	u.kick()
	return nil, w
}

// kick has the commands that are due carried out. The caller holds the mutex.
func (u *upgrading) kick() {
	if u.running {
		return
	}
	u.running = true
	u.c.upgrades.idle.Go(u.run)
}

func (u *upgrading) run() {
	for {
		cmd, ok := u.next()
		if !ok {
			return
		}
		if !u.enter(cmd, u.do(cmd)) {
			return
		}
	}
}

// next returns the next command; false where there is none for now.
func (u *upgrading) next() (upgrade.Command, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	defer u.recoverPanic()
	now := u.c.Now()
	cmd := u.machine.Next(now)
	if cmd.Op != upgrade.Sleep && (!u.c.stopping.Load() || cmd.Op == upgrade.Save) {
		return cmd, true
	}
	u.running = false
	u.release()
	if u.timer != nil {
		u.timer.Stop()
	}
	if cmd.Op == upgrade.Sleep && !cmd.Until.IsZero() && !u.c.stopping.Load() {
		u.timer = time.AfterFunc(min(cmd.Until.Sub(now), u.c.MaxSleep), u.wake)
	}
	if u.gone && u.machine.Rests() {
		go u.c.forgetUpgrade(u.machine.Name(), u)
	}
	return cmd, false
}

// isOver reports whether the file has no such upgrade, and nothing of it is left to do.
func (u *upgrading) isOver() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.gone && u.machine.Rests()
}

func (u *upgrading) wake() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.c.stopping.Load() {
		u.kick()
	}
}

// enter enters what came of a command; false after a panic.
func (u *upgrading) enter(cmd upgrade.Command, r upgrade.Reply) (ok bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	defer u.recoverPanic()
	u.tell(u.machine.Done(cmd, r, u.c.Now()))
	u.release()
	return true
}

// tell reports decisions, and keeps them for who waits. The caller holds the mutex.
func (u *upgrading) tell(all []engine.Decision) {
	u.c.report(all...)
	for _, w := range u.waiters {
		w.all = append(w.all, all...)
	}
}

// release answers those who wait, once something was decided about each workload. The caller holds the mutex.
func (u *upgrading) release() {
	if u.machine.Waiting() {
		return
	}
	for _, w := range u.waiters {
		w.done <- w.all
	}
	u.waiters = nil
}

// recoverPanic keeps a panic over one upgrade from ending the process. The caller holds the mutex, and releases it by a deferred
// call.
func (u *upgrading) recoverPanic() {
	v := recover()
	if v == nil {
		return
	}
	_ = level.Error(u.c.Logger).Log("msg", "panic; this upgrade is tried again later, please report it", "upgrade", u.machine.Name(), "panic", v,
		"stack", string(debug.Stack()))
	for _, w := range u.waiters {
		w.done <- []engine.Decision{{Rule: w.name, Verdict: engine.Failed, Upgrade: true, Why: []string{"internal error: see the log of alertscale"}}}
	}
	u.waiters, u.running = nil, false
	u.timer = time.AfterFunc(afterPanic, u.wake)
}

// do carries a command out.
func (u *upgrading) do(cmd upgrade.Command) upgrade.Reply {
	switch cmd.Op {
	case upgrade.Save:
		return u.save(cmd.Data)
	case upgrade.Find:
		if r, ok := cmd.Named(); ok {
			return r
		}
	}
	var r upgrade.Reply
	b, ok := u.c.Snapshot().Drivers[cmd.Driver]
	d, upgrades := b.Driver.(Upgrader)
	switch {
	case !ok:
		return upgrade.Reply{Outcome: engine.Refused, Text: fmt.Sprintf("the file has no driver %q any more", cmd.Driver)}
	case !upgrades:
		return upgrade.Reply{Outcome: engine.Refused, Text: fmt.Sprintf("driver %q upgrades nothing", cmd.Driver)}
	}
	ctx, cancel := context.WithTimeout(u.c.work, b.Timeout)
	defer cancel()
	start := time.Now()
	err := callUpgrader(ctx, d, cmd, &r)
	u.c.called(cmd.Driver, string(cmd.Op), err, time.Since(start))
	is := replyTo(err)
	r.Outcome, r.Text, r.After = is.Outcome, is.Text, is.After
	for i := range r.Refs {
		r.Refs[i].Driver = cmd.Driver
	}
	return r
}

// callUpgrader asks the driver. A panic of it is an error of this call alone.
func callUpgrader(ctx context.Context, d Upgrader, cmd upgrade.Command, r *upgrade.Reply) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%s: the driver panicked, please report it: %v\n%s", cmd.Ref, v, debug.Stack())
		}
	}()
	switch cmd.Op {
	case upgrade.Find:
		r.Refs, err = d.FindWorkloads(ctx, cmd.Where)
	case upgrade.Read:
		r.Workload, err = d.ReadWorkload(ctx, cmd.Ref)
	case upgrade.Apply:
		err = d.Upgrade(ctx, cmd.Ref, cmd.Change)
	case upgrade.Finish:
		f, ok := d.(Finisher)
		if !ok {
			return fmt.Errorf("%w: %s: there is nothing to finish", ErrInvalid, cmd.Ref)
		}
		err = f.FinishUpgrade(ctx, cmd.Ref)
	}
	return err
}

// save stores what is known of the upgrade. After a conflict, the reply has what somebody else stored.
func (u *upgrading) save(data []byte) upgrade.Reply {
	err := u.put(data)
	if !errors.Is(err, ErrConflict) {
		is := replyTo(err)
		return upgrade.Reply{Outcome: is.Outcome, Text: is.Text, After: is.After}
	}
	start := time.Now()
	stored, err := u.c.Store.Load(u.c.work, keyOfUpgrade(u.machine.Name()))
	u.c.stored("load", err, time.Since(start))
	if err != nil {
		return upgrade.Reply{Outcome: engine.Unavailable, Text: err.Error()}
	}
	own := u.unsure != nil && bytes.Equal(stored.Data, u.unsure) // a put that failed was stored all the same
	u.revision, u.unsure = stored.Revision, nil
	if own {
		is := replyTo(u.put(data))
		return upgrade.Reply{Outcome: is.Outcome, Text: is.Text, Data: stored.Data}
	}
	return upgrade.Reply{Outcome: engine.Conflicted, Data: stored.Data}
}

func (u *upgrading) put(data []byte) error {
	start := time.Now()
	revision, err := u.c.Store.Put(u.c.work, engine.Record{Ref: keyOfUpgrade(u.machine.Name()), Revision: u.revision, Data: data})
	u.c.stored("put", err, time.Since(start))
	switch {
	case err == nil:
		u.revision, u.unsure = revision, nil
	case !errors.Is(err, ErrConflict):
		u.unsure = data
	}
	return err
}
