package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/alertmanager/pkg/labels"
)

// oddText is a value that no label has: a matcher that matches it says what values the label has not, at most.
const oddText = "~ no value ~"

// lintMatchers warns of a rule of which no matcher says which alerts it is for.
func (r *Rule) lintMatchers() lint {
	for _, m := range r.Matchers {
		if !m.Matches("") && !m.Matches(oddText) {
			return lint{}
		}
	}
	return lint{"matchers", `say which alerts the rule is not for, and none which it is for: any other alert makes it act; add one such as alertname="WebBusy"`}
}

// selfName is how what runs alertscale is called, in the examples and elsewhere.
const selfName = "alertscale"

// lintItself warns of a rule that scales whatever an alert names, and so alertscale too. In which namespace that runs is not
// known, nor whether in the same cluster: a rule that keeps any namespace out, or any cluster, is taken to keep that one out.
func (r *Rule) lintItself() lint {
	t := r.Target
	where, example := &t.namespace, "monitoring"
	if where.empty() {
		where, example = &t.name, selfName
	}
	names := where.labels()
	if !t.mayBeItself() || len(names) == 0 || Holds(r.Action) {
		return lint{}
	}
	own, clusters := t.name.labels(), t.driver.labels()
	for _, m := range r.Matchers {
		if (slices.Contains(names, m.Name) || slices.Contains(clusters, m.Name)) && m.excludes() || slices.Contains(own, m.Name) && !m.Matches(selfName) {
			return lint{}
		}
	}
	return lint{"matchers", fmt.Sprintf("keep no %s out, so an alert about alertscale itself scales it by target %q; add one such as %[1]s!=%[3]q", names[0], t.Name, example)}
}

// mayBeItself reports whether a target's refs are workloads of which alertscale may be one. One that says its own bounds
// is meant to be scaled.
func (t *Target) mayBeItself() bool {
	schema, _ := t.schema()
	kinds := schema.Self
	kind, _, _ := strings.Cut(t.kind.text, ".")
	return len(kinds) > 0 && t.Path == "" && !t.WorkloadBounds && len(t.name.labels()) > 0 && (!t.kind.fixed() || slices.Contains(kinds, kind))
}

// excludes reports whether there are values of a label, beside none, that the matcher does not match.
func (m *Matcher) excludes() bool {
	switch m.Type {
	case labels.MatchNotEqual, labels.MatchNotRegexp:
		return m.Value != ""
	case labels.MatchRegexp:
		return m.Value != ".*" && m.Value != ".+"
	default:
		return true
	}
}
