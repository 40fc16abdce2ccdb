package chain

import (
	"fmt"
	"strings"

	"alertscale/rules"
	"alertscale/rules/possible"
	"alertscale/rules/routing"
	"alertscale/rules/yamldoc"

	"github.com/prometheus/common/model"
)

// unmatched warns of alerts that reach no rule though they are for alertscale: they come to it, or a rule names them. What is
// somebody else's is not warned of.
func (f *follower) unmatched() {
	for _, a := range f.alerts {
		switch {
		case len(a.reaches) > 0:
		case len(a.arrivals) > 0:
			at := a.arrivals[0]
			f.warn(a.Place, a.where(), "comes to receiver %q by %s (%s), and reaches no rule of %s%s",
				at.receiver.Name, at.route.Where, at.route.Place, f.File, f.nearest(a, at.labels))
		default:
			if r := f.namedBy(a); r != nil {
				f.warn(a.Place, a.where(), "%s is for it, but it does not come to alertscale: %s", f.ruleText(r), f.obstacle(a))
			}
		}
	}
}

// namedBy returns a rule that is for an alert by its name; nil: there is none.
func (f *follower) namedBy(a *alert) *rules.Rule {
	for _, r := range f.index.byName[a.Name] {
		if _, verdict, _ := a.labels.Narrow(f.index.matchers[r.Index]...); verdict != possible.No {
			return r
		}
	}
	return nil
}

// nearest says which rule alerts come nearest to, and what keeps them out: of those that name them, else of those that name
// none, the first with the fewest matchers that do not match.
func (f *follower) nearest(a *alert, ls possible.Labels) string {
	candidates := f.index.byName[a.Name]
	if len(candidates) == 0 {
		candidates = f.index.anyName
		if hint := f.hint(a.Name, f.index.names); hint != "" || len(candidates) == 0 {
			return ": none is for alerts of that name" + hint
		}
	}
	least, text := 0, ""
	for _, r := range candidates {
		m, far := distance(ls, f.index.matchers[r.Index])
		if far > 0 && (least == 0 || far < least) {
			least, text = far, fmt.Sprintf("; %s comes nearest, but %s", f.ruleText(r), f.missText(m, ls))
		}
	}
	return text
}

// distance returns how many matchers alerts do not match, and the first of these.
func distance(ls possible.Labels, matchers []possible.Matcher) (first possible.Matcher, far int) {
	for _, m := range matchers {
		if _, verdict := ls.Get(m.Name).Narrow(m); verdict != possible.No {
			continue
		}
		if far++; far == 1 {
			first = m
		}
	}
	return first, far
}

// maxCompared is how many names are compared with others, which takes a while where there are many.
const maxCompared = 100_000

// hint returns what may have been meant by a name.
func (f *follower) hint(name string, known []string) string {
	if f.compared += len(known); f.compared > maxCompared {
		return ""
	}
	return yamldoc.Hint(name, known)
}

// missText says why a matcher does not match.
func (f *follower) missText(m possible.Matcher, ls possible.Labels) string {
	values := ls.Get(m.Name).Values()
	switch {
	case len(values) == 1 && values[0] == "":
		return fmt.Sprintf("%s does not match: it has no label %q%s", m, m.Name, f.external())
	case len(values) == 1:
		return fmt.Sprintf("%s does not match %q", m, values[0])
	case len(values) > 1 && len(values) <= 5:
		return fmt.Sprintf("%s matches none of %s", m, quoted(values))
	}
	return fmt.Sprintf("%s does not match", m)
}

// external says how labels are known that Prometheus adds itself; empty where they are.
func (f *follower) external() string {
	if f.Prometheus.Configured {
		return ""
	}
	return " (if external_labels add it, give Prometheus's configuration as --rules)"
}

func quoted(values []string) string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = fmt.Sprintf("%q", v)
	}
	return strings.Join(all, ", ")
}

// obstacle says what keeps an alert from the first receiver of alertscale's, and where it goes.
func (f *follower) obstacle(a *alert) string {
	why := ""
	for i, tree := range f.Trees {
		for _, route := range tree.Root.All() {
			if len(f.entries[i][route.Receiver]) == 0 {
				continue
			}
			if o := tree.Obstacle(a.labels, route); o != nil && why == "" {
				why = f.obstacleText(o, a.labels, route)
			}
		}
	}
	goes := ""
	if len(a.ends) > 0 {
		goes = "; it goes to " + a.endsText()
	}
	if why == "" {
		return strings.TrimPrefix(goes, "; ")
	}
	return why + goes
}

func (f *follower) obstacleText(o *routing.Obstacle, ls possible.Labels, to *routing.Route) string {
	switch {
	case o.Below:
		return fmt.Sprintf("%s (%s) takes it from %s (%s)", o.Route.Where, o.Route.Place, to.Where, to.Place)
	case o.Takes:
		return fmt.Sprintf("%s (%s) takes it before %s (%s), and has no `continue: true`", o.Route.Where, o.Route.Place, to.Where, to.Place)
	}
	text := fmt.Sprintf("of %s (%s), %s", o.Route.Where, o.Route.Place, f.missText(o.Matcher, ls))
	if o.Route.Enforced != "" && o.Matcher.Name == "namespace" && o.Matcher.Value == o.Route.Enforced {
		text += "; it is the operator that adds this matcher (alertmanagerConfigMatcherStrategy)"
	}
	return text
}

// endsText names the receivers that an alert goes to beside alertscale, each once.
func (a *alert) endsText() string {
	var all []string
	seen := map[string]bool{}
	for _, e := range a.ends {
		name, at := e.route.Receiver, e.route.Place
		if e.receiver != nil {
			at = e.receiver.Place
		}
		if !seen[name] {
			seen[name] = true
			all = append(all, fmt.Sprintf("receiver %q (%s)", name, at))
		}
	}
	return strings.Join(all, ", ")
}

// alertName is the label that holds the name of an alert.
const alertName = model.AlertNameLabel
