package engine

import (
	"slices"
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
		if h.Labels != nil && c.asksAbout(&c.state, &h, now) {
			if all = append(all, Question{fp, h.Labels}); len(all) == maxQuestions {
				return all
			}
		}
	}
	return all
}

// asksAbout reports whether an alert may be looked up: one that fires and was last heard of too long ago, or one that was
// found to be silenced.
func (c *Cycle) asksAbout(s *RefState, h *AlertState, now time.Time) bool {
	return h.Phase == Firing && c.isOld(s, h, now) || h.silenced()
}

// isOld reports whether an alert was last heard of too long ago, or by a late word alone. What Prometheus itself says of one
// tells nothing of silences: one that nobody else tells of has to fire for as long, by when Alertmanager has it too.
func (c *Cycle) isOld(s *RefState, h *AlertState, now time.Time) bool {
	at := s.heardAt(h)
	if !h.Until.IsZero() && !slices.ContainsFunc(h.Groups, func(m Membership) bool { return m.Group != 0 }) {
		at = h.StartsAt
	}
	return !h.DoubtedAt.IsZero() || !now.Before(at.Add(c.set.LookupAfter))
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
		if i >= len(r.Lookups) || !known || !c.asksAbout(&next, &h, now) {
			continue
		}
		was := h.Phase
		if !next.lookedUp(&h, r.Lookups[i], now) {
			continue
		}
		next.putAlert(q.Fingerprint, h)
		changed, gone = true, gone || was == Firing && h.Phase == Suspended
	}
	if changed {
		c.state = next
		c.expiry = now // the episodes of what is suspended are brought up to it
		c.saveLate(now.Add(heardLate))
	}
	c.doubts = c.doubts || c.state.silenced()
	if gone {
		c.asked = 0
		c.saveLate(now.Add(outcomeLate))
		c.lookSoon(now)
	}
	return Conclusion{}
}

// lookedUp enters what Alertmanager says of one alert, and reports whether it says anything new.
func (s *RefState) lookedUp(h *AlertState, said rules.Lookup, now time.Time) bool {
	switch {
	case said == rules.LookupFiring && h.silenced():
		h.Until = time.Time{} // the next word of it counts
	case said == rules.LookupFiring:
		h.At, h.DoubtedAt = now, time.Time{}
	case said == rules.LookupGone && h.Phase == Firing:
		h.At = s.heardAt(h)
		h.silence(now)
	default:
		return false
	}
	return true
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
