package demo

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"alertscale/adapter/promfiles"
	"alertscale/rules/chain"
	"alertscale/rules/possible"
	"alertscale/rules/promql"
	"alertscale/rules/routing"

	"github.com/prometheus/alertmanager/template"
)

// threshold is what an expression compares a metric with.
type threshold struct {
	metric string
	above  bool
	at     float64
}

// crossed reports whether the alert's expression is true.
func (t threshold) crossed(ratio float64) bool {
	if t.above {
		return ratio > t.at
	}
	return ratio < t.at
}

// String says when it is crossed: > 80%.
func (t threshold) String() string {
	sign := "<"
	if t.above {
		sign = ">"
	}
	return fmt.Sprintf("%s %.0f%%", sign, 100*t.at)
}

// readThreshold reads an expression such as a:metric > 0.8.
func readThreshold(expr string) (t threshold, err error) {
	words := strings.Fields(expr)
	if len(words) != 3 || words[1] != ">" && words[1] != "<" {
		return t, fmt.Errorf("the demo wants an expression such as METRIC > 0.8, got %q", expr)
	}
	t.metric, t.above = words[0], words[1] == ">"
	t.at, err = strconv.ParseFloat(words[2], 64)
	return t, err
}

// readAlarms returns the alerts of rules.conf about the simulated service, with the ways that config.yml has for them.
func readAlarms(rules, config []byte) ([]*alarm, error) {
	prometheus, err := promfiles.ReadRules([]promfiles.Source{{Name: "rules.conf", Text: rules}})
	if err != nil {
		return nil, err
	}
	trees, err := promfiles.ReadAlertmanager([]promfiles.Source{{Name: "config.yml", Text: config}})
	if err != nil {
		return nil, err
	}
	all := make([]*alarm, len(prometheus.Alerts))
	for i, rule := range prometheus.Alerts {
		if all[i], err = newAlarm(&prometheus, rule, trees[0]); err != nil {
			return nil, fmt.Errorf("rules.conf:%d: %s: %w", rule.Line, rule.Name, err)
		}
	}
	if !slices.ContainsFunc(all, above) {
		return nil, errors.New("rules.conf: the demo wants an alert of a service that is busy, with an expression such as METRIC > 0.8")
	}
	return all, nil
}

// newAlarm returns the alert of a rule about the simulated service.
func newAlarm(p *chain.Prometheus, rule chain.Alert, tree *routing.Tree) (*alarm, error) {
	threshold, err := readThreshold(rule.Expr)
	if err != nil {
		return nil, err
	}
	a := &alarm{rule: rule, threshold: threshold, labels: template.KV{"alertname": rule.Name}}
	if err := a.label(p); err != nil {
		return nil, err
	}
	known := possible.NoLabels()
	for name, value := range a.labels {
		known = known.With(name, possible.OneOf(value))
	}
	ways := tree.Ways(known)
	if len(ways) == 0 {
		return nil, errors.New("config.yml sends it nowhere")
	}
	a.group = group{Options: ways[0].Route.Options, labels: template.KV{}}
	for _, name := range a.group.GroupBy {
		a.group.labels[name] = a.labels[name]
	}
	return a, nil
}

// label gives an alert the labels that its expression has for the simulated service, and those of its rule.
func (a *alarm) label(p *chain.Prometheus) error {
	i := slices.IndexFunc(p.Records, func(r chain.Record) bool { return r.Metric == a.threshold.metric })
	if i < 0 {
		return fmt.Errorf("no rule records %s", a.threshold.metric)
	}
	known, err := promql.Labels(p.Records[i].Expr, nil)
	if err != nil {
		return err
	}
	for name, value := range map[string]string{"namespace": demoRef().Namespace, "deployment": demoRef().Name} {
		if !known.Get(name).MayBe(value) {
			return fmt.Errorf("%s has no label %s", a.threshold.metric, name)
		}
		a.labels[name] = value
	}
	for _, l := range a.rule.Labels {
		a.labels[l.Name] = l.Value
	}
	return nil
}

// text writes labels as a selector does, the name of the alert before them.
func text(labels template.KV) string {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		if name != "alertname" {
			pairs = append(pairs, fmt.Sprintf("%s=%q", name, labels[name]))
		}
	}
	return labels["alertname"] + "{" + strings.Join(pairs, ", ") + "}"
}
