package engine

import "time"

// again says whether the count is to be read though nothing asks for it.
type again uint8

const (
	againNot again = iota
	againWanted
	againOut // such a read is out
)

// ReadAgain has the count read though nothing asks for it, once nothing else is under way, by an Observe with which no
// reconciliation begins. It is entered, and that is all: nothing is decided and nothing stored on its account, no failure
// of it counts, and open calls go on waiting for what they wait for. Only a call that comes up while it is out is decided
// on it.
//
// It reports whether such a read comes. None does of a ref that no target has, that is looked at by itself right now or
// within a minute, of whose last change the outcome is not known, or that was never found and is named by alerts alone.
func (c *Cycle) ReadAgain(now time.Time) bool {
	c.work()
	now = c.tick(now)
	if c.again == againNot && c.mayReadAgain(now) {
		c.again = againWanted
	}
	return c.again != againNot
}

// mayReadAgain reports whether a read disturbs nothing.
func (c *Cycle) mayReadAgain(now time.Time) bool {
	due := c.due()
	return c.target != nil && !c.Unknown() && !c.calling && c.pending == nil && c.state.Intent == nil &&
		!now.Before(c.notBefore) && (due.IsZero() || due.After(now.Add(lookAgain)))
}

func (c *Cycle) readAgain(now time.Time) Command {
	c.again, c.holdSave = againOut, now.Add(heldFor)
	return Command{Kind: Observe}
}

// waitsForDriver reports whether what comes next waits for a command of the driver that is out.
func (c *Cycle) waitsForDriver(now time.Time) bool {
	return c.calling || c.again == againOut && c.looksNow(now)
}

// readAgainDone enters what came of a read that nothing asked for.
func (c *Cycle) readAgainDone(r Reply, now time.Time) Conclusion {
	if c.again != againOut {
		return Conclusion{}
	}
	c.again = againNot
	switch {
	case r.Outcome != Succeeded || c.target == nil || c.state.Intent != nil:
		return Conclusion{}
	case c.servesLook(now):
		c.begin()
		return c.keptBack(c.observed(r, now))
	}
	c.enterCount(r.Observed, now)
	return Conclusion{}
}

// servesLook reports whether a look that came up meanwhile would begin with a read now.
func (c *Cycle) servesLook(now time.Time) bool {
	busy := c.saving || c.reload || c.joined || c.pending != nil || c.held != nil || c.unsaved && c.savesBad > 0
	return !busy && c.looksNow(now) && len(c.questions(now)) == 0
}

// enterCount takes over the count. Without a call it counts as a recommendation, and a way back may be over by it.
func (c *Cycle) enterCount(seen Observed, now time.Time) {
	count := seen.Count // by itself, for as long as the cycle is there
	c.ready, c.misses = readinessOf(seen.Ready), 0
	c.enterBounds(seen.Bounds, now)
	c.state.Count, c.state.ReadAt, c.state.MissingAt = &count, now, time.Time{}
	if c.target.Restore != nil || c.target.Behavior != nil || c.state.Policies != nil {
		c.state = c.state.clone()
		c.enterForPolicies(count, now)
	}
	c.expiry = c.state.nextExpiry(c.set, c.target)
}

func (c *Cycle) enterForPolicies(count int, now time.Time) {
	changed := c.state.restores(c.set, c.target, now)
	c.state.forgetBehavior(c.target)
	if !c.state.openForReal(c.set, c.target) {
		c.state.recommend(c.target, Recommendation{now, count}, now) // stored with what is stored next
	}
	if changed {
		c.saveLate(now.Add(heardLate))
		c.lookSoon(now)
	}
}
