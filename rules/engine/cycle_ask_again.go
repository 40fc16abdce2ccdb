package engine

import "time"

// maxAskedLess is how often in a row the time between two look-ups doubles, while what is looked up fires on.
const maxAskedLess = 4

// asksAgain reports whether alerts are to be looked up now though nothing is to be read: something waits for as long as they
// fire, and nobody might tell that they do not any more.
func (c *Cycle) asksAgain(now time.Time) bool {
	return !c.askAt.IsZero() && !now.Before(c.askAt)
}

// askAgain looks alerts up; false: there are none to look up.
func (c *Cycle) askAgain(now time.Time) (Command, bool) {
	c.askAt = time.Time{}
	if all := c.questions(now); len(all) > 0 {
		c.asked++
		return c.ask(all, now), true
	}
	return Command{}, false
}

// nextAsk is when to look alerts up again by itself; zero: nothing relies on that they fire. What fires on is looked up after
// a time that doubles, so that a long incident does not keep Alertmanager busy.
func (c *Cycle) nextAsk(now time.Time) time.Time {
	after := c.set.LookupAfter
	switch {
	case after == 0 || c.target == nil || c.state.Intent != nil || !c.relies():
		c.askAt, c.asked = time.Time{}, 0
	case c.askAt.IsZero():
		c.askAt = now.Add(after << min(c.asked, maxAskedLess))
	}
	return c.askAt
}

// askSooner begins with the shortest time again, since something new was heard.
func (c *Cycle) askSooner(now time.Time) {
	c.asked = 0
	if !c.askAt.IsZero() {
		c.askAt = earlier(c.askAt, now.Add(c.set.LookupAfter))
	}
}

// relies reports whether something waits for as long as alerts fire: a call that is held, the way back, an alert that would
// keep a new one from beginning an episode, though only a late word says that it fires, or one that is silenced.
func (c *Cycle) relies() bool {
	b := c.state.policies().Baseline
	return c.doubts || c.heldBack && c.state.open() || b != nil && b.QuietAt.IsZero()
}

// doubtful has the alerts looked up that fire by a late word alone.
func (c *Cycle) doubtful(now time.Time) {
	if c.set.LookupAfter > 0 {
		c.doubts, c.askAt = true, now
	}
}

// silenced reports whether Prometheus says of an alert that it fires, and Alertmanager does not have it or suppresses it.
func (s *RefState) silenced() bool {
	for _, h := range s.allAlerts() {
		if h.silenced() {
			return true
		}
	}
	return false
}

// doubts reports whether there are such alerts.
func (s *RefState) doubts() bool {
	for _, h := range s.allAlerts() {
		if h.Phase == Firing && !h.DoubtedAt.IsZero() {
			return true
		}
	}
	return false
}
