package upgrade

import (
	"fmt"
	"reflect"
	"time"

	"alertscale/rules"
	"alertscale/rules/engine"
)

// Op says what a command asks for.
type Op string

// The commands.
const (
	Save   Op = "save"    // store Data
	Find   Op = "find"    // list the workloads that Where means
	Read   Op = "read"    // read the workload Ref
	Apply  Op = "upgrade" // ask for Change of the workload Ref
	Finish Op = "finish"  // finish the upgrade of the workload Ref
	Sleep  Op = "sleep"   // nothing before Until; zero: before something happens
)

// Command is what a machine wants done.
type Command struct {
	Op     Op
	Ref    rules.Ref
	Driver string
	Where  Where
	Change Change
	Data   []byte // empty: nothing is to be stored any more
	Until  time.Time
}

// Reply is what came of a command.
type Reply struct {
	Outcome  engine.Outcome
	Text     string        // of what went wrong
	After    time.Duration // for how long the server asked not to be called; zero: it did not
	Refs     []rules.Ref   // of Find
	Workload Workload      // of Read
	Data     []byte        // of Save that met a conflict: what is stored
}

// Named answers Find of a workload that is named: nobody needs to be asked.
func (c *Command) Named() (Reply, bool) {
	w := &c.Where
	ref := rules.Ref{Driver: c.Driver, Kind: w.Kind, Namespace: w.Namespace, Name: w.Name}
	return Reply{Outcome: engine.Succeeded, Refs: []rules.Ref{ref}}, w.Selector == nil
}

// Machine carries out the pushes of one upgrade. Next gives out a command, whoever drives it carries that out, and Done takes
// what came of it: one command at a time. Nothing is asked of a workload before the intent is stored; what became of an intent
// whose answer is lost, a read says.
type Machine struct {
	name    string
	upgrade *Upgrade // nil: the file has it no more
	state   state
	unsaved bool

	next       *Command // what was decided on a read, once the intent is stored
	find, save effort
	efforts    map[rules.Ref]*effort
	told       int // decisions about the push
}

// effort is how it goes.
type effort struct {
	fails     int
	notBefore time.Time
	told      string // the last decision, of this push; empty: none so far
}

// The limits of a machine.
const (
	// MaxWorkloads is how many workloads an upgrade may have.
	MaxWorkloads = 1000
	maxWait      = 24 * time.Hour // for a workload that takes no upgrade, or an API that does not answer
	givenUp      = "given up after 24h: "
	maxDelay     = 30 * time.Second
	maxConflicts = 3
)

// New returns the machine of an upgrade of which nothing is known.
func New(u *Upgrade) *Machine {
	return &Machine{name: u.Name, upgrade: u, efforts: map[rules.Ref]*effort{}}
}

// Restore returns the machine of what is stored. Until Use, the file has no such upgrade.
func Restore(data []byte) (*Machine, error) {
	name, s, err := decode(data)
	if err != nil {
		return nil, err
	}
	return &Machine{name: name, state: s, efforts: map[rules.Ref]*effort{}}, nil
}

// Name is the upgrade's.
func (m *Machine) Name() string { return m.name }

// Use takes the upgrade as the file has it now; nil: it has none of the name. What was begun is finished all the same.
func (m *Machine) Use(u *Upgrade) (all []engine.Decision) {
	before := m.upgrade
	m.upgrade = u
	if m.state.Push == nil {
		return nil
	}
	if u == nil || u.Missed(*m.state.Push) != "" {
		for _, w := range m.state.Workloads {
			if w.Open {
				w.Open = false
				all = append(all, m.decision(w.Ref, engine.Rejected, "the file has no upgrade "+m.name+" for it any more"))
			}
		}
		m.state.Found = true
		m.close()
		return all
	}
	if before == nil || before.Driver != u.Driver || !reflect.DeepEqual(before.Where, u.Where) {
		m.state.Found = false
	}
	return nil
}

// Push takes a push that is for the upgrade. It returns the decisions where nothing is to be done; else they come of Done, until
// Waiting is false.
func (m *Machine) Push(p Push, now time.Time) []engine.Decision {
	s := &m.state
	if ref, named := m.upgrade.Ref(); named && s.Push == nil && len(s.Workloads) == 1 && s.Workloads[0].Ref == ref {
		if w := s.Workloads[0]; w.Intent == nil && w.repeats(p) {
			return []engine.Decision{m.decision(ref, engine.Duplicate, "push "+p.String(), "it was applied already")}
		}
	}
	if m.efforts, m.find = map[rules.Ref]*effort{}, (effort{}); s.Push != nil && s.Push.Same(p) {
		return nil
	}
	s.Push, s.At, s.Found, m.told = &p, now, false, 0
	s.Number++
	for _, w := range s.Workloads {
		w.Open = false
	}
	m.unsaved, m.next = true, nil
	return nil
}

func (w *workload) repeats(p Push) bool { return w.Applied != nil && w.Applied.Same(p) }

// Waiting reports whether there are workloads of the push about which nothing was decided since it came.
func (m *Machine) Waiting() bool {
	if m.state.Push == nil {
		return false
	}
	if m.unsaved && m.save.told == "" || !m.state.Found {
		return m.find.told == "" && m.save.told == ""
	}
	for _, w := range m.state.Workloads {
		if w.Open && m.effort(w.Ref).told == "" && m.save.told == "" {
			return true
		}
	}
	return false
}

// Rests reports whether there is nothing left to do.
func (m *Machine) Rests() bool {
	if m.state.Push != nil || m.unsaved {
		return false
	}
	for _, w := range m.state.Workloads {
		if w.Intent != nil {
			return false
		}
	}
	return true
}

// Next returns what is to be done.
func (m *Machine) Next(now time.Time) Command {
	if m.unsaved {
		if m.save.notBefore.After(now) {
			return Command{Op: Sleep, Until: m.save.notBefore}
		}
		m.unsaved = false // what changes while it is stored is stored after it
		return Command{Op: Save, Data: m.state.encode(m.name)}
	}
	if m.next != nil {
		c := *m.next
		m.next = nil
		return c
	}
	if m.state.Push != nil && !m.state.Found {
		return m.nextFind(now)
	}
	return m.nextRead(now)
}

func (m *Machine) nextFind(now time.Time) Command {
	if m.upgrade == nil {
		return Command{Op: Sleep}
	}
	if m.find.notBefore.After(now) {
		return Command{Op: Sleep, Until: m.find.notBefore}
	}
	return Command{Op: Find, Driver: m.upgrade.Driver, Where: m.upgrade.Where}
}

// nextRead reads the workload that has waited for longest.
func (m *Machine) nextRead(now time.Time) Command {
	var chosen *workload
	var until time.Time
	for _, w := range m.state.Workloads {
		at := m.effort(w.Ref).notBefore
		if (w.Open || w.Intent != nil) && (chosen == nil || at.Before(until)) {
			chosen, until = w, at
		}
	}
	if chosen == nil || until.After(now) {
		return Command{Op: Sleep, Until: until}
	}
	return Command{Op: Read, Ref: chosen.Ref, Driver: chosen.Ref.Driver}
}

func (m *Machine) effort(ref rules.Ref) *effort {
	e := m.efforts[ref]
	if e == nil {
		e = &effort{}
		m.efforts[ref] = e
	}
	return e
}

// again sets when it is tried again: after 1, 2, 4 … 30 s, or when the server asked for.
func (e *effort) again(now time.Time, after time.Duration) {
	e.notBefore = now.Add(max(after, min(time.Second<<min(e.fails, 10), maxDelay)))
	e.fails++
}

// decision says what was done to a workload.
func (m *Machine) decision(ref rules.Ref, v engine.Verdict, why ...string) engine.Decision {
	d := engine.Decision{Ref: ref.String(), Rule: m.name, Verdict: v, Upgrade: true}
	if ref.Name == "" {
		d.Ref = ""
	}
	for _, line := range why {
		d.Why = append(d.Why, engine.Clip(line))
	}
	if m.upgrade != nil {
		d.Receiver = "hook/" + m.upgrade.Hook
	}
	return d
}

// tell returns a decision, unless it is the one that was told before.
func (m *Machine) tell(e *effort, d engine.Decision) []engine.Decision {
	text := fmt.Sprint(d.Verdict, d.Why)
	if e.told == text {
		return nil
	}
	e.told = text
	m.told++
	return []engine.Decision{d}
}

// shut says that a workload is done with the push.
func (m *Machine) shut(w *workload) {
	if w.Open {
		w.Number = m.state.Number
	}
	w.Open, m.unsaved = false, true
}

// close ends the push once no workload waits for it.
func (m *Machine) close() {
	m.unsaved = true
	for _, w := range m.state.Workloads {
		if w.Open {
			return
		}
	}
	if m.state.Found {
		m.state.Push = nil
	}
}
