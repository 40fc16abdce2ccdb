package engine

// templateGate stops a call whose template gave no value. Nothing but a notification mends it.
type templateGate struct{}

// Check implements Gate.
func (templateGate) Check(c *Case) *Reason {
	if !lacksValue(c.Rule, c.Call) {
		return nil
	}
	text := c.Call.Broken
	if text == "" {
		text = "the rule has got a template; it waits for the next notification"
	}
	c.Why = nil
	return &Reason{Gate: Rejected, Text: text}
}
