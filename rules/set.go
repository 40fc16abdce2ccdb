package rules

import (
	"maps"
	"slices"
	"strings"
	"time"

	"alertscale/rules/yamldoc"
)

// DefaultAlertTTL is how long an alert counts as firing without being heard of.
const DefaultAlertTTL = 12 * time.Hour

// Set is the rules and targets of one file, compiled. It does not change.
type Set struct {
	AlertTTL time.Duration
	DryRun   bool // of the process: nothing is changed
	Targets  map[string]*Target
	Rules    []*Rule // in the order of the file

	byName    map[string]*Rule
	fixed     map[Ref]*Target
	templated []*Target
	kinds     map[string][]spelling // by driver:Kind
	drivers   map[string]Needs
	index     index
	longest   time.Duration // of all cooldowns

	refused   map[string]bool // targets that are there but at fault
	kindNodes []kindNode
}

// Needs tells what a driver's targets need beside the name.
type Needs struct {
	Kind, Namespace bool
	Selector        bool             // in place of namespace and name
	Kinds           map[string]Needs // the only kinds that the driver has, and what each needs; nil: any
}

// hasGroups tells whether a driver of the file scales groups of hosts.
func (s *Set) hasGroups() bool {
	for _, d := range s.drivers {
		for _, k := range d.Kinds {
			if k.Selector {
				return true
			}
		}
	}
	return false
}

// Source is what a Set is made of.
type Source struct {
	AlertTTL       time.Duration
	DryRun         bool
	Drivers        map[string]Needs // by the driver's name
	Root           yamldoc.Node     // for faults of the file as a whole
	Targets, Rules *yamldoc.Node    // nil where the file has none
}

// NewSet reads targets and rules. Faults are reported to the document; with any, the set is not
// to be used.
func NewSet(src Source) *Set {
	s := &Set{
		AlertTTL: src.AlertTTL, DryRun: src.DryRun, drivers: src.Drivers,
		Targets: map[string]*Target{}, byName: map[string]*Rule{}, fixed: map[Ref]*Target{},
		kinds: map[string][]spelling{}, refused: map[string]bool{},
	}
	if src.Targets == nil {
		src.Root.Faultf("targets are missing: what is to be scaled")
	} else {
		s.readTargets(*src.Targets)
	}
	if src.Rules == nil {
		src.Root.Faultf("rules are missing: which alerts scale which target")
	} else {
		s.readRules(*src.Rules)
	}
	s.index = newIndex(s.Rules)
	for _, t := range s.Targets {
		s.longest = max(s.longest, t.Cooldown.Up, t.Cooldown.Down)
	}
	for _, r := range s.Rules {
		if r.Cooldown != nil {
			s.longest = max(s.longest, *r.Cooldown)
		}
	}
	return s
}

func (s *Set) readTargets(n yamldoc.Node) {
	lines := map[Ref]string{}
	var order []*Target
	nodes := map[*Target]yamldoc.Node{}
	n.Each(func(name string, v yamldoc.Node) {
		if t := s.readTarget(name, v); t != nil {
			s.Targets[name] = t
			order = append(order, t)
			nodes[t] = v
		} else {
			s.refused[name] = true
		}
	})
	s.checkKinds()
	for _, t := range order {
		ref, ok := t.Ref()
		if !ok {
			s.templated = append(s.templated, t)
			continue
		}
		if first, taken := lines[ref]; taken && ref.Name != "" {
			nodes[t].Faultf("is %s, as target %q is; a ref belongs to one target", ref, first)
		}
		lines[ref] = t.Name
		s.fixed[ref] = t
	}
}

func (s *Set) readRules(n yamldoc.Node) {
	n.Items(func(_ int, item yamldoc.Node) {
		r := s.readRule(item)
		if r == nil {
			return
		}
		if first := s.byName[r.Name]; first != nil && r.Name != "" {
			item.Faultf("the name stands twice, first on line %d", first.line)
			return
		}
		s.byName[r.Name] = r
		s.Rules = append(s.Rules, r)
	})
}

// rule returns the rule of a name if it may act on a ref that t owns.
func (s *Set) rule(name string, t *Target) *Rule {
	r := s.byName[name]
	switch {
	case r == nil || r.Target == t:
		return r
	case t.ref != nil && r.Target.ref == nil && r.Target.covers(*t.ref):
		return r
	default:
		return nil
	}
}

// Owner returns the target that a ref belongs to: a fixed one with that ref, else the templated
// one that it was remembered under, else the only templated one that could name it (the target was
// renamed, or a fixed one taken out); nil where the file has none.
func (s *Set) Owner(ref Ref, remembered string) *Target {
	if t := s.fixed[ref]; t != nil {
		return t
	}
	if t := s.Targets[remembered]; t != nil && t.ref == nil && t.covers(ref) {
		return t
	}
	var only *Target
	for _, t := range s.templated {
		switch {
		case !t.covers(ref):
		case only != nil:
			return nil
		default:
			only = t
		}
	}
	return only
}

func (s *Set) targetNames() []string { return slices.Sorted(maps.Keys(s.Targets)) }
func (s *Set) driverNames() []string { return slices.Sorted(maps.Keys(s.drivers)) }

func (s *Set) onlyDriver() string {
	if names := s.driverNames(); len(names) > 0 {
		return "; the file has " + strings.Join(names, ", ")
	}
	return ""
}
