package rules

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"alertscale/rules/yamldoc"

	"github.com/prometheus/alertmanager/matcher/parse"
	"github.com/prometheus/alertmanager/pkg/labels"
)

// Rule says what to do with a target while, or after, alerts of a kind fire.
type Rule struct {
	Name     string
	Matchers labels.Matchers // all of them match
	Target   *Target
	Action   Action
	Resolved bool           // when: resolved
	Cooldown *time.Duration // for its calls, in place of the target's; nil: none
	DryRun   bool

	tests []test
	index int // its place in the file
	line  int
}

// actions are the keys of which a rule has exactly one.
var actions = []string{"up", "down", "set", "hold", "proportional"}

// readRule reads one rule and reports what is wrong with it; nil where it cannot be used.
func (s *Set) readRule(n yamldoc.Node) *Rule {
	r := &Rule{line: n.Line(), index: len(s.Rules)}
	target := ""
	acts := 0
	action := func(read func(yamldoc.Node)) func(yamldoc.Node) {
		return func(v yamldoc.Node) { acts++; read(v) }
	}
	n.Fields([]yamldoc.Field{
		{Key: "name", Read: func(v yamldoc.Node) { r.Name = v.Text() }},
		{Key: "matchers", Read: func(v yamldoc.Node) { r.readMatchers(v) }},
		{Key: "target", Read: func(v yamldoc.Node) { target = v.Text() }},
		{Key: "up", Read: action(func(v yamldoc.Node) { r.readStep(v, Up) })},
		{Key: "down", Read: action(func(v yamldoc.Node) { r.readStep(v, Down) })},
		{Key: "set", Read: action(func(v yamldoc.Node) { r.readSet(v) })},
		{Key: "when", Read: func(v yamldoc.Node) { r.readWhen(v) }},
		{Key: "cooldown", Read: func(v yamldoc.Node) { d := v.Duration(); r.Cooldown = &d }},
		{Key: "dry_run", Read: func(v yamldoc.Node) { r.DryRun = v.Bool() }},
	}, "hold", "proportional", "repeat", "active_time_intervals", "mute_time_intervals")
	if !n.IsMap() {
		if n.IsNull() {
			n.Faultf("is empty, want name, matchers, target and one of up, down, set")
		}
		return nil
	}
	if !n.Has("name") {
		n.Faultf("name is missing")
	}
	if !n.Has("matchers") {
		n.Faultf(`matchers are missing; a rule says which alerts it is for: matchers: ['alertname="WebBusy"']`)
	}
	if acts > 1 || acts == 0 && !slices.ContainsFunc(actions, n.Has) {
		n.Faultf("has %d actions, want exactly one of up, down, set", acts)
	}
	if !n.Has("target") {
		n.Faultf("target is missing")
	} else if r.Target = s.Targets[target]; r.Target == nil && target != "" && !s.refused[target] {
		(*n.Peek("target")).Faultf("target %q is not defined%s", target, yamldoc.Hint(target, s.targetNames()))
	}
	return r
}

func (r *Rule) readMatchers(n yamldoc.Node) {
	empty := true
	n.Items(func(_ int, item yamldoc.Node) {
		empty = false
		text, ok := item.Scalar()
		if !ok {
			return
		}
		ms, err := parse.Matchers(text)
		if err != nil {
			item.Faultf("%s is no matcher such as alertname=\"WebBusy\": %v", strconv.Quote(text), err)
			return
		}
		if len(ms) == 0 {
			item.Faultf("%s is empty, and would match every alert", strconv.Quote(text))
			return
		}
		r.Matchers = append(r.Matchers, ms...)
		for _, m := range ms {
			r.tests = append(r.tests, test{m, choiceOf(m)})
		}
	})
	if empty && n.IsList() {
		n.Faultf("is empty, want at least one matcher")
	}
}

func (r *Rule) readStep(n yamldoc.Node, d Direction) {
	text, ok := n.Scalar()
	if !ok {
		return
	}
	a, err := parseAmount(text)
	if err != nil {
		n.Faultf("%v", err)
	}
	r.Action = Action{Direction: d, Amount: a, text: d.String() + ": " + text}
}

func (r *Rule) readSet(n yamldoc.Node) {
	text, ok := n.Scalar()
	if !ok {
		return
	}
	r.Action = Action{text: "set: " + text}
	if !strings.Contains(text, "{{") {
		r.Action.Set = n.Int(0)
		return
	}
	tmpl, err := newTemplate(text)
	if err == nil {
		err = onlyFields(tmpl)
	}
	if err != nil {
		n.Faultf("%v", err)
		return
	}
	r.Action.tmpl = tmpl
}

func (r *Rule) readWhen(n yamldoc.Node) {
	switch text := n.Text(); text {
	case "firing", "":
	case "resolved":
		r.Resolved = true
	default:
		n.Faultf("%q is neither firing nor resolved", text)
	}
}

// matches tells whether all matchers match.
func (r *Rule) matches(ls Labels) bool {
	for i := range r.tests {
		if !r.tests[i].matches(ls) {
			return false
		}
	}
	return true
}

// test is a matcher; one that is a choice of texts, such as severity=~"warning|critical", is compared
// with them, which is cheaper than a regular expression.
type test struct {
	*labels.Matcher
	choice []string
}

func (t *test) matches(ls Labels) bool {
	value := ls.Get(t.Name)
	if t.choice != nil {
		return slices.Contains(t.choice, value)
	}
	return t.Matches(value)
}

// choiceOf returns the texts that a matcher leaves the choice of, nil where it is not of that kind.
func choiceOf(m *labels.Matcher) []string {
	if m.Type != labels.MatchRegexp {
		return nil
	}
	values := strings.Split(m.Value, "|")
	if slices.ContainsFunc(values, func(v string) bool { return v == "" || regexp.QuoteMeta(v) != v }) {
		return nil
	}
	slices.Sort(values)
	return slices.Compact(values)
}

// cooldown returns how long after a change the rule's calls of a direction wait, on a target.
func (r *Rule) cooldown(t *Target, d Direction) time.Duration {
	if r.Cooldown != nil {
		return *r.Cooldown
	}
	return t.Cooldown.of(d)
}
