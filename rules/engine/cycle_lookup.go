package engine

import (
	"time"

	"alertscale/rules"
)

// Question is about an alert that is to be looked up at Alertmanager.
type Question struct {
	Fingerprint string
	Labels      rules.Labels
}

// maxQuestions is how many alerts of a ref are looked up at a time.
const maxQuestions = 100

// questions lists the alerts that fire, that were last heard of too long ago for anything to rely on them, and that were
// not looked up since.
func (c *Cycle) questions(now time.Time) (all []Question) {
	after := c.set.LookupAfter
	if after == 0 || c.state.Intent != nil || now.Before(c.askedAt.Add(after)) {
		return nil
	}
	for fp, h := range c.state.allAlerts() {
		if h.Phase == Firing && h.Labels != nil && c.isOld(&c.state, &h, now) {
			if all = append(all, Question{fp, h.Labels}); len(all) == maxQuestions {
				return all
			}
		}
	}
	return all
}

// isOld reports whether an alert was last heard of too long ago, or by a late word alone.
func (c *Cycle) isOld(s *RefState, h *AlertState, now time.Time) bool {
	return !h.DoubtedAt.IsZero() || !now.Before(s.heardAt(h).Add(c.set.LookupAfter))
}

// ask has alerts looked up before anything relies on them.
func (c *Cycle) ask(all []Question, now time.Time) Command {
	c.calling, c.askedAt, c.holdSave = true, now, now.Add(heldFor)
	c.askAt, c.doubts = time.Time{}, false
	return Command{Kind: Ask, Questions: all}
}

// answered enters what Alertmanager says of alerts: one that it has is heard of, one that it does not is suspended, unless
// somebody spoke of it meanwhile.
func (c *Cycle) answered(cmd Command, r Reply, now time.Time) Conclusion {
	next, changed, gone := c.state.clone(), false, false
	for i, q := range cmd.Questions {
		h, known := next.alert(q.Fingerprint)
		if i >= len(r.Lookups) || !known || h.Phase != Firing || !c.isOld(&next, &h, now) {
			continue
		}
		switch r.Lookups[i] {
		case rules.LookupFiring:
			h.At, h.DoubtedAt = now, time.Time{}
		case rules.LookupGone:
			h.At = next.heardAt(&h)
			h.suspend(now)
			gone = true
		default:
			continue
		}
		next.putAlert(q.Fingerprint, h)
		changed = true
	}
	if changed {
		c.state = next
		c.expiry = now // the episodes of what is suspended are brought up to it
		c.saveLate(now.Add(heardLate))
	}
	if gone {
		c.asked = 0
		c.saveLate(now.Add(outcomeLate))
		c.lookSoon(now)
	}
	return Conclusion{}
}

// maxLabelBytes is how many bytes the labels of an alert that is looked up may take: they are remembered, and are the
// sender's choice.
const maxLabelBytes = 4 << 10

// labelsOf returns the labels that an alert is looked up by, where it is: those of hooks are not, nor those of which there
// are too many.
func (r *recorder) labelsOf(m rules.MatchedAlert) rules.Labels {
	if r.set.LookupAfter == 0 || r.e.Event.Hook != "" || !isShort(m.Alert.Labels) {
		return nil
	}
	return m.Alert.Labels.Clone()
}

func isShort(ls rules.Labels) bool {
	size := 0
	for _, l := range ls {
		size += len(l.Name) + len(l.Value)
	}
	return size <= maxLabelBytes
}

// lacksLabels reports whether an alert is to be looked up, and it is not known by what.
func (h *AlertState) lacksLabels(m *rules.MatchedAlert, t *rules.Target) bool {
	return h.Labels == nil && h.Hook == "" && t.LooksUp() && isShort(m.Alert.Labels)
}
