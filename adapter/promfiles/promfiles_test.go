package promfiles

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"alertscale/rules"
	"alertscale/rules/chain"
	"alertscale/rules/routing"
	"alertscale/rules/yamldoc"

	"github.com/stretchr/testify/require"
)

func source(text string) []Source { return []Source{{"f.yml", []byte(text)}} }

func TestReadRules(t *testing.T) {
	got, err := ReadRules(source(`
groups:
  - name: one
    interval: 1m
    labels: {team: web, severity: none}
    rules:
      - record: job:load
        expr: sum by (job) (load)
      - alert: Busy
        expr: job:load > 5
        for: 2m
        keep_firing_for: 5m
        labels: {severity: 1}
        annotations: {summary: busy, value: '{{ $value }}'}
  - name: empty
    rules:
---
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRuleList
items:
  - apiVersion: monitoring.coreos.com/v1
    kind: PrometheusRule
    metadata: {name: web, namespace: shop}
    spec: {groups: [{name: x, interval: often, rules: [{alert: Idle, expr: 1}]}]}
  - {apiVersion: v1, kind: Secret}
`))
	require.NoError(t, err)
	require.Equal(t, []chain.Record{{Metric: "job:load", Expr: "sum by (job) (load)", Labels: rules.Labels{{Name: "team", Value: "web"}, {Name: "severity", Value: "none"}}}}, got.Records)
	require.Equal(t, []chain.Alert{
		{
			Place: yamldoc.Place{File: "f.yml", Line: 9}, Name: "Busy", Expr: "job:load > 5", For: 2 * time.Minute, KeepFiring: 5 * time.Minute, Interval: time.Minute,
			Labels: rules.Labels{{Name: "severity", Value: "1"}, {Name: "team", Value: "web"}}, Annotations: []string{"summary", "value"},
		},
		{Place: yamldoc.Place{File: "f.yml", Line: 24}, Name: "Idle", Expr: "1", Manifest: &chain.Manifest{Namespace: "shop", Name: "web"}},
	}, got.Alerts)
	require.False(t, got.Configured)
}

// TestReadRules_Configuration: the files that Prometheus's configuration lists are beside it, and each is read once.
func TestReadRules_Configuration(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	file := write("rules/a.conf", "groups: [{name: x, rules: [{alert: A, expr: 1}]}]")
	main := write("prometheus.yml", `
global: {external_labels: {cluster: eu}}
rule_files: [rules/*.conf, none/*.conf]
alerting:
  alert_relabel_configs:
    - {action: labeldrop, regex: replica}
    - {target_label: x}
`)
	sources, err := Sources([]string{main, filepath.Join(dir, "rules/[ab].conf"), main}, nil)
	require.NoError(t, err)
	require.Len(t, sources, 2)
	got, err := ReadRules(sources)
	require.NoError(t, err)
	require.Len(t, got.Alerts, 1)
	require.Equal(t, yamldoc.Place{File: file, Line: 1}, got.Alerts[0].Place)
	require.True(t, got.Configured)
	require.Equal(t, rules.Labels{{Name: "cluster", Value: "eu"}}, got.External)
	require.Len(t, got.Relabel, 2)
	require.True(t, got.Relabel[0].Regex.MatchString("replica"))
	require.False(t, got.Relabel[0].Regex.MatchString("replicas"))
	require.Equal(t, "x", got.Relabel[1].Target)

	for text, want := range map[string]string{
		"rule_files: ['[']": `f.yml:2: rule_files[0]: "[": syntax error in pattern`,
		"rule_files: [{}]":  "f.yml:2: rule_files[0]: is a mapping, want a single value",
		"alerting: {alert_relabel_configs: [{regex: '('}]}": "f.yml:2: alerting: alert_relabel_configs[0]: regex: error parsing regexp: missing closing ): `^(?s:()$`",
	} {
		_, err := ReadRules(source("global: {}\n" + text))
		require.EqualError(t, err, want)
	}
}

func TestReadAlertmanager(t *testing.T) {
	trees, err := ReadAlertmanager(source(`
route:
  receiver: a
  group_by: [x]
  routes:
    - match: {x: '1'}
      match_re: {y: 1|2}
      matchers: [z=1, '{w!~"a",v!=b}', 'u="\d"']
      group_by: ['...']
      group_wait: 5s
      continue: true
      routes:
        - receiver: b
          group_by: []
          repeat_interval: 1d
receivers:
  - name: a
    slack_configs: [{channel: x}]
  - name: b
    webhook_configs:
      - {url: 'http://u:p@x:1/webhook?a=b', send_resolved: false, max_alerts: 3, http_config: {}}
      - {url_file: x}
      - {url: 'http://{{ .Labels.x }}/webhook'}
`))
	require.NoError(t, err)
	require.Len(t, trees, 1)
	root := trees[0].Root
	require.Equal(t, 30*time.Second, root.GroupWait)
	child := root.Routes[0]
	require.True(t, child.Continue && child.GroupByAll)
	require.Equal(t, "a", child.Receiver)
	var matchers []string
	for _, m := range child.Matchers {
		matchers = append(matchers, m.String())
	}
	require.Equal(t, []string{`x="1"`, `y=~"1|2"`, `z="1"`, `w!~"a"`, `v!="b"`, `u="\\d"`}, matchers)
	last := child.Routes[0]
	require.Equal(t, "route: routes[0]: routes[0]", last.Where)
	require.False(t, last.GroupByAll || last.Continue)
	require.Equal(t, [3]time.Duration{5 * time.Second, 5 * time.Minute, 24 * time.Hour}, [3]time.Duration{last.GroupWait, last.GroupInterval, last.RepeatInterval})
	require.Equal(t, 15, last.RepeatPlace.Line)
	require.Empty(t, trees[0].Receivers["a"].Webhooks)
	hooks := trees[0].Receivers["b"].Webhooks
	require.Equal(t, &routing.URL{Host: "x", Port: "1", Path: "/webhook"}, hooks[0].URL)
	require.Equal(t, 3, hooks[0].MaxAlerts)
	require.False(t, hooks[0].SendResolved)
	require.Nil(t, hooks[1].URL)
	require.Nil(t, hooks[2].URL)
	require.True(t, hooks[1].SendResolved)
}

// configOf is an AlertmanagerConfig.
func configOf(namespace, name, route string) string {
	return "---\napiVersion: monitoring.coreos.com/v1beta1\nkind: AlertmanagerConfig\nmetadata: {name: " + name + ", namespace: " + namespace +
		"}\nspec:\n  receivers: [{name: r}]\n" + route
}

// TestReadAlertmanager_Operator: what the operator makes of AlertmanagerConfigs.
func TestReadAlertmanager_Operator(t *testing.T) {
	const route = "  route: {receiver: r, groupWait: 1s, matchers: [{name: a, value: b, matchType: '!='}, {name: c, value: d, regex: true}, {name: e, value: f}]}\n"
	const base = "---\nroute: {receiver: all, group_interval: 7m, routes: [{receiver: all}]}\nreceivers: [{name: all}]\n"
	of := func(spec string) string {
		return "---\napiVersion: monitoring.coreos.com/v1\nkind: Alertmanager\nmetadata: {name: main, namespace: ops}\nspec: " + spec + "\n"
	}
	for text, want := range map[string]string{
		configOf("shop", "b", route) + configOf("shop", "a", route) + configOf("none", "n", ""):                     `null; shop/a/r a!="b" c=~"d" e="f" namespace="shop"; shop/b/r a!="b" c=~"d" e="f" namespace="shop"`,
		base + configOf("shop", "a", "  route: {receiver: r}\n"):                                                    `all; shop/a/r namespace="shop"; all`,
		configOf("", "a", "  route: {receiver: r}\n"):                                                               "null; /a/r",
		of("{alertmanagerConfigMatcherStrategy: {type: None}}") + configOf("shop", "a", "  route: {receiver: r}\n"): "null; shop/a/r",
		of("{alertmanagerConfigMatcherStrategy: {type: OnNamespaceExceptForAlertmanagerNamespace}}") +
			configOf("shop", "a", "  route: {receiver: r}\n") + configOf("ops", "a", "  route: {receiver: r}\n"): `null; ops/a/r; shop/a/r namespace="shop"`,
		of("{alertmanagerConfiguration: {name: a}}") + configOf("ops", "a", "  route: {receiver: r}\n") + configOf("shop", "a", "  route: {receiver: r}\n"): `ops/a/r; shop/a/r namespace="shop"`,
	} {
		trees, err := ReadAlertmanager(source(text))
		require.NoError(t, err, text)
		require.Len(t, trees, 1)
		var all []string
		for _, r := range trees[0].Root.All() {
			line := []string{r.Receiver}
			for _, m := range r.Matchers {
				line = append(line, m.String())
			}
			require.NotNil(t, trees[0].Receivers[r.Receiver])
			all = append(all, strings.Join(line, " "))
		}
		require.Equal(t, want, strings.Join(all, "; "), text)
		for _, r := range trees[0].Root.Routes {
			require.Equal(t, strings.Contains(r.Receiver, "/"), r.Continue)
		}
	}
	trees, err := ReadAlertmanager(source(base + configOf("shop", "a", route)))
	require.NoError(t, err)
	first := trees[0].Root.Routes[0]
	require.Equal(t, []time.Duration{time.Second, 7 * time.Minute}, []time.Duration{first.GroupWait, first.GroupInterval}, "the base is inherited from")
	require.Equal(t, "shop", first.Enforced)

	_, err = ReadAlertmanager(source(configOf("shop", "a", "  route: {receiver: r, matchers: [{name: a, matchType: '~'}], group_by: [a]}\n")))
	require.EqualError(t, err, `f.yml:7: spec: route: matchers[0] "a": matchType: "~" is none of =, !=, =~ and !~`+"\n"+
		`f.yml:7: spec: route: unknown key "group_by", did you mean "groupBy"?`)
}

// TestReadAlertmanager_Endless: a route that is an alias of itself ends in a fault.
func TestReadAlertmanager_Endless(t *testing.T) {
	_, err := ReadAlertmanager(source("receivers: [{name: a}]\nroute:\n  receiver: a\n  routes: &r\n    - routes: *r\n    - routes: *r\n"))
	require.ErrorContains(t, err, "is one route too many: there are 100000, or 100 below each other; is a route an alias of itself?")
	require.Equal(t, 1, strings.Count(err.Error(), "f.yml:"))
	_, err = ReadRules(source("apiVersion: v1\nkind: List\nitems: &a [{apiVersion: v1, kind: List, items: *a}]\n"))
	require.NoError(t, err)
}

func TestForeign(t *testing.T) {
	for text, want := range map[string]string{
		"targets: {}\nrules: []":          "",
		"rules: []":                       "",
		"some: thing":                     "",
		"[1]":                             "",
		"targets: {}\nroute: {}":          "",
		"route: {}":                       "this is Alertmanager's configuration (route, receivers), and not alertscale's (targets, rules); `alertscale check` takes it as --alertmanager-config, beside alertscale's own",
		"groups: []":                      "this is a file of Prometheus's rules (groups), and not alertscale's (targets, rules); `alertscale check` takes it as --rules, beside alertscale's own",
		"global: {}\nrule_files: []":      "this is Prometheus's configuration (scrape_configs, alerting), and not alertscale's (targets, rules); `alertscale check` takes it as --rules, beside alertscale's own",
		"rule_files: []\ntests: []":       "this is a file of tests of Prometheus's rules (tests), which promtool runs, and not alertscale's (targets, rules)",
		"apiVersion: v1\nkind: ConfigMap": "this is a manifest of Kubernetes (kind: ConfigMap), and not alertscale's (targets, rules); want alertscale's own file, as it is before it is put into one",
		"apiVersion: monitoring.coreos.com/v1alpha1\nkind: AlertmanagerConfig": "this is a manifest of Kubernetes (kind: AlertmanagerConfig), and not alertscale's (targets, rules); `alertscale check` takes it as --alertmanager-config, beside alertscale's own",
		"apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule":           "this is a manifest of Kubernetes (kind: PrometheusRule), and not alertscale's (targets, rules); `alertscale check` takes it as --rules, beside alertscale's own",
	} {
		doc, root := yamldoc.Parse("f.yml", []byte(text))
		require.NoError(t, doc.Err())
		require.Equal(t, want, Foreign(root), text)
	}
}

// FuzzRead: whatever files hold, they are read or refused with faults that have lines.
func FuzzRead(f *testing.F) {
	f.Add([]byte("groups: [{rules: [{alert: A, expr: 'a > 1', labels: {b: }}]}]\n---\nroute: {receiver: a, routes: [{matchers: ['a=b']}]}\nreceivers: [{name: a, webhook_configs: [{url: }]}]\n"))
	f.Add([]byte(configOf("a", "b", "  route: {receiver: r, routes: [{}], groupBy: [x]}\n")))
	f.Add([]byte("apiVersion: v1\nkind: List\nitems: [{kind: List, apiVersion: v1, items: 1}, &a [*a]]\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		_, errRules := ReadRules(source(string(text)))
		_, errRoutes := ReadAlertmanager(source(string(text)))
		for _, err := range []error{errRules, errRoutes} {
			if err == nil || strings.HasPrefix(err.Error(), "no file holds") {
				continue
			}
			for line := range strings.SplitSeq(err.Error(), "\n") {
				require.NotEmpty(t, line)
			}
			require.True(t, strings.HasPrefix(err.Error(), "f.yml:"), err.Error())
		}
	})
}
