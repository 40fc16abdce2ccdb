package engine

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"alertscale/rules"

	"github.com/stretchr/testify/require"
)

// workload is what a driver sees: a count that somebody may change, and a version.
type workload struct {
	count, version int
	missing        bool
	unready        bool
	conditions     []Condition
	own            rules.BoundsSaid // what it says of its own bounds
	seen           rules.BoundsSaid // of that what was last read
	reads          []time.Time
	changes        []change // those that were carried out for alertscale
}

type change struct {
	at   time.Time
	rule string
	Change
}

// mishap is what befalls one change.
type mishap int

// What may befall a change: it is carried out and the answer is lost; it is lost on its way; it is held
// back on its way and arrives a minute later; somebody else writes first; the API asks to come back later; a part of it
// is done and the rest refused.
const (
	fine mishap = iota
	answerLost
	changeLost
	changeLate
	overtaken
	busy
	partly
)

// late is a change on its way.
type late struct {
	at time.Time
	*asked
}

// asked is a change as the driver gets it.
type asked struct {
	Change
	ref    rules.Ref
	rule   *rules.Rule // nil: the file does not have it any more, and the change is carried on
	target *rules.Target
	partly bool // a call goes a part of its way with it
}

// fails says what befalls the next changes.
func (w *world) fails(how ...mishap) { w.next = append(w.next, how...) }

// somebody else sets a count.
func (w *world) somebody(when string, count int) {
	w.t.Helper()
	w.until(when)
	l := w.only()
	l.count = count
	l.version++
}

// only returns the workload of a timeline that has one.
func (w *world) only() *workload {
	w.t.Helper()
	require.Len(w.t, w.loads, 1)
	for _, l := range w.loads {
		return l
	}
	return nil
}

// has checks the count of the only workload, or of a ref.
func (w *world) has(count int, ref ...string) *world {
	w.t.Helper()
	var l *workload
	if len(ref) > 0 {
		l = w.loads[parseRef(ref[0])]
	} else {
		l = w.only()
	}
	require.NotNil(w.t, l)
	require.Equal(w.t, count, l.count)
	return w
}

// counts checks the counts at some times: "30s=5 1m=7".
func (w *world) counts(then string) {
	w.t.Helper()
	for _, one := range strings.Fields(then) {
		when, count, _ := strings.Cut(one, "=")
		require.Equal(w.t, count, strconv.Itoa(w.until(when).only().count), "at %s", when)
	}
}

// observe is the driver's read.
func (w *world) observe(ref rules.Ref) Reply {
	l := w.loads[ref]
	l.reads = append(l.reads, w.now)
	if len(w.reads) > 0 {
		r := w.reads[0]
		w.reads = w.reads[1:]
		return r
	}
	if l.missing {
		return Reply{Outcome: NotFound, Text: "read: there is no such workload"}
	}
	l.own.Asked = true
	l.seen = l.own
	return Reply{Outcome: Succeeded, Observed: Observed{Count: l.count, Version: version(l), Ready: !l.unready, Conditions: l.conditions, Bounds: l.own}}
}

// bounds are those of a workload by what was last read of it; alone: it says none, though it is to.
func (l *workload) bounds(t *rules.Target) (low, high int, alone bool) {
	low, high = t.Min, t.Max
	if !t.WorkloadBounds {
		return low, high, false
	}
	number := func(text *string, n int) int {
		if text == nil {
			return n
		}
		own, err := strconv.Atoi(*text)
		alone = alone || err != nil || own < 0
		return own
	}
	ownLow, ownHigh := number(l.seen.Min, low), number(l.seen.Max, high)
	if l.seen.Min == nil && l.seen.Max == nil || l.seen.Min != nil && l.seen.Max != nil && ownLow > ownHigh {
		alone = true
	}
	return min(max(low, ownLow), high, max(low, ownHigh)), max(min(high, ownHigh), low), alone
}

func version(l *workload) string { return strconv.Itoa(l.version) }

// plan is the driver's: every other change takes several calls.
func (w *world) plan(c Change) Reply {
	if c.To%2 == 0 {
		return Reply{Outcome: Succeeded}
	}
	plan, err := json.Marshal(c.To)
	require.NoError(w.t, err)
	return Reply{Outcome: Succeeded, Plan: plan}
}

// scale is the driver's change.
func (w *world) scale(a *asked) Reply {
	how := fine
	if len(w.next) > 0 {
		how, w.next = w.next[0], w.next[1:]
	}
	l := w.loads[a.ref]
	unknown := Reply{Outcome: Unavailable, Text: "the change failed: no answer"}
	switch {
	case l.missing:
		return Reply{Outcome: NotFound, Text: "write: there is no such workload"}
	case how == overtaken:
		l.version++
		return Reply{Outcome: Conflicted, Text: "somebody else wrote"}
	case how == busy:
		return Reply{Outcome: Throttled, Text: "too many requests"}
	case how == changeLost:
		return unknown
	case how == changeLate && a.Plan == nil:
		w.late = append(w.late, late{w.now.Add(time.Minute), a})
		return unknown
	case how == partly && a.Plan != nil:
		return w.part(a)
	}
	switch {
	case !w.arrive(a):
		return Reply{Outcome: Conflicted, Text: "somebody else wrote"}
	case how == answerLost:
		return unknown
	}
	return Reply{Outcome: Succeeded}
}

// part carries a step of a plan out.
func (w *world) part(a *asked) Reply {
	l := w.loads[a.ref]
	if l.count != a.To && l.count-a.From != a.To-a.From {
		l.count += int(rules.DirectionOf(l.count, a.To))
		l.version++
	}
	return Reply{Outcome: PartlyDone, Text: "the rest is refused"}
}

// arrive carries a change out if nobody wrote since the read that it was decided on; a plan that was begun, from
// wherever it is.
func (w *world) arrive(a *asked) bool {
	l := w.loads[a.ref]
	carriedOn := a.Plan != nil && a.Version == ""
	if a.Version != version(l) && !carriedOn {
		return false
	}
	if !carriedOn {
		require.Equal(w.t, a.From, l.count)
		w.apart(a)
	}
	l.count = a.To
	l.version++
	name := ""
	if a.rule != nil {
		name = a.rule.Name
	}
	l.changes = append(l.changes, change{w.now, name, a.Change})
	if w.eyes != nil {
		w.eyes.landed(a)
	}
	return true
}

// lookUp answers as Alertmanager does.
func (w *world) lookUp(cmd Command) Reply {
	r := Reply{Outcome: Succeeded}
	for _, q := range cmd.Questions {
		w.asks++
		said := rules.LookupFiring
		switch {
		case w.mute:
			said = rules.LookupUnknown
		case w.lookups != nil:
			said = w.lookups(q)
		case w.lostAt[q.Labels.Get("alertname")]:
			said = rules.LookupGone
		}
		r.Lookups = append(r.Lookups, said)
	}
	return r
}
