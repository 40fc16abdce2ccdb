package engine

import (
	"slices"
	"time"

	"alertscale/rules"
)

// Gate is something that may keep a call waiting, or limit what it asks for.
type Gate interface {
	// Check returns why the call waits; nil: it passes. A gate that limits lowers or raises c.To, with a line of why.
	Check(c *Case) *Reason
}

// Reason is why a call waits.
type Reason struct {
	Gate  Verdict   // the gate, by the verdict that it comes to
	Text  string    // a line of why
	Until time.Time // when it ends; zero: an event, not the clock, ends it
	Poll  Poll      // how often to look whether it has ended, where nobody tells
	Once  bool      // it is reported once an episode
}

// Poll says how often a call is looked at of which nobody tells when its wait ends.
type Poll int

// A call is not looked at before something happens, each minute, or after 1, 2, 4 … 30 s.
const (
	PollNever Poll = iota
	PollMinute
	PollSoon
)

// Case is one open call under decision.
type Case struct {
	*Situation
	Rule *rules.Rule
	Call *Call
	Want rules.Candidate
	To   int      // what it asks for after the gates so far
	Why  []string // a line for each thing that it came by
	// Partly is of a call that behavior lets go a part of its way: it stays open for the rest.
	Partly bool

	waits []*Reason // why it does not compete; none: it does
}

// Situation is what the calls of one decision have in common.
type Situation struct {
	Set      *rules.Set
	Target   *rules.Target
	State    *RefState
	Observed Observed
	Firing   map[string]int // alerts that fire, by rule
	Bounds   rules.Bounds
	Alone    string // why the workload is left alone: it is to say its own bounds, and does not; empty: it is not
	Now      time.Time
}

// waiting are the gates that keep a call from competing.
var waiting = []Gate{templateGate{}, workloadGate{}, ownBoundsGate{}, disabledGate{}, pauseGate{}, muteGate{}, revertedGate{}, holdGate{}, cooldownGate{}, closedGate{}}

// limiting are the gates that the winning call goes through, in this order.
var limiting = []Gate{stabilizationGate{}, policyGate{}, boundsGate{}, readinessGate{}}

// precedence is the order in which reasons decide where there are several.
var precedence = []Verdict{Failed, Rejected, Disabled, Paused, Muted, Owned, Reverted, Held, Cooling, Stabilizing, Limited, NotReady, AtBound}

// check asks all gates that keep a call from competing.
func (c *Case) check() {
	for _, g := range waiting {
		if r := g.Check(c); r != nil {
			c.waits = append(c.waits, r)
		}
	}
	slices.SortStableFunc(c.waits, func(a, b *Reason) int { return slices.Index(precedence, a.Gate) - slices.Index(precedence, b.Gate) })
	for _, r := range c.waits {
		c.Why = append(c.Why, r.Text)
	}
}

// serves reports whether a call is served where this is why it goes no further: there is nothing more to come at a bound.
func (r *Reason) serves() bool { return r == nil || r.Gate == AtBound }

// competes reports whether nothing keeps the call waiting.
func (c *Case) competes() bool { return len(c.waits) == 0 }

// verdict is the first of the reasons for which it waits.
func (c *Case) verdict() Verdict { return c.waits[0].Gate }

// limit takes the call through the gates that limit it.
func (c *Case) limit() *Reason {
	for _, g := range limiting {
		if r := g.Check(c); r != nil {
			if r.Text != "" {
				c.Why = append(c.Why, r.Text)
			}
			return r
		}
	}
	return nil
}
