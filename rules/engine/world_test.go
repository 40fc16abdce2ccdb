package engine

import (
	"maps"
	"slices"
	"strings"
	"time"

	"alertscale/rules"

	"github.com/stretchr/testify/require"
)

// world stands for all that is around package engine: the senders, the workloads and the store. It carries out what
// the cycles of its refs say, and decides nothing. Its clock moves when the test says so. It checks at each step what
// always holds.
type world struct {
	t      tester
	set    *rules.Set
	now    time.Time
	loads  map[rules.Ref]*workload
	plans  bool // the driver makes plans
	store  *shelf
	cycles map[rules.Ref]*Cycle
	wakes  map[rules.Ref]time.Time
	heirs  map[*Cycle]*Cycle // of refs that are spelled in another way now

	async   bool       // commands that were given out wait for complete
	out     []*errand  // commands that were given out
	promise []*promise // what notifications wait for
	crashIn int        // the process ends at this command from now; 0: at none
	lands   bool       // that command is carried out all the same

	eyes    eyes                        // look at what cycles do; nil: none
	sparing int                         // of how many checks that nothing depends on more than its arguments one is made; 0: all are
	checks  int                         // of them
	lookups func(Question) rules.Lookup // what Alertmanager says, where it says something; nil: what lostAt says
	lostAt  map[string]bool             // alerts that Alertmanager does not have, by the alertname
	mute    bool                        // it says nothing
	asks    int                         // how many alerts were looked up
	late    []late
	next    []mishap // of the changes to come
	reads   []Reply  // of the reads to come, where they are not what is there
	presses int      // POSTs to a hook
	heard   map[string]*hearsay
	odd     bool       // senders send times that have no spelling in JSON, so that states are not compared by it
	lost    bool       // what somebody said was lost with the process, before it was stored
	log     []Decision // that nobody waited for
}

// eyes look at what cycles do.
type eyes interface {
	changing(*errand)                // a change is about to be asked of the driver
	landed(*asked)                   // it is carried out
	done(*errand, Reply, Conclusion) // a command is
	sleeps(*Cycle, Command)
}

// errand is a command that was given out.
type errand struct {
	c      *Cycle
	cmd    Command
	*asked // of Scale
}

// promise is what a notification is to be told of one ref.
type promise struct {
	c      *Cycle
	result Result
	begun  bool // a reconciliation began that it is part of
	kept   bool
	all    []Decision
}

// newWorld begins a timeline. Every workload has count at first.
func newWorld(t tester, text string, count int) *world {
	t.Helper()
	w := &world{
		t: t, set: newSet(t, text), now: epoch, loads: map[rules.Ref]*workload{}, store: newShelf(),
		cycles: map[rules.Ref]*Cycle{}, wakes: map[rules.Ref]time.Time{}, heirs: map[*Cycle]*Cycle{}, heard: map[string]*hearsay{},
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
	return w.send(telling(what...))
}

// telling is a notification.
func telling(what ...said) *rules.Event {
	e := &rules.Event{Receiver: "alertscale", GroupKey: "g"}
	for _, s := range what {
		s.add(e)
	}
	return e
}

// send delivers a notification now.
func (w *world) send(e *rules.Event) *answer {
	w.t.Helper()
	w.hearsay(e)
	m := w.set.Match(e)
	require.Equal(w.t, m, w.set.Match(e), "Match is deterministic")
	a := &answer{t: w.t, told: m}
	var broken []rules.RenderError
	var promises []*promise
	for _, r := range m.Refs {
		c := w.cycle(r.Ref)
		result := w.record(c, r)
		broken = append(broken, result.Refused...)
		if result.Refused == nil {
			promises = append(promises, w.promised(c, result))
		}
	}
	w.absent(&m, e)
	for _, p := range promises {
		a.all = append(a.all, p.all...)
	}
	for _, b := range append(m.Broken, broken...) {
		a.all = append(a.all, Decision{Ref: b.Ref, Target: b.Rule.Target.Name, Rule: b.Rule.Name, Verdict: Rejected, Why: []string{b.Text}})
	}
	return a
}

// promised returns what a notification waits for.
func (w *world) promised(c *Cycle, result Result) *promise {
	p := &promise{c: c, result: result}
	if result.Repeat {
		p.kept, p.all = true, []Decision{result.Decision}
		w.wakes[c.Ref()] = soonest(w.wakes[c.Ref()], result.Sleep)
		return p
	}
	w.promise = append(w.promise, p)
	w.pump(c)
	return p
}

// absent tells the refs that a notification leaves out.
func (w *world) absent(m *rules.Match, e *rules.Event) {
	if e.Group() == 0 || e.Truncated > 0 {
		return
	}
	for _, c := range w.sorted() {
		named := slices.ContainsFunc(m.Refs, func(r *rules.RefAlerts) bool { return r.Ref == c.Ref() })
		if !named && slices.Contains(c.Groups(), e.Group()) && !w.record(c, m.Absent(c.Ref())).Repeat {
			w.pump(c)
		}
	}
}

// sorted lists the cycles in a fixed order.
func (w *world) sorted() []*Cycle {
	return slices.SortedFunc(maps.Values(w.cycles), func(a, b *Cycle) int { return strings.Compare(a.Name(), b.Name()) })
}

// cycle returns the cycle of a ref; there is a workload of it from then on.
func (w *world) cycle(ref rules.Ref) *Cycle {
	if w.loads[ref] == nil {
		w.loads[ref] = &workload{count: 3}
	}
	if w.cycles[ref] == nil {
		w.cycles[ref] = NewCycle(ref, CycleOptions{})
		w.use(w.cycles[ref])
	}
	return w.cycles[ref]
}

func (w *world) use(c *Cycle) { c.Use(w.set, Backend{Connected: true, Plans: w.plans}) }

// crash ends the process and starts another one, with what was stored.
func (w *world) crash() {
	for _, e := range w.out {
		if e.cmd.Kind == Scale && w.lands {
			w.execute(e)
		}
	}
	for _, c := range w.cycles {
		w.lost = w.lost || c.effort != nil && len(c.unstored) > 0
	}
	w.out, w.promise, w.cycles, w.wakes = nil, nil, map[rules.Ref]*Cycle{}, map[rules.Ref]time.Time{}
	for _, r := range w.store.records {
		c, err := RestoreCycle(r, CycleOptions{})
		require.NoError(w.t, err)
		w.cycles[c.Ref()] = c
	}
	w.useAll()
}

// useAll makes the file the active one for every ref, under the name that it has there.
func (w *world) useAll() {
	for _, c := range w.sorted() {
		w.use(c)
		w.wakes[c.Ref()] = w.now
		if c.Target() != nil {
			continue
		}
		ref, respelled := w.set.Respelled(c.Ref(), c.State().Connection)
		if respelled && w.cycles[ref] == nil {
			next := c.MoveTo(ref)
			w.use(next)
			w.cycles[ref], w.heirs[c], w.wakes[ref] = next, next, w.now
			w.loads[ref] = w.loads[c.Ref()]
		}
	}
}

// reload makes another file the active one.
func (w *world) reload(when, text string) {
	w.t.Helper()
	w.until(when)
	w.set = newSet(w.t, text)
	w.useAll()
	w.until(when)
}

// clock sets the clock back.
func (w *world) clock(when string) {
	w.now = at(when)
	for ref := range w.cycles {
		w.wakes[ref] = w.now
	}
	for _, l := range w.loads {
		for i := range l.changes {
			l.changes[i].at = earlier(l.changes[i].at, w.now)
		}
	}
}

// twin is another process on the same store and the same workloads. It hears nothing of what this one is told.
func (w *world) twin(text string) *world {
	other := newWorld(w.t, text, 0)
	other.store, other.loads, other.now, other.heard = w.store, w.loads, w.now, w.heard
	return other
}

// state returns what is known of the ref of a timeline that has one workload.
func (w *world) state() *RefState {
	w.only()
	for ref := range w.loads {
		if c := w.cycles[ref]; c != nil {
			return c.State()
		}
	}
	return &RefState{}
}

// stateOf returns what is known of a ref.
func (w *world) stateOf(ref string) *RefState { return w.cycles[parseRef(ref)].State() }

// forgot checks that nothing is known and nothing stored, which may be stored late.
func (w *world) forgot() {
	w.t.Helper()
	w.untilTime(w.now.Add(heardLate))
	require.Empty(w.t, w.store.records)
	for _, c := range w.cycles {
		require.True(w.t, c.State().empty(), c.Name())
		require.True(w.t, c.Saved(), c.Name())
	}
}
