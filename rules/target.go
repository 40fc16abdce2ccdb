package rules

import (
	"maps"
	"slices"
	"strings"
	"time"

	"alertscale/rules/yamldoc"
)

// Cooldown is how long after the last change of a ref no change of a direction is made.
type Cooldown struct{ Up, Down time.Duration }

// The defaults of a target.
const (
	DefaultMin          = 1
	DefaultCooldownUp   = time.Minute
	DefaultCooldownDown = 5 * time.Minute
)

// Target is one integer somewhere with its bounds and cooldowns, or, with a template, a family of
// them.
type Target struct {
	Name     string
	Driver   string // its name, or the template by which alerts choose it
	Min, Max int
	Cooldown Cooldown
	DryRun   bool // its own, or the process's
	TargetOptions

	Remove Remove // of a target with a selector
	Path   string // a JSON pointer to an integer field of the object; empty: its count, by the scale subresource

	// WorkloadBounds says that workloads say their own bounds, within Min and Max.
	WorkloadBounds bool
	boundNames     BoundNames

	driver, kind, namespace, name part
	selector                      selector // in place of namespace and name
	ref                           *Ref     // nil with a template
	set                           *Set
}

// Ref returns the ref of a target without a template.
func (t *Target) Ref() (Ref, bool) {
	if t.ref == nil {
		return Ref{}, false
	}
	return *t.ref, true
}

// LooksUp reports whether alerts of the target are looked up at Alertmanager.
func (t *Target) LooksUp() bool { return t.set.LookupAfter > 0 }

// readTarget reads one target and reports what is wrong with it.
func (s *Set) readTarget(name string, n yamldoc.Node) *Target {
	t := &Target{
		Name: name, Min: DefaultMin, set: s, DryRun: s.DryRun,
		Cooldown: Cooldown{DefaultCooldownUp, DefaultCooldownDown},
	}
	n.Fields(append(t.fields(), []yamldoc.Field{
		{Key: "driver", Read: func(v yamldoc.Node) { t.readDriver(v) }},
		{Key: "kind", Read: func(v yamldoc.Node) { t.kind = s.readKind(t, v) }},
		{Key: "namespace", Read: func(v yamldoc.Node) { t.namespace = readPart(v) }},
		{Key: "name", Read: func(v yamldoc.Node) { t.name = readPart(v) }},
		{Key: "selector", Read: func(v yamldoc.Node) { t.selector = readSelector(v) }},
		{Key: "remove", Read: func(v yamldoc.Node) { t.Remove = readRemove(v) }},
		{Key: "path", Read: func(v yamldoc.Node) { t.Path = readPath(v) }},
		{Key: "min", Read: func(v yamldoc.Node) { t.Min = readCount(v, 0) }},
		{Key: "max", Read: func(v yamldoc.Node) { t.Max = readCount(v, 1) }},
		{Key: "bounds", Read: func(v yamldoc.Node) { t.readBounds(v) }},
		{Key: "cooldown", Read: func(v yamldoc.Node) { t.readCooldown(v) }},
		{Key: "dry_run", Read: func(v yamldoc.Node) { t.DryRun = v.Bool() || s.DryRun }},
		{Key: "restore", Read: func(v yamldoc.Node) { t.readRestore(v) }},
	}...))
	if !n.IsMap() {
		if !n.IsNull() {
			return nil // a fault by now
		}
		n.Faultf("is empty, want driver, kind, namespace, name and max")
		return nil
	}
	s.checkTarget(t, n)
	return t
}

func (s *Set) checkTarget(t *Target, n yamldoc.Node) {
	if schema, ok := t.checkDriver(n); ok {
		t.checkParts(schema, n)
		t.checkPathOf(schema, n)
		t.checkBoundsOf(schema, n)
	}
	if max := n.Peek("max"); max == nil {
		n.Faultf("max is missing: the count that alertscale never asks for more than")
	} else if t.Max > 0 && t.Max < t.Min {
		max.Faultf("max %d is below min %d", t.Max, t.Min)
	}
	if t.selector != nil {
		t.name = t.selector.fixedName()
	}
	if !t.choosesDriver() && t.kind.fixed() && t.namespace.fixed() && t.name.fixed() {
		t.ref = &Ref{Driver: t.Driver, Kind: t.kind.text, Namespace: t.namespace.text, Name: t.name.text, Path: t.Path}
	}
}

// checkParts reports the parts of a ref that a driver needs and does not get, and those that it has no use for.
func (t *Target) checkParts(schema RefSchema, n yamldoc.Node) {
	kinds := slices.Sorted(maps.Keys(schema.Kinds))
	switch {
	case schema.Kind && !n.Has("kind"):
		n.Faultf("kind is missing: what driver %q is to scale, such as Deployment", t.Driver)
	case schema.Kinds == nil:
	case !n.Has("kind"):
		n.Faultf("kind is missing: driver %q has %s", t.Driver, strings.Join(kinds, ", "))
		return
	case !slices.Contains(kinds, t.kind.text):
		(*n.Peek("kind")).Faultf("driver %q has no kind %q; it has %s", t.Driver, t.kind.text, strings.Join(kinds, ", "))
		return
	default:
		schema = schema.Kinds[t.kind.text]
		if n.Has("namespace") && !schema.Namespace {
			(*n.Peek("namespace")).Faultf("a %s of driver %q has none", t.kind.text, t.Driver)
		}
	}
	if schema.Namespace && !n.Has("namespace") {
		n.Faultf("namespace is missing")
	}
	t.checkName(schema, n)
}

func (t *Target) checkName(schema RefSchema, n yamldoc.Node) {
	switch {
	case !schema.Selector:
		if !n.Has("name") {
			n.Faultf("name is missing")
		}
		for _, key := range []string{"selector", "remove"} {
			if v := n.Peek(key); v != nil {
				v.Faultf("%s is for groups of hosts only", key)
			}
		}
		return
	case !n.Has("selector"):
		n.Faultf("selector is missing: the labels of the hosts to scale, such as {pool: web}")
	}
	if name := n.Peek("name"); name != nil {
		name.Faultf("name: a %s target has a selector instead", t.kind.text)
	}
	if min := n.Peek("min"); min != nil && t.Min < 1 {
		min.Faultf("min of a %s target is at least 1: an empty group has nothing to clone", t.kind.text)
	}
}

func (t *Target) readCooldown(n yamldoc.Node) {
	if !n.IsMap() {
		d := n.Duration()
		t.Cooldown = Cooldown{d, d}
		return
	}
	n.Fields([]yamldoc.Field{
		{Key: "up", Read: func(v yamldoc.Node) { t.Cooldown.Up = v.Duration() }},
		{Key: "down", Read: func(v yamldoc.Node) { t.Cooldown.Down = v.Duration() }},
	})
}

func readPart(n yamldoc.Node) part {
	p, err := compilePart(n.Text())
	if err != nil {
		n.Faultf("%v", err)
	}
	return p
}

// RefOf returns the ref that labels name, as it is written, as those of an alert do.
func (t *Target) RefOf(labels Labels) (string, error) {
	ref, err := t.render(labels)
	if err != nil {
		return "", err
	}
	return ref.String(), nil
}

// render gives the ref that an alert names.
func (t *Target) render(ls Labels) (Ref, error) {
	if t.ref != nil {
		return *t.ref, nil
	}
	driver, err := t.renderDriver(ls)
	if err != nil {
		return Ref{}, err
	}
	r := Ref{Driver: driver, Path: t.Path}
	name := &t.name
	if t.selector != nil {
		text, err := t.selector.render(ls)
		if err != nil {
			return Ref{}, &partError{"selector", err}
		}
		name = &part{text: text}
	}
	for _, p := range [...]struct {
		key  string
		part *part
		to   *string
	}{{"kind", &t.kind, &r.Kind}, {"namespace", &t.namespace, &r.Namespace}, {"name", name, &r.Name}} {
		s, err := p.part.render(ls)
		if err != nil {
			return Ref{}, &partError{p.key, err}
		}
		*p.to = s
	}
	if !t.kind.fixed() {
		r.Kind = t.set.spelled(driver, r.Kind)
	}
	return r, nil
}

// covers reports whether the target could have rendered a ref.
func (t *Target) covers(r Ref) bool {
	if t.selector != nil {
		_, ok := t.Selector(r)
		return ok && t.coversDriver(r.Driver) && t.kind.covers(r.Kind)
	}
	return t.Path == r.Path && t.name.covers(r.Name) && t.namespace.covers(r.Namespace) && t.kind.covers(r.Kind) && t.coversDriver(r.Driver)
}

type partError struct {
	key string
	err error
}

func (e *partError) Error() string { return e.key + ": " + e.err.Error() }
