package rules

import (
	"encoding/json"
	"reflect"
	"time"

	"github.com/stretchr/testify/require"
)

// What always holds is checked by every timeline: Record and Decide give the same twice, change nothing of
// what they are given, and take a memory that was stored for the one that was not; Quiet is true only
// where Record changes nothing; a change keeps within the bounds and the cooldown, and has a call.

// record is Record, with what holds of it.
func (w *world) record(t *Target, mem Memory, touch *Touch, e *Event) (Memory, News) {
	before := dump(w.t, mem, e)
	next, news := Record(t, mem, touch, e, w.now)
	require.Equal(w.t, before, dump(w.t, mem, e), "Record changed what it was given")
	for _, m := range []Memory{mem, stored(w.t, mem)} {
		again, newsAgain := Record(t, m, touch, e, w.now)
		require.Equal(w.t, dump(w.t, next, news), dump(w.t, again, newsAgain))
	}
	w.sound(next)
	return next, news
}

// decide is Decide, with what holds of it.
func (w *world) decide(t *Target, mem Memory, seen Observed) Outcome {
	before := dump(w.t, mem)
	out := Decide(t, mem, seen, w.now)
	require.Equal(w.t, before, dump(w.t, mem), "Decide changed what it was given")
	for _, m := range []Memory{mem, stored(w.t, mem)} {
		require.Equal(w.t, dump(w.t, out), dump(w.t, Decide(t, m, seen, w.now)))
	}
	if len(out.Decisions) == 0 || out.Decisions[0].Verdict != Scaled {
		require.Nil(w.t, out.Change)
	} else {
		require.NotNil(w.t, out.Change)
	}
	if out.Wake.IsZero() && out.Next.Open() {
		for name, ep := range out.Next.Episodes {
			if ep.waits(out.Next.Firing()[name]) {
				require.Truef(w.t, w.set.byName[name].lacksCount(ep.Call), "%q: an open call is never looked at again", name)
			}
		}
	}
	w.sound(out.Next)
	return out
}

// sound checks what holds of every memory.
func (w *world) sound(m Memory) {
	require.LessOrEqual(w.t, len(m.Alerts), maxAlerts)
	for fp, h := range m.Alerts {
		require.Falsef(w.t, h.At.After(w.now), "%s: heard of in the future", fp)
		if h.State == Resolved {
			require.Empty(w.t, h.Groups)
			continue
		}
		require.Empty(w.t, h.Claims)
		for _, name := range h.Rules {
			ep := m.Episodes[name]
			require.NotNilf(w.t, ep, "%s keeps no episode of %q", fp, name)
			require.Truef(w.t, ep.Ended.IsZero(), "the episode of %q has ended, but %s is in it", name, fp)
		}
	}
	ids := map[uint64]bool{}
	for name, ep := range m.Episodes {
		for _, c := range []*Call{ep.Call, ep.Dropped} {
			if c != nil {
				require.Falsef(w.t, ids[c.ID], "%q: two calls with one number", name)
				require.LessOrEqual(w.t, c.ID, m.Calls)
				ids[c.ID] = true
			}
		}
	}
}

// quiet is Quiet, compared with what Record makes of the touch.
func (w *world) quiet(mem Memory, touch *Touch, e *Event) bool {
	quiet := mem.Quiet(touch, e, e.Group())
	aged, due := Advance(touch.Target, mem, w.now)
	next, news := Record(touch.Target, aged, touch, e, w.now)
	heard := aged.clone()
	claims := false
	for fp, h := range next.Alerts {
		was, ok := heard.Alerts[fp]
		if ok && h.State == was.State && h.State != Suspended {
			was.At, was.LastAt = h.At, h.LastAt
			heard.Alerts[fp] = was
		}
		claims = claims || len(h.Claims) > 0
	}
	same := reflect.DeepEqual(heard, next)
	if news.Changed != !same { // two alerts may break a template in turn
		require.True(w.t, news.Changed && mem.unrenderedAny(touch), "Record tells whether it changed something")
	}
	switch {
	case due:
	case quiet:
		require.True(w.t, same, "Quiet, though Record changes something")
	case same && !claims && !mem.unrenderedAny(touch):
		require.Fail(w.t, "not Quiet, though Record changes nothing")
	}
	return quiet
}

func (m *Memory) unrenderedAny(touch *Touch) bool {
	for _, h := range touch.Hits {
		if m.unrendered(h.Rules) {
			return true
		}
	}
	return false
}

// same tells whether a memory differs from the one before in last-heard times alone.
func (w *world) same(before, next Memory, changed bool) bool {
	return !changed && before.Target == next.Target
}

// hearsay is what the senders said of one alert.
type hearsay struct {
	labels   Labels
	starts   map[time.Time]bool // as firing
	latest   time.Time          // of them
	ended    time.Time          // of the last word, if that was a resolve
	resolves int
}

func (w *world) hearsay(e *Event) {
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
		h.starts[a.StartsAt], h.latest, h.ended = true, maxTime(h.latest, a.StartsAt), time.Time{}
	}
}

// allowed checks that a change is one that the bounds, and an active call, allow.
func (w *world) allowed(a *asked) {
	low, high := a.target.Min, a.target.Max
	require.NotEqual(w.t, a.From, a.To)
	require.False(w.t, a.target.DryRun || a.rule.DryRun, "a dry run is no change")
	if a.To > a.From {
		require.LessOrEqualf(w.t, a.To, high, "%d → %d is above max", a.From, a.To)
	} else {
		require.GreaterOrEqualf(w.t, a.To, low, "%d → %d is below min", a.From, a.To)
	}
	require.False(w.t, a.From == 0 && low > 0, "somebody switched it off")
	for _, h := range w.heard {
		if !a.rule.matches(h.labels) {
			continue
		}
		if a.rule.Resolved && h.resolves > 0 || !a.rule.Resolved && (h.ended.IsZero() || !h.ended.After(h.latest)) {
			return
		}
	}
	require.Failf(w.t, "a change without a call", "%d → %d by %q", a.From, a.To, a.rule.Name)
}

// apart checks that the cooldown has passed since the last change that was carried out.
func (w *world) apart(a *asked) {
	l := w.loads[a.ref]
	if len(l.changes) == 0 {
		return
	}
	last := l.changes[len(l.changes)-1]
	cooldown := a.rule.cooldown(a.target, direction(a.From, a.To))
	require.GreaterOrEqualf(w.t, w.now.Sub(last.at), cooldown, "%d → %d by %q comes too soon", a.From, a.To, a.rule.Name)
}

func stored(t tester, m Memory) Memory {
	var next Memory
	require.NoError(t, json.Unmarshal([]byte(dump(t, m)), &next))
	return next
}

func dump(t tester, what ...any) string {
	if len(what) == 1 {
		text, err := json.Marshal(what[0])
		require.NoError(t, err)
		return string(text)
	}
	text, err := json.Marshal(what)
	require.NoError(t, err)
	return string(text)
}
