package ruletest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"alertscale/rules"
	"alertscale/rules/engine"
	"alertscale/rules/yamldoc"
)

// want is what is expected at a time: a decision, a count, or both.
type want struct {
	at   time.Duration
	line int
	name string // of the target or ref, as the file has it

	ref, target string // whose decision it is; of a decision that came to no ref, ref is empty
	verdict     string // empty: any; or noDecision
	rule, why   string // likewise; why is a part of a line
	count       *int   // after all that happens at the time
}

// noDecision is what a file has in the place of a verdict where nothing is to be decided.
const noDecision = "none"

// decides reports whether a decision is expected.
func (w *want) decides() bool { return w.verdict != "" || w.rule != "" || w.why != "" }

// String says what is expected.
func (w *want) String() string {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	if w.decides() {
		switch w.verdict {
		case "":
			add("a decision")
		case noDecision:
			add("no decision")
		default:
			add("%s", w.verdict)
		}
	}
	if w.rule != "" {
		add("by %q", w.rule)
	}
	if w.why != "" {
		add("why %q", w.why)
	}
	if w.count != nil {
		add("count %d", *w.count)
	}
	return strings.Join(parts, ", ")
}

func (r *reader) readWant(n yamldoc.Node) *want {
	w := &want{line: n.Line()}
	n.Fields([]yamldoc.Field{
		{Key: "at", Read: func(n yamldoc.Node) { w.at = readAt(n) }},
		{Key: "target", Read: func(n yamldoc.Node) { r.readTarget(w, n) }},
		{Key: "ref", Read: func(n yamldoc.Node) { r.readRef(w, n) }},
		{Key: "verdict", Read: func(n yamldoc.Node) { w.verdict = readVerdict(n) }},
		{Key: "rule", Read: func(n yamldoc.Node) { w.rule = r.readRule(n) }},
		{Key: "why", Read: func(n yamldoc.Node) { w.why = n.Text() }},
		{Key: "count", Read: func(n yamldoc.Node) { count := n.Int(0); w.count = &count }},
	})
	if !n.IsMap() {
		return w
	}
	if !n.Has("at") {
		n.Faultf("at is missing: when it is looked at, such as 30s")
	}
	if !n.Has("target") && !n.Has("ref") {
		n.Faultf("target is missing, or a ref such as kubernetes:Deployment/shop/web")
	}
	if !n.Has("verdict") && !n.Has("rule") && !n.Has("why") && !n.Has("count") {
		n.Faultf("expects nothing: want verdict, count, or both, or rule or why")
	}
	if count := n.Child("count"); count != nil && w.target != "" && w.ref == "" && !n.Has("ref") {
		count.Faultf("target %q is a family: say which of its refs, by ref", w.target)
	}
	return w
}

// readTarget reads a target's name. Of a family any ref will do, unless there is a ref beside it.
func (r *reader) readTarget(w *want, n yamldoc.Node) {
	name := n.Text()
	t := r.config.Rules.Targets[name]
	if t == nil {
		if name != "" {
			n.Faultf("target %q is not defined in %s%s", name, r.config.Path, yamldoc.Hint(name, slices.Sorted(maps.Keys(r.config.Rules.Targets))))
		}
		return
	}
	w.target, w.name = name, name
	if ref, ok := t.Ref(); ok {
		w.ref = ref.String()
	}
}

func (r *reader) readRef(w *want, n yamldoc.Node) {
	w.name = n.Text()
	ref, err := r.config.Rules.RefNamed(w.name)
	if err != nil && w.name != "" {
		n.Faultf("%v", err)
	}
	w.ref = ref
}

func readVerdict(n yamldoc.Node) string {
	text := n.Text()
	var names []string
	for _, v := range engine.Verdicts() {
		names = append(names, string(v))
	}
	names = append(names, noDecision)
	if text != "" && !slices.Contains(names, text) {
		n.Faultf("%q is no verdict%s", text, cmp.Or(yamldoc.Hint(text, names), "; there are "+strings.Join(names, ", ")))
	}
	return text
}

func (r *reader) readRule(n yamldoc.Node) string {
	text := n.Text()
	var names []string
	for _, rule := range r.config.Rules.Rules {
		names = append(names, rule.Name)
	}
	if text != "" && text != rules.RestoreRule && !slices.Contains(names, text) {
		n.Faultf("rule %q is not defined in %s%s", text, r.config.Path, yamldoc.Hint(text, names))
	}
	return text
}
