package engine

// lastReport is what distinguishes a decision from the one before.
type lastReport struct {
	verdict  Verdict
	rule     string
	from, to int
}

func (c *Cycle) isNew(d *Decision) bool {
	t := lastReport{verdict: d.Verdict, rule: d.Rule}
	if d.From != nil && d.To != nil {
		t.from, t.to = *d.From, *d.To
	}
	same := c.last != nil && t == *c.last && d.Verdict != Scaled && d.Verdict != DryRun
	c.last = &t
	return !same
}
