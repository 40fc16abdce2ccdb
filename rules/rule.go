package rules

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"alertscale/rules/yamldoc"
)

// Rule says what to do with a target while, or after, alerts of a kind fire.
type Rule struct {
	Name     string
	Matchers Matchers // all of them match
	Target   *Target
	Action   Action
	Resolved bool           // when: resolved
	Cooldown *time.Duration // for its calls, in place of the target's; nil: none
	DryRun   bool
	// Repeat is how long after its last call was served the rule calls again while it is active; zero: it does not.
	Repeat time.Duration
	// KeepActiveFor is for how long no alert must have fired for an episode to end.
	KeepActiveFor time.Duration

	Index int // its place among the rules of all files

	muting *muting // nil: it never is mute
	// part, item and line are which of the files has it, and where in that one.
	part, item, line int32
}

// Place is where the rule begins.
func (r *Rule) Place() yamldoc.Place { return r.Target.set.placeOf(r) }

// Where is how a user calls the rule in its file.
func (r *Rule) Where() string { return fmt.Sprintf("rules[%d] %q", r.item, r.Name) }

// readRule reads one rule and reports what is wrong with it; nil where it cannot be used.
func (s *Set) readRule(n yamldoc.Node) *Rule {
	r := &Rule{line: int32(n.Line()), Index: len(s.Rules)}
	target := ""
	acts, named := r.actionFields(n)
	n.Fields(append(append(acts, s.optionFields(r)...), []yamldoc.Field{
		{Key: "name", Read: func(v yamldoc.Node) { r.Name = v.Text() }},
		{Key: "matchers", Read: func(v yamldoc.Node) { r.readMatchers(v, s.matchers) }},
		{Key: "target", Read: func(v yamldoc.Node) { target = v.Text() }},
	}...))
	if !n.IsMap() {
		if n.IsNull() {
			n.Faultf("is empty, want name, matchers, target and one of up, down, set, proportional, hold")
		}
		return nil
	}
	if !n.Has("name") {
		n.Faultf("name is missing")
	}
	if !n.Has("matchers") {
		n.Faultf(`matchers are missing; a rule says which alerts it is for: matchers: ['alertname="WebBusy"']`)
	}
	if named != 1 {
		n.Faultf("has %d actions, want exactly one of up, down, set, proportional, hold", named)
	}
	r.checkOptions(n)
	if !n.Has("target") {
		n.Faultf("target is missing")
	} else if r.Target = s.Targets[target]; r.Target == nil && target != "" && s.names[target] == nil && !s.partial {
		(*n.Peek("target")).Faultf("target %q is not defined%s", target, yamldoc.Hint(target, s.targetNames()))
	}
	return r
}

func (r *Rule) readMatchers(n yamldoc.Node, mt *matcherTable) {
	if !n.IsList() && !n.IsNull() {
		notAList(n)
		return
	}
	empty := true
	n.Items(func(_ int, item yamldoc.Node) {
		empty = false
		text, ok := item.Scalar()
		if !ok {
			return
		}
		ms, err := mt.parse(text)
		if err != nil {
			item.Faultf("%s is no matcher such as alertname=\"WebBusy\": %v", strconv.Quote(text), err)
			return
		}
		if len(ms) == 0 {
			item.Faultf("%s is empty, and would match every alert", strconv.Quote(text))
			return
		}
		r.Matchers = append(r.Matchers, ms...)
	})
	if empty && n.IsList() {
		n.Faultf("is empty, want at least one matcher")
	}
}

// notAList reports matchers that are a single one, or written as Alertmanager's match was.
func notAList(n yamldoc.Node) {
	if n.IsMap() {
		n.Faultf(`are a mapping; want a list of texts: matchers: ['alertname="WebBusy"']`)
		return
	}
	text, ok := n.Scalar()
	if !ok {
		return
	}
	n.Faultf("are one text; want a list, also of one: matchers: ['%s']", strings.ReplaceAll(text, "'", "''"))
}

// actionFields returns the fields of the actions that there are, and how many of them the rule has.
func (r *Rule) actionFields(n yamldoc.Node) (fields []yamldoc.Field, named int) {
	for _, a := range actions {
		if n.Has(a.key) {
			named++
		}
		fields = append(fields, yamldoc.Field{Key: a.key, Read: func(v yamldoc.Node) { r.Action = a.read(v) }})
	}
	return fields, named
}

// CallsAtStart reports whether the rule calls when an episode of it begins.
func (r *Rule) CallsAtStart() bool { return !r.Resolved && !Holds(r.Action) }

func (r *Rule) readWhen(n yamldoc.Node) {
	switch text := n.Text(); text {
	case "firing", "":
	case "resolved":
		r.Resolved = true
	default:
		n.Faultf("%q is neither firing nor resolved", text)
	}
}

// CooldownOn returns how long after a change of a target's ref the rule's calls of a direction wait. Of calls that may
// go either way it is the shorter one.
func (r *Rule) CooldownOn(t *Target, d Direction) time.Duration {
	switch {
	case r.Cooldown != nil:
		return *r.Cooldown
	case d == Up:
		return t.Cooldown.Up
	case d == Down:
		return t.Cooldown.Down
	default:
		return min(t.Cooldown.Up, t.Cooldown.Down)
	}
}
