package engine

import (
	"slices"
	"time"

	"alertscale/rules"
)

// saveLate lets the state be stored by a time, a second from now or later, with whatever is stored before. It is
// stored at a whole second, so that what many refs may store late shares a commit of the store.
func (c *Cycle) saveLate(by time.Time) { c.saveBy = soonest(c.saveBy, by.Truncate(time.Second)) }

// savesNow reports whether the state is to be stored now.
func (c *Cycle) savesNow(now time.Time) bool {
	if now.Before(c.saveAt) {
		return false
	}
	held := now.Before(c.holdSave) && (c.again != againOut || c.looksNow(now))
	return c.unsaved && !held || !c.saveBy.IsZero() && !now.Before(c.saveBy)
}

// readsFirst reports whether the count is to be read before what was heard is stored, so that both that and what comes
// of the read take one write. Nobody is told anything, and nothing is scaled, before it is stored.
func (c *Cycle) readsFirst(now time.Time) bool {
	return c.unsaved && c.savesBad == 0 && c.held == nil && c.pending == nil && !c.calling && c.state.Intent == nil && c.looksNow(now)
}

// keptBack returns what a reconciliation came to, where the store has all that led to it. Else it is kept until then.
func (c *Cycle) keptBack(r Conclusion) Conclusion {
	if !r.Ended || !c.unsaved && !c.saving || c.state.empty() && c.revision == "" {
		return r
	}
	c.held = &r
	return Conclusion{}
}

// release returns what a reconciliation came to that waited for the store.
func (c *Cycle) release() Conclusion {
	if c.held == nil {
		return Conclusion{}
	}
	r := *c.held
	c.held = nil
	return r
}

// save returns the command that stores the state; false where there is nothing to store.
func (c *Cycle) save(now time.Time) (Command, bool) {
	r, parts, err := encodeState(c.ref, &c.state, c.parts)
	if err != nil { // which no state does
		c.saveFailed(err.Error(), now)
		return Command{}, false
	}
	if len(r.Data) == 0 && c.revision == "" {
		c.stored("")
		c.settledNow = append(c.settledNow, c.release().Decisions...)
		return Command{}, false
	}
	c.saving = true
	if c.pending != nil && c.pending.planned {
		c.pending.saved = true
	}
	c.unkept, c.unkeptIn = false, c.unkept || c.unkeptIn
	c.unsaved, c.saveBy = false, time.Time{}
	for i := range c.unstored {
		c.unstored[i].out = true
	}
	r.Revision, c.partsOut = c.revision, parts
	return Command{Kind: Save, Record: r}, true
}

// stored enters that all that was known when the command was given is stored.
func (c *Cycle) stored(revision Revision) {
	c.revision, c.savesBad, c.clashes, c.saveAt, c.saveWhy = revision, 0, 0, time.Time{}, ""
	if !c.saving {
		c.unsaved, c.saveBy, c.unstored, c.unkept, c.unkeptIn = false, time.Time{}, nil, false, false
		return
	}
	if c.pending != nil && c.pending.saved && !c.calling {
		c.pending.stored = true
	}
	c.saving, c.unkeptIn = false, false
	c.parts, c.partsOut = c.partsOut, nil
	kept := c.unstored[:0]
	for _, h := range c.unstored {
		if !h.out {
			kept = append(kept, h)
		}
	}
	c.unstored = kept
	if len(kept) == 0 {
		c.unstored = nil
	}
}

// saveFailed enters that the state could not be stored, or may not have been. Nothing is scaled before it is.
func (c *Cycle) saveFailed(why string, now time.Time) {
	c.saving, c.unsaved = false, true
	c.savesBad++
	c.saveAt, c.saveWhy = now.Add(c.delay(c.savesBad)), why
	c.withdraw()
}

// withdraw takes a change back that was decided and is not asked for.
func (c *Cycle) withdraw() {
	if c.pending == nil || c.calling {
		return
	}
	if !c.pending.carriesOn {
		c.state.notApplied()
	}
	c.pending = nil
	c.stirred = true
}

// reconsider takes a change back that is not asked for so far, where a call that it was decided for is not open any
// more, or somebody paused the ref.
func (c *Cycle) reconsider(now time.Time) {
	if c.pending == nil || c.pending.carriesOn || c.state.Intent == nil {
		return
	}
	d := rules.DirectionOf(c.pending.change.From, c.pending.change.To)
	paused := slices.ContainsFunc(c.state.policies().Pauses, func(p Pause) bool { return p.stops(d, now) })
	if !paused && c.state.allOpen(c.state.Intent.last().Calls) {
		return
	}
	c.withdraw()
	c.saveLate(now.Add(outcomeLate))
}

// loaded takes over what somebody else stored, records again what is not known to be stored, and looks again.
func (c *Cycle) loaded(r Record, now time.Time) error {
	state, parts := RefState{}, (*storedParts)(nil)
	if len(r.Data) > 0 {
		var err error
		if _, state, parts, err = decodeState(r); err != nil {
			return err
		}
	}
	c.parts = parts
	c.reload, c.saving, c.saveAt = false, false, time.Time{}
	c.state, c.revision, c.pending, c.held, c.last = state.clone(), r.Revision, nil, nil, nil
	again := c.unstored
	c.unstored, c.unsaved, c.joined, c.unkept, c.unkeptIn = nil, false, true, false, false
	for _, h := range again {
		if h.do != nil {
			c.change(h.do, now)
		} else if e := c.rematch(h.e); e != nil {
			c.enter(e, earlier(h.at, now))
		}
	}
	c.unsaved, c.stirred = c.unsaved || len(again) > 0, true
	return nil
}

// rematch returns what a notification says of the ref under the active file, which may be another one than it was
// matched by; nil: nothing.
func (c *Cycle) rematch(e *rules.RefAlerts) *rules.RefAlerts {
	if c.target == nil {
		return nil
	}
	if len(e.Alerts) > 0 && c.set.Targets[e.Target.Name] != e.Target {
		m := c.set.Match(e.Event)
		i := slices.IndexFunc(m.Refs, func(r *rules.RefAlerts) bool { return r.Ref == c.ref })
		if i < 0 {
			e = m.Absent(c.ref)
		} else {
			e = m.Refs[i]
		}
	}
	if len(e.Alerts) == 0 {
		e.Target = c.target
	}
	if c.set.Disowned(e, c.state.Target) != nil {
		return nil
	}
	return e
}

// delay is how long to wait before what failed is tried again: exponential, with jitter down to half of it, so that
// what failed together does not come back together.
func (c *Cycle) delay(fails int) time.Duration {
	d := min(firstRetry<<min(max(fails-1, 0), 10), lastRetry)
	return d/2 + time.Duration(float64(d/2)*c.o.Jitter())
}
