package engine

// workloadGate stops a call while nothing can be done to the workload as it is.
type workloadGate struct{}

// Check implements Gate.
func (workloadGate) Check(c *Case) *Reason {
	fact, ok := c.Observed.Obstacle()
	if !ok {
		return nil
	}
	switch fact.Type {
	case ConditionUnscalable:
		return &Reason{Gate: Rejected, Text: fact.Text}
	case ConditionDisabled:
		return &Reason{Gate: Disabled, Text: fact.Text, Poll: PollMinute}
	case ConditionOwned:
		return &Reason{Gate: Owned, Text: fact.Text, Poll: PollMinute}
	default:
		return &Reason{Gate: NotReady, Text: fact.Text, Poll: PollSoon}
	}
}
