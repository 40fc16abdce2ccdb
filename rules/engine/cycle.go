package engine

import (
	"encoding/json"
	"fmt"
	"time"

	"alertscale/rules"
)

// Cycle decides for one ref what is to be done next: store what was heard, read the count, decide, store the intent,
// change the count, store the outcome, come back later. It does no I/O itself: whoever drives it asks Next for a
// command, carries that out, and tells Done what came of it. A Cycle is used by one goroutine at a time.
type Cycle struct {
	ref  rules.Ref
	name string
	o    CycleOptions

	set    *rules.Set
	target *rules.Target // that the ref belongs to; nil: the file has none, or no driver for it
	expiry time.Time     // when something is due in the state by itself; zero: never
	latest time.Time     // the time that was last given

	state    RefState
	revision Revision     // of what the store holds
	parts    *storedParts // likewise
	saveBy   time.Time
	ready    readiness // as last read
	alone    bool      // the workload is left alone: it is to say its own bounds, and did not when it was last read

	plans   bool // the driver makes plans
	joined  bool // the file is another one than the state was brought up to
	unsaved bool // the store lacks something that must be there before anything is scaled
	reload  bool // somebody else wrote to the store: what they know is to be read
	saving  bool // a command of the store is out
	calling bool // a command of the driver is out
	stirred bool // something happened that is worth a look
	again   again

	groups []rules.GroupID // that tell of an alert
	listed uint64          // the sum of their hashes

	last *lastReport

	*effort
}

// readiness is whether a workload was ready when it was last read.
type readiness uint8

const (
	readyUnknown readiness = iota
	readyNo
	readyYes
)

func readinessOf(ready bool) readiness {
	if ready {
		return readyYes
	}
	return readyNo
}

// CycleOptions are what cycles have in common.
type CycleOptions struct {
	Jitter func() float64 // between 0 and 1, for the delays of retries; nil: 1
}

// heard is a notification that was recorded, or a change that somebody asked for.
type heard struct {
	e   *rules.RefAlerts
	do  func(*Policies) // nil: a notification
	at  time.Time
	out bool // a command that stores it is out
}

// pending is a change that was decided and not asked for so far.
type pending struct {
	change    Change
	decisions []Decision
	planned   bool
	carriesOn bool // it was begun before
	saved     bool // a command that stores its intent was given
	stored    bool // and done: it may be asked for
}

// The times of a cycle.
const (
	lookAgain    = time.Minute      // how long a call is left alone of which nobody tells when its wait ends
	heardLate    = time.Minute      // how late last-heard times may be stored
	outcomeLate  = time.Second      // how late the outcome of a change may be stored
	heldFor      = time.Second      // how long what was heard waits for a call, to be stored with what comes of it
	firstRetry   = time.Second      // the delay before a failed ref is tried again; it doubles each time
	lastRetry    = 30 * time.Second // up to this
	longestAfter = 10 * time.Minute // how long a server may ask not to be called for: one that asks for a day is mistaken
	maxConflicts = 3                // how often a conflict is answered by reading and deciding again before it is a failure
	missedFor    = 2 * time.Minute  // for how long a workload that was there may be gone before it counts as not found
	seenWithin   = 10 * time.Minute // and within which it must have been there
	maxClashes   = 10               // how often in a row a conflict of the store is answered at once
	maxUnstored  = 16               // notifications that are kept to be recorded again after a conflict of the store

	maxUnstoredBytes = 16 << 10 // of one of them
)

// NewCycle returns the cycle of a ref of which nothing is known.
func NewCycle(ref rules.Ref, o CycleOptions) *Cycle {
	if o.Jitter == nil {
		o.Jitter = func() float64 { return 1 }
	}
	ref, name := ref.Clone()
	return &Cycle{ref: ref, name: name, o: o, state: RefState{}.clone()}
}

// RestoreCycle returns the cycle of a ref that a store holds.
func RestoreCycle(r Record, o CycleOptions) (*Cycle, error) {
	ref, state, parts, err := decodeState(r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.Ref, err)
	}
	c := NewCycle(ref, o)
	c.state, c.revision, c.parts = state.clone(), r.Revision, parts
	return c, nil
}

// Backend is what a file says of the driver of a ref.
type Backend struct {
	Connected bool // the file has it
	Plans     bool // some of its changes take several calls
}

// Use makes a file the one that the ref is decided on. The ref is looked at again.
func (c *Cycle) Use(set *rules.Set, b Backend) {
	c.set, c.plans, c.joined = set, b.Plans, true
	c.target = nil
	if b.Connected {
		c.target = set.Owner(c.ref, c.state.Target)
	}
}

// Ref returns the ref.
func (c *Cycle) Ref() rules.Ref { return c.ref }

// Name returns the ref as it is written.
func (c *Cycle) Name() string { return c.name }

// Target returns the target that the ref belongs to; nil: the file has none.
func (c *Cycle) Target() *rules.Target { return c.target }

// State returns what is known of the ref. It is not to be changed.
func (c *Cycle) State() *RefState { return &c.state }

// Ready returns whether the workload was ready when it was last read; nil: it was not read.
func (c *Cycle) Ready() *bool {
	if c.ready == readyUnknown {
		return nil
	}
	ready := c.ready == readyYes
	return &ready
}

// Unknown reports whether the workload was never found, and nothing but alerts names it.
func (c *Cycle) Unknown() bool {
	return c.state.ReadAt.IsZero() && !c.state.MissingAt.IsZero() && (c.target == nil || !c.fixed())
}

// Kind says what a Command is.
type Kind string

// The commands.
const (
	Save       Kind = "save"        // store Record
	Load       Kind = "load"        // read what the store holds of the ref
	Observe    Kind = "observe"     // read the count
	Plan       Kind = "plan"        // ask the driver how to carry Change out
	Ask        Kind = "ask"         // look Questions up at Alertmanager
	Scale      Kind = "scale"       // ask the driver for Change
	SleepUntil Kind = "sleep until" // come back at Until, or when something is heard
	Wait       Kind = "wait"        // a command is out; come back when it is done, or at Until
	Drop       Kind = "drop"        // nothing is known of the ref any more
)

// Command is what a cycle wants done.
type Command struct {
	Kind      Kind
	Record    Record     // of Save
	Change    Change     // of Plan and Scale
	Questions []Question // of Ask
	Begins    bool       // a reconciliation begins with it: what is heard from then on is not part of it; of Observe false: see ReadAgain
	Until     time.Time  // of SleepUntil, Wait: when to come back; zero: not before something is heard or done
	Failed    string     // of SleepUntil: why what was heard is not done now, though it would be time
}

// Next returns what is to be done now. But for SleepUntil, Wait and Drop the command is out from then on, until Done.
func (c *Cycle) Next(now time.Time) Command {
	c.work()
	now = c.tick(now)
	if !c.calling {
		c.expire(now)
		c.reconsider(now)
	}
	switch {
	case c.saving:
		return Command{Kind: Wait}
	case c.reload && c.calling:
		return Command{Kind: Wait} // what comes of it is part of what is known, and settled by a read if it is lost
	case c.reload && !now.Before(c.saveAt):
		c.saving = true
		return Command{Kind: Load}
	case c.pending != nil && !c.pending.planned && !c.calling:
		c.calling, c.holdSave = true, now.Add(heldFor)
		return Command{Kind: Plan, Change: c.pending.change}
	case c.readsFirst(now) && c.again != againOut:
		c.holdSave = now.Add(heldFor)
		return c.look(now)
	case c.pending != nil && c.pending.stored && !c.calling: // before what else was heard is stored, or a stream of words would hold it up
		c.calling = true
		return Command{Kind: Scale, Change: c.pending.change}
	case c.savesNow(now):
		if cmd, ok := c.save(now); ok {
			return cmd
		}
		return c.Next(now)
	case c.waitsForDriver(now) && c.unsaved:
		return Command{Kind: Wait, Until: later(c.holdSave, c.saveAt)}
	case c.waitsForDriver(now):
		return Command{Kind: Wait}
	case c.unsaved:
		return Command{Kind: SleepUntil, Until: c.saveAt, Failed: c.saveWhy}
	case c.pending != nil:
		c.calling = true
		return Command{Kind: Scale, Change: c.pending.change}
	case c.looksNow(now):
		return c.look(now)
	case c.asksAgain(now):
		if cmd, ok := c.askAgain(now); ok {
			return cmd
		}
		return c.Next(now)
	case c.again == againWanted && c.mayReadAgain(now):
		return c.readAgain(now)
	}
	return c.sleep(now)
}

// sleep returns when to come back.
func (c *Cycle) sleep(now time.Time) Command {
	if c.state.empty() && c.revision == "" && (c.target == nil || !c.fixed()) {
		return Command{Kind: Drop}
	}
	cmd := Command{Kind: SleepUntil, Until: soonest(soonest(c.expiry, c.saveBy), soonest(c.due(), c.nextAsk(now)))}
	defer c.rest()
	if c.stirred && now.Before(c.notBefore) {
		c.stirred = false
		c.lookAt = c.notBefore
		cmd.Until = soonest(cmd.Until, c.notBefore)
		cmd.Failed = fmt.Sprintf("driver %q asked not to be called before %s", c.ref.Driver, c.notBefore.Format(time.RFC3339))
	}
	c.stirred = false
	if c.again == againWanted {
		c.again = againNot
	}
	return cmd
}

// fixed reports whether a target of the file names the ref without a template.
func (c *Cycle) fixed() bool {
	ref, ok := c.target.Ref()
	return ok && ref == c.ref
}

// due is when to look at the ref by itself. Zero: not before something happens.
func (c *Cycle) due() time.Time {
	at := soonest(c.lookAt, c.settleAt)
	if c.target == nil || at.IsZero() || c.state.Intent == nil && !c.state.open() {
		return time.Time{}
	}
	if at.Before(c.notBefore) {
		return c.notBefore
	}
	return at
}

// looksNow reports whether the count is to be read.
func (c *Cycle) looksNow(now time.Time) bool {
	if c.target == nil || now.Before(c.notBefore) {
		return false
	}
	if c.stirred && (c.state.open() || c.state.Intent != nil) {
		return true
	}
	due := c.due()
	return !due.IsZero() && !now.Before(due)
}

// look reads the count, or goes on with a plan that was begun.
func (c *Cycle) look(now time.Time) Command {
	if all := c.questions(now); len(all) > 0 {
		return c.ask(all, now)
	}
	c.begin()
	c.calling = true
	if change, ok := c.state.resumePlan(); ok {
		in := c.state.Intent
		from, to := change.From, change.To
		c.pending = &pending{change: change, planned: true, carriesOn: true, decisions: []Decision{{
			Target: c.target.Name, Rule: in.last().Rule, Verdict: Scaled, From: &from, To: &to,
			Why: []string{fmt.Sprintf("carried on: %d → %d, begun at %s", from, to, in.At.Format(time.RFC3339))},
		}}}
		return Command{Kind: Scale, Change: change, Begins: true}
	}
	return Command{Kind: Observe, Begins: true}
}

// begin begins a reconciliation, which all that asked for one so far are part of.
func (c *Cycle) begin() {
	c.stirred = false
	c.lookAt, c.settleAt = time.Time{}, time.Time{}
}

// plan notes what a driver planned for the pending change.
func (c *Cycle) plan(plan json.RawMessage) {
	c.pending.planned = true
	if plan == nil {
		return
	}
	c.state.plan(plan)
	c.pending.change.Plan = plan
	c.unsaved = true
}
