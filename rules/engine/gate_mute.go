package engine

// muteGate stops a call at times at which its rule is mute.
type muteGate struct{}

// Check implements Gate.
func (muteGate) Check(c *Case) *Reason {
	why, until := c.Rule.Muted(c.Now)
	if why == "" {
		return nil
	}
	return &Reason{Gate: Muted, Text: why + ", until " + clock(until, c.Now), Until: until}
}
