package rules

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
)

// until lets time pass, with everything that happens by itself on the way.
func (w *world) until(when string) *world { w.t.Helper(); return w.untilTime(at(when)) }

func (w *world) untilTime(end time.Time) *world {
	w.t.Helper()
	for turns := 0; ; turns++ {
		when, do := w.nextThing(end)
		if do == nil {
			w.now = maxTime(w.now, end)
			return w
		}
		if when.After(w.now) {
			w.now, turns = when, 0
		}
		if turns > 100 {
			w.t.Fatalf("at %s: the loop is woken again and again", w.now.Sub(epoch))
		}
		do()
	}
}

// nextThing is the first of what happens by itself until a time: a change that was held back arrives, a
// ref is looked at, last-heard times are stored.
func (w *world) nextThing(end time.Time) (time.Time, func()) {
	var do func()
	when := end
	for i, l := range w.late {
		if !l.at.After(end) && (do == nil || l.at.Before(when)) {
			when, do = l.at, func() {
				w.late = slices.Delete(w.late, i, i+1)
				w.arrive(l.asked)
			}
		}
	}
	refs := slices.SortedFunc(maps.Keys(w.mems), func(a, b Ref) int { return strings.Compare(a.String(), b.String()) })
	for _, ref := range refs {
		if wake := w.wakes[ref]; !wake.IsZero() && !wake.After(end) && (do == nil || wake.Before(when)) {
			when, do = wake, func() { w.wake(ref) }
		}
		heard, late := w.heardAt[ref]
		if by := heard.Add(time.Minute); late && !by.After(end) && (do == nil || by.Before(when)) {
			when, do = by, func() { w.keep(ref, w.mems[ref]) }
		}
	}
	return when, do
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// wake looks at a ref as the loop does.
func (w *world) wake(ref Ref) {
	delete(w.wakes, ref)
	mem := w.mems[ref]
	t := w.set.Owner(ref, mem.Target)
	if t == nil {
		next, wake := Retire(w.set, mem, w.now)
		w.keep(ref, next)
		w.wakes[ref] = wake
		return
	}
	next, changed := Advance(t, mem, w.now)
	if changed {
		w.keep(ref, next)
	}
	if next.Open() || next.Intent != nil {
		w.log = append(w.log, w.work(ref)...)
		return
	}
	w.schedule(ref, t)
}

func (w *world) schedule(ref Ref, t *Target) {
	mem, kept := w.mems[ref]
	if !kept {
		delete(w.wakes, ref)
		return
	}
	w.wakes[ref] = mem.NextWake(t, w.now)
	if w.wakes[ref].IsZero() {
		delete(w.wakes, ref)
	}
}

// work reads, decides and changes, as often as an adapter would.
func (w *world) work(ref Ref) []Decision {
	t := w.set.Owner(ref, w.mems[ref].Target)
	for tries := 1; ; tries++ {
		l := w.loads[ref]
		out := w.decide(t, w.mems[ref], Observed{Count: l.count, Version: version(l)})
		w.keep(ref, out.Next)
		if out.Settled != nil {
			w.log = append(w.log, *out.Settled)
		}
		if out.Change == nil {
			w.wakes[ref] = out.Wake
			return out.Decisions
		}
		switch w.scale(&asked{*out.Change, ref, w.set.byName[out.Next.Intent.Rule], t}) {
		case fine:
			w.keep(ref, Applied(t, w.mems[ref], w.now))
			mem := w.mems[ref]
			w.wakes[ref] = mem.NextWake(t, w.now)
			if mem.Pending(t, w.now) {
				w.wakes[ref] = w.now
			}
			return out.Decisions
		case overtaken:
			w.keep(ref, NotApplied(w.mems[ref]))
			if tries < 3 {
				continue
			}
		case busy:
			w.keep(ref, NotApplied(w.mems[ref]))
		}
		w.wakes[ref] = w.now.Add(10 * time.Second)
		mem := w.mems[ref]
		return []Decision{Unread(t, mem, Failed, "the change failed")}
	}
}

func version(l *workload) string {
	text, _ := json.Marshal(l.version)
	return string(text)
}

// scale is the driver: it answers with what befell the change, answerLost for any unknown outcome.
func (w *world) scale(a *asked) mishap {
	how := fine
	if len(w.next) > 0 {
		how, w.next = w.next[0], w.next[1:]
	}
	w.allowed(a)
	l := w.loads[a.ref]
	switch how {
	case overtaken:
		l.version++
		return overtaken
	case busy:
		return busy
	case changeLost:
		return answerLost
	case changeLate:
		w.late = append(w.late, late{w.now.Add(time.Minute), a})
		return answerLost
	}
	if !w.arrive(a) {
		return overtaken
	}
	return how
}

// arrive carries a change out if nobody wrote since the read that it was decided on.
func (w *world) arrive(a *asked) bool {
	l := w.loads[a.ref]
	if a.Version != version(l) {
		return false
	}
	require.Equal(w.t, a.From, l.count)
	w.apart(a)
	l.count = a.To
	l.version++
	l.changes = append(l.changes, change{w.now, a.rule.Name, a.Change})
	return true
}
