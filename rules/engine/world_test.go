package rules

import (
	"encoding/json"
	"time"

	"github.com/stretchr/testify/require"
)

// workload is what a driver sees: a count that somebody may change, and a version.
type workload struct {
	count, version int
	changes        []change // those that were carried out for alertscale
}

type change struct {
	at   time.Time
	rule string
	Change
}

// mishap is what befalls one call to the driver.
type mishap int

// What may befall a change: it is carried out and the answer is lost; it is lost on its way; it is held
// back on its way and arrives a minute later; somebody else writes first; the API asks to come back later.
const (
	fine mishap = iota
	answerLost
	changeLost
	changeLate
	overtaken
	busy
)

// late is a change on its way.
type late struct {
	at time.Time
	*asked
}

// asked is a change as the driver gets it.
type asked struct {
	Change
	ref    Ref
	rule   *Rule
	target *Target
}

// world stands for all that is around package rules: the senders, the workloads, the store and the loop.
// Its clock moves when the test says so. It checks at each step what always holds.
type world struct {
	t       tester
	set     *Set
	now     time.Time
	loads   map[Ref]*workload
	mems    map[Ref]Memory
	stored  map[Ref][]byte // what is durable
	heardAt map[Ref]time.Time
	wakes   map[Ref]time.Time
	late    []late
	next    []mishap // of the calls to come
	presses int      // POSTs to a hook
	heard   map[string]*hearsay
	log     []Decision // of the loop, and settled ones
}

// newWorld begins a timeline. Every workload has count at first.
func newWorld(t tester, text string, count int) *world {
	t.Helper()
	w := &world{
		t: t, set: newSet(t, text), now: epoch, loads: map[Ref]*workload{}, mems: map[Ref]Memory{},
		stored: map[Ref][]byte{}, heardAt: map[Ref]time.Time{}, wakes: map[Ref]time.Time{},
		heard: map[string]*hearsay{},
	}
	for _, target := range w.set.Targets {
		if ref, ok := target.Ref(); ok {
			w.loads[ref] = &workload{count: count}
		}
	}
	return w
}

// post sends a notification at a time and returns what it came to.
func (w *world) post(when string, what ...said) *answer {
	w.t.Helper()
	w.until(when)
	e := &Event{Receiver: "alertscale", GroupKey: "g"}
	for _, s := range what {
		s.add(e)
	}
	return w.send(e)
}

// send delivers a notification now.
func (w *world) send(e *Event) *answer {
	w.t.Helper()
	w.hearsay(e)
	m := w.set.Match(e)
	require.Equal(w.t, m, w.set.Match(e), "Match is deterministic")
	a := &answer{t: w.t, told: m}
	touched := map[Ref]bool{}
	for _, touch := range m.Touches {
		touched[touch.Ref] = true
		a.all = append(a.all, w.touch(touch, e)...)
	}
	g := e.Group()
	for ref, mem := range w.mems {
		if g == 0 || e.Truncated > 0 || touched[ref] || !told(&mem, g) {
			continue
		}
		if t := w.set.Owner(ref, mem.Target); t != nil {
			next, _ := w.record(t, mem, &Touch{Ref: ref, Target: t}, e)
			w.keep(ref, next)
			w.schedule(ref, t)
		}
	}
	a.all = append(a.all, m.Broken...)
	return a
}

func told(m *Memory, group GroupID) bool {
	for _, g := range m.Groups() {
		if g == group {
			return true
		}
	}
	return false
}

// touch enters what a notification says of one ref.
func (w *world) touch(touch *Touch, e *Event) []Decision {
	ref, mem := touch.Ref, w.mems[touch.Ref]
	if others := w.set.Disowned(touch, mem.Target); others != nil {
		return others
	}
	if w.loads[ref] == nil {
		w.loads[ref] = &workload{count: 3}
	}
	due := !w.wakes[ref].IsZero() && !w.wakes[ref].After(w.now)
	news := News{Verdict: Duplicate}
	if w.quiet(mem, touch, e) && !due {
		mem = mem.clone()
		mem.Hear(touch, w.now)
		w.mems[ref] = mem
		if w.heardAt[ref].IsZero() {
			w.heardAt[ref] = w.now
		}
		if !mem.Open() {
			return []Decision{mem.Repeat(touch, ref.String())}
		}
	} else {
		mem, news = w.record(touch.Target, mem, touch, e)
		if w.same(w.mems[ref], mem, news.Changed) {
			w.mems[ref] = mem
		} else {
			w.keep(ref, mem)
		}
	}
	if mem.Open() {
		if all := w.work(ref); len(all) > 0 {
			for i := range all {
				all[i].Ref = ref.String()
			}
			return all
		}
	}
	w.schedule(ref, touch.Target)
	mem = w.mems[ref]
	return []Decision{{
		Ref: ref.String(), Target: touch.Target.Name, Rule: news.Rule, Verdict: news.Verdict,
		From: mem.Count, To: mem.Count, Why: news.Why,
	}}
}

// keep stores a memory.
func (w *world) keep(ref Ref, mem Memory) {
	text, err := json.Marshal(mem)
	require.NoError(w.t, err)
	w.mems[ref], w.stored[ref] = mem, text
	delete(w.heardAt, ref)
	if mem.Empty() {
		delete(w.mems, ref)
		delete(w.stored, ref)
	}
}

// crash ends the process and starts another one, with what was stored.
func (w *world) crash() {
	w.mems, w.heardAt = map[Ref]Memory{}, map[Ref]time.Time{}
	for ref, text := range w.stored {
		var mem Memory
		require.NoError(w.t, json.Unmarshal(text, &mem))
		w.mems[ref] = mem
		w.wakes[ref] = w.now
	}
}

// reload puts another file into force.
func (w *world) reload(when, text string) {
	w.t.Helper()
	w.until(when)
	w.set = newSet(w.t, text)
	for ref := range w.mems {
		w.wakes[ref] = w.now
	}
	w.until(when)
}

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

// mem returns the memory of a timeline that has one workload.
func (w *world) mem() *Memory {
	w.only()
	for ref := range w.loads {
		m := w.mems[ref]
		return &m
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

// clock sets the clock back.
func (w *world) clock(when string) {
	w.now = at(when)
	for ref, l := range w.loads {
		for i := range l.changes {
			l.changes[i].at = earlier(l.changes[i].at, w.now)
		}
		w.wakes[ref] = w.now
	}
}

// fails says what befalls the next calls to the driver.
func (w *world) fails(how ...mishap) { w.next = append(w.next, how...) }
