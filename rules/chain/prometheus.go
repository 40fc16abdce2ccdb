package chain

import (
	"regexp"
	"time"

	"alertscale/rules"
	"alertscale/rules/yamldoc"
)

// Prometheus is what makes alerts: the rules of one or more Prometheus servers.
type Prometheus struct {
	Alerts  []Alert
	Records []Record
	// External are the labels that Prometheus adds to each alert that has not got them; Relabel is what it does to alerts
	// then. Both are of its configuration: where Configured is false, it was not given.
	Configured bool
	External   rules.Labels
	Relabel    []Relabel
}

// Alert is an alerting rule.
type Alert struct {
	yamldoc.Place
	Name        string
	Expr        string
	For         time.Duration
	KeepFiring  time.Duration // keep_firing_for
	Interval    time.Duration // of its group; zero: the server's evaluation_interval
	Labels      rules.Labels  // their values may be templates
	Annotations []string      // their names
	Manifest    *Manifest     // nil: it is of a file of Prometheus
}

// Manifest is the object of the API of Kubernetes that a rule is of.
type Manifest struct{ Namespace, Name string }

// Record is a recording rule.
type Record struct {
	Metric, Expr string
	Labels       rules.Labels
}

// Relabel is one of Prometheus's alert_relabel_configs.
type Relabel struct {
	Action string // empty: replace
	Target string // the label that it sets
	Regex  *regexp.Regexp
}
