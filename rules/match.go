package rules

import (
	"fmt"
	"slices"
)

// Match is what one notification touches.
type Match struct {
	Touches   []*Touch   // in the order in which the alerts come
	Broken    []Decision // for what names no ref, or one that another target owns
	Unmatched int        // alerts that no rule matches
}

// Touch is what one notification says of one ref.
type Touch struct {
	Ref    Ref
	Target *Target // of the targets that name the ref, the one that owns it
	Hits   []Hit
}

// Hit is an alert and the rules that it matches, in the order of the file.
type Hit struct {
	Alert *Alert
	Rules []*Rule
}

// Match finds the refs that an event touches. It does not look at rules that cannot match.
func (s *Set) Match(e *Event) Match {
	n := len(e.Alerts)
	m := matcher{
		set: s, byRef: make(map[Ref]*Touch, n), touches: make([]Touch, 0, n), hits: make([]Hit, 0, n), rules: make([]*Rule, 0, n),
	}
	m.Touches = make([]*Touch, 0, n)
	for i := range e.Alerts {
		m.alert(&e.Alerts[i])
	}
	return m.Match
}

type matcher struct {
	Match
	set   *Set
	byRef map[Ref]*Touch
	buf   []*Rule
	key   []byte
	told  map[fault]bool

	// Touches, and their first hits and rules, are carved out of these, since most have but one.
	touches []Touch
	hits    []Hit
	rules   []*Rule
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
type fault struct{ rule, ref, why string }

func (m *matcher) alert(a *Alert) {
	m.buf, m.key = m.set.index.find(a.Labels, m.buf[:0], m.key)
	if len(m.buf) == 0 {
		m.Unmatched++
	}
	for _, r := range m.buf {
		ref, err := r.Target.render(a.Labels)
		if err != nil {
			m.broken(Decision{Rule: r.Name, Target: r.Target.Name, Verdict: Rejected, Why: []string{err.Error()}})
			continue
		}
		m.touch(ref, a, r)
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
		t = &carve(&m.touches, Touch{Ref: ref, Target: owner})[0]
		m.byRef[ref] = t
		m.Touches = append(m.Touches, t)
	case t.Target == owner:
	case t.Target.Name < owner.Name:
		m.broken(t.Target.disown(ref, r))
		return
	default:
		for _, h := range t.Hits {
			for _, loser := range h.Rules {
				m.broken(owner.disown(ref, loser))
			}
		}
		t.Target, t.Hits = owner, nil
	}
	if n := len(t.Hits); n > 0 && t.Hits[n-1].Alert == a {
		t.Hits[n-1].Rules = append(t.Hits[n-1].Rules, r)
		return
	}
	hit := Hit{a, carve(&m.rules, r)}
	if t.Hits == nil {
		t.Hits = carve(&m.hits, hit)
		return
	}
	t.Hits = append(t.Hits, hit)
}

// broken reports a fault once for each rule and reason.
func (m *matcher) broken(d Decision) {
	f := fault{d.Rule, d.Ref, d.Why[0]}
	if m.told[f] {
		return
	}
	if m.told == nil {
		m.told = map[fault]bool{}
	}
	m.told[f] = true
	m.Broken = append(m.Broken, d)
}

// disown is the decision for a rule of another target that names a ref of t's.
func (t *Target) disown(ref Ref, r *Rule) Decision {
	return Decision{
		Ref: ref.String(), Rule: r.Name, Target: r.Target.Name, Verdict: Rejected,
		Why: []string{fmt.Sprintf("%s belongs to target %q, whose name sorts first", ref, t.Name)},
	}
}

// Disowned tells, for a ref that was remembered under another templated target, whether that one
// keeps it. Then nothing is recorded, and one decision is returned for each rule.
func (s *Set) Disowned(touch *Touch, remembered string) []Decision {
	keeper := s.Owner(touch.Ref, remembered)
	if keeper == nil || keeper == touch.Target || keeper.Name > touch.Target.Name && keeper.ref == nil {
		return nil
	}
	var all []Decision
	for _, h := range touch.Hits {
		for _, r := range h.Rules {
			if !slices.ContainsFunc(all, func(d Decision) bool { return d.Rule == r.Name }) {
				all = append(all, keeper.disown(touch.Ref, r))
			}
		}
	}
	return all
}
