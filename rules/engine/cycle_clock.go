package engine

import "time"

// tick takes a time over, without its monotonic reading: what is stored has none, and compares by the clock. Where the
// clock was set back, what was to be done at a time of the old one is due as soon as it would have been.
func (c *Cycle) tick(now time.Time) time.Time {
	now = now.Round(0)
	if ahead := c.latest.Sub(now); ahead > 0 {
		c.work()
		for _, at := range []*time.Time{&c.saveBy, &c.saveAt, &c.holdSave, &c.lookAt, &c.settleAt, &c.notBefore, &c.askedAt, &c.askAt} {
			if !at.IsZero() {
				*at = at.Add(-ahead)
			}
		}
		c.expiry = now
	}
	c.latest = now
	return now
}
