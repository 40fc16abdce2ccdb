package chain

import (
	"regexp"
	"strings"
	"testing"

	"alertscale/rules"
	"alertscale/rules/possible"

	"github.com/stretchr/testify/require"
)

// known writes what is known of labels: a=x|y, b (any value), and … where others may be there, too.
func known(l possible.Labels) string {
	var all []string
	for _, name := range l.Names() {
		text := name
		if values := l.Get(name).Values(); values != nil {
			text += "=" + strings.Join(values, "|")
		}
		all = append(all, text)
	}
	if !l.Closed() {
		all = append(all, "…")
	}
	return strings.Join(all, " ")
}

func TestLabeler(t *testing.T) {
	records := []Record{
		{Metric: "job:load", Expr: `sum by (job) (load)`, Labels: rules.Labels{{Name: "unit", Value: "cores"}}},
		{Metric: "job:load", Expr: `sum by (job) (load_old)`, Labels: rules.Labels{{Name: "unit", Value: "shares"}}},
		{Metric: "twice:load", Expr: `job:load{unit="cores"} * 2`},
		{Metric: "own:load", Expr: `own:load offset 1m + 1`},
	}
	for name, c := range map[string]struct {
		alert Alert
		from  Prometheus
		want  string
	}{
		"of its own":         {Alert{Name: "A", Expr: "vector(1)", Labels: rules.Labels{{Name: "severity", Value: "info"}, {Name: "no", Value: ""}}}, Prometheus{}, "alertname=A severity=info"},
		"of a template":      {Alert{Name: "A", Expr: `sum by (pod) (x{pod="p"})`, Labels: rules.Labels{{Name: "p", Value: "{{ $labels.pod }}"}, {Name: "q", Value: "{{ $value }}"}}}, Prometheus{}, "alertname=A p=p pod=p q"},
		"its name":           {Alert{Name: "A", Expr: "vector(1)", Labels: rules.Labels{{Name: "alertname", Value: "B"}}}, Prometheus{}, "alertname=A"},
		"recorded":           {Alert{Name: "A", Expr: "job:load > 1"}, Prometheus{}, "alertname=A job unit=cores|shares"},
		"recorded twice":     {Alert{Name: "A", Expr: "twice:load > 1"}, Prometheus{}, "alertname=A job unit=cores"},
		"recorded of itself": {Alert{Name: "A", Expr: "own:load > 1"}, Prometheus{}, "alertname=A …"},
		"cannot be read":     {Alert{Name: "A", Expr: "sum by (a (x)"}, Prometheus{}, "alertname=A …"},
		"external": {
			Alert{Name: "A", Expr: `sum by (b) (x{b=~"y|"})`, Labels: rules.Labels{{Name: "c", Value: "mine"}}},
			Prometheus{External: rules.Labels{{Name: "a", Value: "1"}, {Name: "b", Value: "2"}, {Name: "c", Value: "3"}}},
			"a=1 alertname=A b=2|y c=mine",
		},
		"relabeled": {
			Alert{Name: "A", Expr: `sum by (a, b, c) (x)`},
			Prometheus{Relabel: []Relabel{
				{Action: "drop", Regex: regexp.MustCompile("^x$")}, {Action: "labeldrop", Regex: regexp.MustCompile("^(a|d)$")}, {Target: "e"},
			}},
			"alertname=A b c e",
		},
		"kept":   {Alert{Name: "A", Expr: `sum by (a, b) (x)`}, Prometheus{Relabel: []Relabel{{Action: "labelkeep", Regex: regexp.MustCompile("^(alertname|b)$")}}}, "alertname=A b"},
		"mapped": {Alert{Name: "A", Expr: `sum by (a, b) (x)`}, Prometheus{Relabel: []Relabel{{Action: "labelmap"}}}, "…"},
		"of a manifest": {
			Alert{Name: "A", Expr: `sum(x)`, Manifest: &Manifest{Namespace: "shop"}}, Prometheus{}, "alertname=A namespace=|shop prometheus prometheus_replica",
		},
		"of a manifest without a namespace": {Alert{Name: "A", Expr: `sum(x)`, Manifest: &Manifest{}}, Prometheus{}, "alertname=A namespace prometheus prometheus_replica"},
		"of a manifest with its own":        {Alert{Name: "A", Expr: `sum by (namespace) (x{namespace="n"})`, Manifest: &Manifest{Namespace: "shop"}}, Prometheus{}, "alertname=A namespace=n prometheus prometheus_replica"},
	} {
		c.from.Records = records
		require.Equal(t, c.want, known(newLabeler(&c.from).alert(&c.alert)), name)
	}
}
