package engine

import (
	"reflect"
	"time"

	"alertscale/rules"

	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"
)

// What always holds is checked by every timeline: record and decide give the same twice, change nothing of what they
// are given, and take a state that was stored for the one that was not; isRepeat is true only where record changes
// nothing; a change keeps within the bounds and the cooldown, and has a call.

// checkRecord checks what holds of recording.
func (w *world) checkRecord(c *Cycle, r *rules.RefAlerts) {
	if len(r.Alerts) == 0 || w.odd || w.spared() || w.set.Disowned(r, c.state.Target) != nil {
		return
	}
	before := dump(w.t, c.state)
	next, rec := record(w.set, c.state, r, w.now)
	require.Equal(w.t, before, dump(w.t, c.state), "record changed what it was given")
	again, recAgain := record(w.set, stored(w.t, c), r, w.now)
	require.Equal(w.t, dump(w.t, next), dump(w.t, again))
	require.Equal(w.t, rec, recAgain)
	w.checkRepeat(c, r)
}

// checkRepeat compares isRepeat with what record makes of the notification.
func (w *world) checkRepeat(c *Cycle, r *rules.RefAlerts) {
	repeat := c.state.isRepeat(r)
	aged := c.state.clone()
	due := aged.expire(w.set, r.Target, w.now)
	next, rec := record(w.set, aged, r, w.now)
	heard, then := aged.heard(), next.heard()
	disputes := false
	for fp, h := range then.Alerts {
		was, ok := heard.Alerts[fp]
		if ok && h.Phase == was.Phase && (h.Phase != Suspended || h.silenced() && was.silenced()) {
			was.At, was.LastAt = h.At, h.LastAt
			if h.Hook == "" && !was.Until.IsZero() && !h.Until.IsZero() { // likewise: until when it was said to fire
				was.Until = h.Until
			}
			heard.Alerts[fp] = was
		}
		disputes = disputes || len(h.DisputedBy) > 0 || h.NeverFired || h.silenced()
	}
	same := reflect.DeepEqual(heard, then)
	if rec.changed != !same { // two alerts may break a template in turn
		require.True(w.t, rec.changed && c.state.unrenderedAny(r), "record reports whether it changed something")
	}
	switch {
	case due:
	case repeat:
		require.Equal(w.t, heard, then, "a repeat, though record changes something")
	case same && !disputes && !c.state.unrenderedAny(r):
		require.Fail(w.t, "no repeat, though record changes nothing")
	}
}

// spared reports whether a check is left out.
func (w *world) spared() bool {
	w.checks++
	return w.sparing > 0 && w.checks%w.sparing > 0
}

func (s *RefState) unrenderedAny(r *rules.RefAlerts) bool {
	for _, m := range r.Alerts {
		if s.unrendered(m.Rules) {
			return true
		}
	}
	return false
}

// checkDecide checks what holds of deciding.
func (w *world) checkDecide(c *Cycle, seen Observed) {
	if c.target == nil || w.odd || w.spared() {
		return
	}
	before := dump(w.t, c.state)
	out := decide(w.set, c.target, c.state, seen, w.now)
	require.Equal(w.t, before, dump(w.t, c.state), "decide changed what it was given")
	again := decide(w.set, c.target, stored(w.t, c), seen, w.now)
	require.Equal(w.t, out.decisions, again.decisions)
	require.Equal(w.t, out.change, again.change)
	if len(out.decisions) == 0 || out.decisions[0].Verdict != Scaled {
		require.Nil(w.t, out.change)
	} else {
		require.NotNil(w.t, out.change)
	}
}

// sound checks what holds of every state.
func (w *world) sound(c *Cycle) {
	if w.spared() {
		return
	}
	s := c.State()
	require.LessOrEqual(w.t, s.alerts.n, maxAlerts)
	s.counted(w.t)
	for fp, h := range s.allAlerts() {
		require.Falsef(w.t, h.At.After(w.now) && !c.joined, "%s: heard of in the future", fp) // what was loaded is brought up first
		if h.Phase == Resolved {
			require.Empty(w.t, h.Groups)
			continue
		}
		require.Empty(w.t, h.DisputedBy)
		for _, name := range h.Rules {
			ep := s.episode(name)
			require.NotNilf(w.t, ep, "%s keeps no episode of %q", fp, name)
			require.Truef(w.t, ep.Ended.IsZero() || h.Phase == Suspended, "the episode of %q has ended, but %s is in it", name, fp)
		}
	}
	ids := map[uint64]bool{}
	for name, ep := range s.episodes() {
		for _, call := range []*Call{ep.Call, ep.Cancelled} {
			if call != nil {
				require.Falsef(w.t, ids[call.ID], "%q: two calls with one number", name)
				require.LessOrEqual(w.t, call.ID, s.Calls)
				ids[call.ID] = true
			}
		}
	}
}

// hearsay is what the senders said of one alert.
type hearsay struct {
	labels   rules.Labels
	starts   map[time.Time]bool // as firing
	latest   time.Time          // of them
	ended    time.Time          // of the last word, if that was a resolve
	resolves int
}

func (w *world) hearsay(e *rules.Event) {
	for i := range e.Alerts {
		a := &e.Alerts[i]
		h := w.heard[a.Fingerprint]
		if h == nil {
			h = &hearsay{labels: a.Labels, starts: map[time.Time]bool{}}
			w.heard[a.Fingerprint] = h
		}
		if a.Resolved {
			h.ended = a.EndsAt
			h.resolves++
			continue
		}
		if e.Hook != "" {
			h.resolves++ // it ends by itself
		}
		h.starts[a.StartsAt], h.latest, h.ended = true, later(h.latest, a.StartsAt), time.Time{}
	}
}

// allowed checks that a change is one that the bounds, and an active call, allow. One that was begun is carried on.
func (w *world) allowed(a *asked) {
	require.NotEqual(w.t, a.From, a.To)
	if a.Plan != nil && a.Version == "" {
		return
	}
	low, high, alone := w.loads[a.ref].bounds(a.target)
	require.Falsef(w.t, alone, "%d → %d, though it is to be left alone", a.From, a.To)
	require.False(w.t, a.target.DryRun || a.rule.DryRun, "a dry run is no change")
	if a.To > a.From {
		require.LessOrEqualf(w.t, a.To, high, "%d → %d is above max", a.From, a.To)
	} else {
		require.GreaterOrEqualf(w.t, a.To, low, "%d → %d is below min", a.From, a.To)
	}
	require.False(w.t, a.From == 0 && low > 0 && a.target.Path == "", "somebody switched it off")
	if isRestore(a.rule.Name) {
		require.Less(w.t, a.To, a.From)
		return
	}
	for _, h := range w.heard {
		if w.lost {
			return
		}
		if !a.rule.Matchers.Matches(labelSet(h.labels)) {
			continue
		}
		if a.rule.Resolved && h.resolves > 0 || !a.rule.Resolved && (h.ended.IsZero() || !h.ended.After(h.latest)) {
			return
		}
	}
	require.Failf(w.t, "a change without a call", "%d → %d by %q", a.From, a.To, a.rule.Name)
}

// labelSet gives labels in the form that Alertmanager matches.
func labelSet(ls rules.Labels) model.LabelSet {
	all := model.LabelSet{}
	for _, l := range ls {
		all[model.LabelName(l.Name)] = model.LabelValue(l.Value)
	}
	return all
}

// apart checks that the cooldown has passed since the last change that was carried out.
func (w *world) apart(a *asked) {
	l := w.loads[a.ref]
	if len(l.changes) == 0 {
		return
	}
	last := l.changes[len(l.changes)-1]
	cooldown := a.rule.CooldownOn(a.target, rules.DirectionOf(a.From, a.To))
	require.GreaterOrEqualf(w.t, w.now.Sub(last.at), cooldown, "%d → %d by %q comes too soon", a.From, a.To, a.rule.Name)
}
