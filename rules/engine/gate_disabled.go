package engine

import "fmt"

// disabledGate stops a call on a workload that somebody switched off: a count of 0 under a min above 0. A 0 in a field
// of another object, by a path, is a value as any other.
type disabledGate struct{}

// Check implements Gate.
func (disabledGate) Check(c *Case) *Reason {
	if c.Observed.Count != 0 || c.Bounds.Min == 0 || c.Target.Path != "" {
		return nil
	}
	return &Reason{Gate: Disabled, Poll: PollMinute, Text: fmt.Sprintf(
		"disabled: the count is 0 and min is %d, so somebody switched it off; min: 0 would allow to scale from 0", c.Bounds.Min)}
}
