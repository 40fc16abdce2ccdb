package engine

import "time"

// Flush returns the command that stores all that the store lacks, however late it might be stored otherwise; false
// where there is nothing, or where a command of the store is out.
func (c *Cycle) Flush(now time.Time) (Command, bool) {
	if c.saving || c.reload || !c.unsaved && c.saveBy.IsZero() {
		return Command{}, false
	}
	c.work()
	return c.save(c.tick(now))
}

// Saved reports whether the store has all that is known.
func (c *Cycle) Saved() bool { return !c.unsaved && c.saveBy.IsZero() && !c.saving && !c.reload }

// Clip makes a text of whatever length a line of why.
func Clip(text string) string { return clip(text) }

// OpenCalls counts the calls that are not served yet.
func (s *RefState) OpenCalls() int { return s.openCalls() }

// FiringByRule counts the alerts that fire, by rule.
func (s *RefState) FiringByRule() map[string]int {
	n := map[string]int{}
	for _, c := range s.byRule {
		if c.firing > 0 {
			n[c.rule] = c.firing
		}
	}
	return n
}

// Export returns all that is known of the ref, as a store would hold it.
func (c *Cycle) Export() (Record, error) {
	r, _, err := encodeState(c.ref, &c.state, nil)
	return r, err
}
