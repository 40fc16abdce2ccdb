package engine

import "time"

// missed notes that the workload is not found, and reports whether it may be made again right now: it was there a short
// while ago.
func (c *Cycle) missed(now time.Time) bool {
	if c.state.MissingAt.IsZero() {
		c.state.MissingAt = now
		c.saveLate(now.Add(heardLate))
		c.expiry = c.state.nextExpiry(c.set, c.target)
	}
	read, since := c.state.ReadAt, c.state.MissingAt
	return !read.IsZero() && since.Sub(read) <= seenWithin && now.Sub(since) < missedFor
}

// notFound ends a reconciliation on a workload that is not there. One that the file itself names, and that was never
// read, may be about to be replaced by a deployment: it is looked for again for a short while, though whoever asks is
// told that it is not found.
func (c *Cycle) notFound(why string, now time.Time) Conclusion {
	r := c.refused(why, now)
	c.endWayBack(now)
	if c.fixed() && c.state.ReadAt.IsZero() && now.Sub(c.state.MissingAt) < missedFor {
		c.misses++
		c.lookAt = now.Add(c.delay(c.misses))
	}
	return r
}
