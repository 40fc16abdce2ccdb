package promfiles

import (
	"fmt"

	"alertscale/rules/yamldoc"
)

// Kind is what a file is, as far as its keys say.
type Kind int

// The kinds of files that are taken for one another.
const (
	Unknown Kind = iota
	Alertscale
	Alertmanager // its configuration
	Rules        // of Prometheus
	RuleTests    // of Prometheus's rules
	Prometheus   // its configuration
	Manifest     // of the API of Kubernetes
)

// KindOf returns what a document is.
func KindOf(root yamldoc.Node) Kind {
	switch {
	case root.Has("apiVersion") && root.Has("kind"):
		return Manifest
	case root.Has("targets"), root.Has("drivers"):
		return Alertscale
	case root.Has("route"), root.Has("receivers"), root.Has("inhibit_rules"):
		return Alertmanager
	case root.Has("groups"):
		return Rules
	case root.Has("tests") && root.Has("rule_files"):
		return RuleTests
	case root.Has("scrape_configs"), root.Has("scrape_config_files"), root.Has("alerting"), root.Has("global"):
		return Prometheus
	case root.Has("rules"):
		return Alertscale
	}
	return Unknown
}

// Describe returns what a document is, for messages; empty where that is not plain.
func Describe(root yamldoc.Node) string {
	switch KindOf(root) {
	case Alertscale:
		return "alertscale's own file (targets, rules)"
	case Alertmanager:
		return "Alertmanager's configuration (route, receivers)"
	case Rules:
		return "a file of Prometheus's rules (groups)"
	case RuleTests:
		return "a file of tests of Prometheus's rules (tests), which promtool runs"
	case Prometheus:
		return "Prometheus's configuration (scrape_configs, alerting)"
	case Manifest:
		return fmt.Sprintf("a manifest of Kubernetes (kind: %s)", peeked(root, "kind"))
	}
	return ""
}

// Foreign says what a document is that is given as alertscale's own, and how it is to be given; empty where it may be
// alertscale's.
func Foreign(root yamldoc.Node) string {
	how := ""
	kind := KindOf(root)
	switch {
	case kind == Unknown || kind == Alertscale:
		return ""
	case kind == Alertmanager, isOperators(root, "AlertmanagerConfig"), isOperators(root, "Alertmanager"):
		how = "; `alertscale check` takes it as --alertmanager-config, beside alertscale's own"
	case kind == Rules, kind == Prometheus, isOperators(root, "PrometheusRule"):
		how = "; `alertscale check` takes it as --rules, beside alertscale's own"
	case kind == Manifest:
		how = "; want alertscale's own file, as it is before it is put into one"
	}
	return "this is " + Describe(root) + ", and not alertscale's (targets, rules)" + how
}

// peeked returns a text of a mapping; empty where there is none.
func peeked(n yamldoc.Node, key string) string {
	child := n.Peek(key)
	if child == nil || child.IsMap() || child.IsList() || child.IsNull() {
		return ""
	}
	text, _ := child.Scalar()
	return text
}
