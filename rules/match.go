package rules

import (
	"fmt"
	"slices"
	"time"
)

// Match is what one notification touches.
type Match struct {
	Refs      []*RefAlerts  // in the order in which the alerts come
	Broken    []RenderError // for what names no ref, or one that another target owns
	Unmatched []*Alert      // alerts that no rule matches
	Ignored   []*Alert      // alerts that rules match, none of which their sender may touch
	Outside   int           // alerts that a rule matches which their sender may not touch, those of Ignored among them

	event    *Event
	group    GroupID
	youngest time.Time
}

// RefAlerts is what one notification says of one ref.
type RefAlerts struct {
	Ref    Ref
	Target *Target        // of the targets that name the ref, the one that owns it
	Alerts []MatchedAlert // none where the notification only leaves out what its group told of the ref

	Event *Event
	Group GroupID
	// Youngest is the latest time of which the notification knows: a start of a firing alert of it, or an end of a
	// resolved one.
	Youngest time.Time
}

// MatchedAlert is an alert and the rules that it matches, in the order of the file.
type MatchedAlert struct {
	Alert *Alert
	Rules []*Rule
}

// RenderError is an alert's rule that comes to no ref: a label is missing or cannot be part of a ref, or another
// target owns the ref.
type RenderError struct {
	Rule *Rule
	Ref  string // empty where no ref could be made
	Text string
}

func (e RenderError) Error() string { return e.Text }

// Match finds the refs that an event touches. It does not look at rules that cannot match.
func (s *Set) Match(e *Event) Match {
	n := len(e.Alerts)
	m := matcher{
		set: s, lookup: s.index.lookup(), byRef: make(map[Ref]*RefAlerts, n),
		refs: make([]RefAlerts, 0, n), alerts: make([]MatchedAlert, 0, n), rules: make([]*Rule, 0, n),
	}
	m.Refs = make([]*RefAlerts, 0, n)
	m.event, m.group, m.youngest = e, e.Group(), e.latest()
	m.scope = s.scopeOf(e)
	for i := range e.Alerts {
		m.alert(&e.Alerts[i])
	}
	m.lookup.done()
	return m.Match
}

// Absent returns what the event says of a ref that it does not name: that its group leaves out what it told of it.
func (m *Match) Absent(ref Ref) *RefAlerts {
	return &RefAlerts{Ref: ref, Event: m.event, Group: m.group, Youngest: m.youngest}
}

// latest is the latest time of which a notification knows.
func (e *Event) latest() time.Time {
	var latest time.Time
	for i := range e.Alerts {
		if at := e.Alerts[i].last(); at.After(latest) {
			latest = at
		}
	}
	return latest
}

// Youngest is the latest time of which a notification knows that is not after now: a clock that is ahead, or an alert
// that starts in the year 9999, makes no notification young.
func (e *Event) Youngest(now time.Time) time.Time {
	var latest time.Time
	for i := range e.Alerts {
		if at := e.Alerts[i].last(); at.After(latest) && !at.After(now) {
			latest = at
		}
	}
	return latest
}

// last is when an alert last began or ended.
func (a *Alert) last() time.Time {
	if a.Resolved {
		return a.EndsAt
	}
	return a.StartsAt
}

type matcher struct {
	Match
	set    *Set
	scope  Scope
	lookup *lookup
	byRef  map[Ref]*RefAlerts
	buf    []*Rule
	known  map[fault]bool

	// RefAlerts, and their first alerts and rules, are carved out of these, since most have but one.
	refs   []RefAlerts
	alerts []MatchedAlert
	rules  []*Rule
}

// carve returns a slice of one, out of those allocated ahead while there are any.
func carve[T any](from *[]T, v T) []T {
	if len(*from) == cap(*from) {
		return []T{v}
	}
	n := len(*from)
	*from = append(*from, v)
	return (*from)[n : n+1 : n+1]
}

// fault is what is reported once.
type fault struct {
	rule *Rule
	ref  string
	text string
}

func (m *matcher) alert(a *Alert) {
	m.buf = m.lookup.find(a.Labels, m.buf[:0])
	if m.set.without != nil {
		m.buf = slices.DeleteFunc(m.buf, func(r *Rule) bool { return m.set.without[r] })
	}
	if len(m.buf) == 0 {
		m.Unmatched = append(m.Unmatched, a)
		return
	}
	if m.scope != nil {
		m.narrow(a)
	}
	for _, r := range m.buf {
		ref, err := r.Target.render(a.Labels)
		if err != nil {
			m.broken(RenderError{Rule: r, Text: err.Error()})
			continue
		}
		m.touch(ref, a, r)
	}
}

// narrow leaves of the rules that an alert matches those that its sender may touch.
func (m *matcher) narrow(a *Alert) {
	all := len(m.buf)
	m.buf = slices.DeleteFunc(m.buf, func(r *Rule) bool { return !m.scope.allows(r.Name) })
	if len(m.buf) < all {
		m.Outside++
	}
	if len(m.buf) == 0 {
		m.Ignored = append(m.Ignored, a)
	}
}

func (m *matcher) touch(ref Ref, a *Alert, r *Rule) {
	owner := m.set.fixed[ref]
	if owner == nil {
		owner = r.Target
	}
	t := m.byRef[ref]
	switch {
	case t == nil:
		t = &carve(&m.refs, RefAlerts{Ref: ref, Target: owner, Event: m.event, Group: m.group, Youngest: m.youngest})[0]
		m.byRef[ref] = t
		m.Refs = append(m.Refs, t)
	case t.Target == owner:
	case t.Target.Name < owner.Name:
		m.broken(t.Target.disown(ref, r))
		return
	default:
		for _, h := range t.Alerts {
			for _, loser := range h.Rules {
				m.broken(owner.disown(ref, loser))
			}
		}
		t.Target, t.Alerts = owner, nil
	}
	if n := len(t.Alerts); n > 0 && t.Alerts[n-1].Alert == a {
		t.Alerts[n-1].Rules = append(t.Alerts[n-1].Rules, r)
		return
	}
	matched := MatchedAlert{a, carve(&m.rules, r)}
	if t.Alerts == nil {
		t.Alerts = carve(&m.alerts, matched)
		return
	}
	t.Alerts = append(t.Alerts, matched)
}

// broken reports a fault once for each rule and reason.
func (m *matcher) broken(e RenderError) {
	f := fault{e.Rule, e.Ref, e.Text}
	if m.known[f] {
		return
	}
	if m.known == nil {
		m.known = map[fault]bool{}
	}
	m.known[f] = true
	m.Broken = append(m.Broken, e)
}

// disown is the fault of a rule of another target that names a ref of t's.
func (t *Target) disown(ref Ref, r *Rule) RenderError {
	text := ref.String()
	return RenderError{Rule: r, Ref: text, Text: fmt.Sprintf("%s belongs to target %q, whose name sorts first", text, t.Name)}
}

// Disowned reports, for a ref that was remembered under another templated target, whether that one
// keeps it. Then nothing is recorded, and one fault is returned for each rule.
func (s *Set) Disowned(e *RefAlerts, remembered string) []RenderError {
	keeper := s.Owner(e.Ref, remembered)
	if keeper == nil || keeper == e.Target || keeper.Name > e.Target.Name && keeper.ref == nil {
		return nil
	}
	var all []RenderError
	for _, h := range e.Alerts {
		for _, r := range h.Rules {
			if !slices.ContainsFunc(all, func(e RenderError) bool { return e.Rule == r }) {
				all = append(all, keeper.disown(e.Ref, r))
			}
		}
	}
	return all
}
