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

// Set is the rules and targets of one file, and of those that it names, compiled. It does not change.
type Set struct {
	AlertTTL time.Duration
	DryRun   bool // of the process: nothing is changed
	// LookupAfter is how long ago an alert must have been heard of to be looked up at Alertmanager; zero: none is.
	LookupAfter time.Duration
	Targets     map[string]*Target
	Rules       []*Rule // in the order of the file, and of those that it names

	byName  map[string]*Rule
	files   []string // the names of those that have rules; of others empty
	fixed   map[Ref]*Target
	owners  *owners               // the templated targets
	kinds   map[string][]spelling // by driver:Kind
	drivers map[string]RefSchema
	chosen  []string // the drivers that alerts may choose, sorted
	index   *index

	// LongestCooldown is the longest of all cooldowns of the file.
	LongestCooldown time.Duration

	senders map[string]Scope // who may post, by the name; none: whoever reaches it may
	hooks   map[string]Scope // by the hook's name; those that may touch all rules are left out

	without   map[*Rule]bool           // that match nothing
	names     map[string]*yamldoc.Node // of targets, also those at fault: where they are
	partial   bool                     // there may be targets that could not be read
	kindNodes []kindNode
	intervals map[string]*Interval
	mutings   map[string]*muting // by the names of their intervals
	matchers  *matcherTable      // while the rules are read
}

// RefSchema says what a driver's targets need beside the name.
type RefSchema struct {
	Type            string // of the driver
	FromLabels      bool   // alerts may choose the driver, by a target whose driver is a template
	Kind, Namespace bool
	Path            bool // a target may name an integer field of an object by its path
	// Bounds is what workloads say their own bounds by; none: they cannot.
	Bounds BoundNames
	// Self is the kinds of workloads of which alertscale itself may be one; nil: it is none of the driver's.
	Self []string
	// Connection stands for what the driver is connected to, so that a driver is known again under another name; empty:
	// it is not.
	Connection string
	Selector   bool                 // in place of namespace and name
	Kinds      map[string]RefSchema // the only kinds that the driver has, and what each needs; nil: any
}

// SetOptions is what a Set is made of.
type SetOptions struct {
	AlertTTL       time.Duration
	DryRun         bool
	LookupAfter    time.Duration        // after which alerts are looked up at Alertmanager; zero: they are not
	Drivers        map[string]RefSchema // by the driver's name
	Root           yamldoc.Node         // for faults of the file as a whole
	Optional       bool                 // the file has other things to do than to scale: it needs no targets and no rules
	Targets, Rules *yamldoc.Node        // nil where the file has none
	TimeIntervals  *yamldoc.Node        // likewise
	Senders, Hooks map[string]Scope     // what senders and hooks may touch, by their names; no senders: nobody is asked for a token

	More []Part // what further files have
	// Partial says that there may be more, which could not be read: what is missing here is no fault.
	Partial bool
}

// Part is the targets and rules of one file; nil where it has none.
type Part struct{ Targets, Rules *yamldoc.Node }

// parts are those of all files.
func (src SetOptions) parts() []Part { return append([]Part{{src.Targets, src.Rules}}, src.More...) }

// has reports whether one of the files has a key.
func (src SetOptions) has(of func(Part) *yamldoc.Node) bool {
	return slices.ContainsFunc(src.parts(), func(p Part) bool { return of(p) != nil })
}

// NewSet reads targets and rules. Faults are reported to the document; with any, the set is not
// to be used.
func NewSet(src SetOptions) *Set {
	s := &Set{
		AlertTTL: src.AlertTTL, DryRun: src.DryRun, LookupAfter: src.LookupAfter, drivers: src.Drivers,
		Targets: map[string]*Target{}, byName: map[string]*Rule{}, fixed: map[Ref]*Target{},
		senders: src.Senders, hooks: src.Hooks,
		kinds: map[string][]spelling{}, names: map[string]*yamldoc.Node{}, partial: src.Partial, matchers: newMatcherTable(), mutings: map[string]*muting{},
	}
	s.chosen = s.chosenDrivers()
	hasTargets := src.has(func(p Part) *yamldoc.Node { return p.Targets })
	hasRules := src.has(func(p Part) *yamldoc.Node { return p.Rules })
	needed := !src.Partial && (!src.Optional || hasTargets || hasRules)
	if needed && !hasTargets {
		src.Root.Faultf("targets are missing: what is to be scaled")
	}
	s.readTargets(src.parts())
	if src.TimeIntervals != nil {
		s.readIntervals(*src.TimeIntervals)
	}
	if needed && !hasRules {
		src.Root.Faultf("rules are missing: which alerts scale which target")
	}
	for _, p := range src.parts() {
		s.files = append(s.files, "")
		if p.Rules != nil {
			s.readRules(*p.Rules)
		}
	}
	s.index = newIndex(s.Rules, s.matchers)
	s.matchers, s.names = nil, nil
	for _, t := range s.Targets {
		s.LongestCooldown = max(s.LongestCooldown, t.Cooldown.Up, t.Cooldown.Down)
	}
	for _, r := range s.Rules {
		if r.Cooldown != nil {
			s.LongestCooldown = max(s.LongestCooldown, *r.Cooldown)
		}
	}
	return s
}

func (s *Set) readTargets(parts []Part) {
	byRef := map[Ref]*Target{}
	var order []*Target
	nodes := map[*Target]yamldoc.Node{}
	for _, p := range parts {
		if p.Targets == nil {
			continue
		}
		p.Targets.Each(func(name string, v yamldoc.Node) {
			t := s.readTarget(name, v)
			switch first := s.names[name]; {
			case first != nil:
				key := p.Targets.Key(name)
				key.Faultf("%q is duplicated, first %s", name, key.Locate(first.Key(name).Place()))
				return
			case t != nil:
				s.Targets[name] = t
				order = append(order, t)
				nodes[t] = v
			}
			s.names[name] = p.Targets
		})
	}
	s.checkKinds()
	s.checkShapes(order, nodes)
	var templated []*Target
	for _, t := range order {
		ref, ok := t.Ref()
		if !ok {
			templated = append(templated, t)
			continue
		}
		if first, taken := byRef[ref]; taken && ref.Name != "" {
			nodes[t].Faultf("is %s, as target %q%s is; a ref belongs to one target", ref, first.Name, elsewhere(nodes[t], nodes[first]))
		}
		byRef[ref] = t
		s.fixed[ref] = t
	}
	s.owners = newOwners(templated)
}

// elsewhere says in which other file something is; empty where it is in the same.
func elsewhere(here, there yamldoc.Node) string {
	if here.Place().File == there.Place().File {
		return ""
	}
	return " " + here.Locate(there.Place())
}

// checkShapes reports targets of one driver of which one has a kind alone and another a namespace alone: their refs could
// be written alike.
func (s *Set) checkShapes(order []*Target, nodes map[*Target]yamldoc.Node) {
	kindAlone, namespaceAlone := map[string]*Target{}, map[string]*Target{}
	for _, t := range order {
		if schema, _ := t.schema(); schema.Kind || schema.Namespace || schema.Kinds != nil {
			continue // all its refs have the same parts
		}
		mine, others := kindAlone, namespaceAlone
		switch hasKind, hasNamespace := !t.kind.empty(), !t.namespace.empty(); {
		case hasKind == hasNamespace:
			continue
		case hasNamespace:
			mine, others = namespaceAlone, kindAlone
		}
		for _, driver := range t.drivers() {
			if other := others[driver]; other != nil {
				nodes[t].Faultf("its ref could be written as one of target %q%s is; give both a kind and a namespace, or neither a namespace",
					other.Name, elsewhere(nodes[t], nodes[other]))
				break
			}
			mine[driver] = t
		}
	}
}

func (s *Set) readRules(n yamldoc.Node) {
	part := len(s.files) - 1
	s.files[part] = n.Place().File
	n.Items(func(i int, item yamldoc.Node) {
		r := s.readRule(item)
		if r == nil {
			return
		}
		r.part, r.item = int32(part), int32(i)
		if r.Name == RestoreRule {
			item.Faultf("the name %q is what decisions call a target's way back; give it another", r.Name)
		}
		if first := s.byName[r.Name]; first != nil && r.Name != "" {
			item.Faultf("the name is duplicated, first %s", item.Locate(s.placeOf(first)))
			return
		}
		s.byName[r.Name] = r
		s.Rules = append(s.Rules, r)
	})
}

func (s *Set) placeOf(r *Rule) yamldoc.Place {
	return yamldoc.Place{File: s.files[r.part], Line: int(r.line)}
}

// RuleFor returns the rule of a name if it may act on a ref that t owns, else nil.
func (s *Set) RuleFor(name string, t *Target) *Rule {
	if name == RestoreRule && t != nil && t.Restore != nil {
		return t.Restore.rule
	}
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

// Has reports whether the set has a rule of a name.
func (s *Set) Has(name string) bool { return s.byName[name] != nil }

// Connection returns what a driver of the file is connected to; empty where that is not known.
func (s *Set) Connection(driver string) string { return s.drivers[driver].Connection }

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
	return s.owners.only(ref)
}

// WaitsReady reports whether a target that a ref may belong to waits for a step up to be ready.
func (s *Set) WaitsReady(ref Ref) bool {
	if t := s.fixed[ref]; t != nil {
		return t.WaitReady > 0
	}
	return s.owners.any(ref, func(t *Target) bool { return t.WaitReady > 0 })
}

// Without returns the set without some of its rules, as if its file had not got them. Both share the rest.
func (s *Set) Without(some ...*Rule) *Set {
	set := *s
	set.without, set.Rules, set.byName = maps.Clone(s.without), nil, map[string]*Rule{}
	if set.without == nil {
		set.without = map[*Rule]bool{}
	}
	for _, r := range some {
		set.without[r] = true
	}
	for _, r := range s.Rules {
		if !set.without[r] {
			set.Rules = append(set.Rules, r)
			set.byName[r.Name] = r
		}
	}
	return &set
}

func (s *Set) targetNames() []string { return slices.Sorted(maps.Keys(s.Targets)) }
func (s *Set) driverNames() []string { return slices.Sorted(maps.Keys(s.drivers)) }

func (s *Set) onlyDriver() string {
	if names := s.driverNames(); len(names) > 0 {
		return "; the file has " + strings.Join(names, ", ")
	}
	return ""
}
