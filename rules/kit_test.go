package rules

import (
	"fmt"
	"time"

	"alertscale/rules/yamldoc"

	"github.com/stretchr/testify/require"
)

// epoch is when every timeline begins.
var epoch = time.Date(2026, time.March, 2, 12, 0, 0, 0, time.UTC)

// tester is what *testing.T and *rapid.T have in common.
type tester interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	FailNow()
}

// web is a file's beginning: one target with the defaults, but bounds 2 and 20.
const web = `
targets:
  web: {driver: sim, name: web, min: 2, max: 20}
rules:
`

// rule gives the line of a rule for the alerts of a name.
func rule(name, alert, rest string) string {
	return fmt.Sprintf("  - {name: %s, matchers: ['alertname=%q'], target: web, %s}\n", name, alert, rest)
}

// parseSet reads a file's targets and rules. alert_ttl and dry_run stand beside them.
func parseSet(text string) (*Set, error) {
	return parseSetOf(text, map[string]RefSchema{"sim": {}, "kubernetes": {Kind: true, Namespace: true, Path: true}})
}

// parseSetOf reads a file for drivers.
func parseSetOf(text string, drivers map[string]RefSchema) (*Set, error) {
	set, _, doc := readSetOf(text, drivers)
	return set, doc.Err()
}

// readSetOf is parseSetOf that also returns what the set was read from; nil where the text is no YAML.
func readSetOf(text string, drivers map[string]RefSchema) (*Set, SetOptions, *yamldoc.Doc) {
	doc, root := yamldoc.Parse("test.yml", []byte(text))
	src := SetOptions{AlertTTL: DefaultAlertTTL, Root: root, Drivers: drivers}
	if doc.Err() != nil {
		return nil, src, doc
	}
	root.Fields([]yamldoc.Field{
		{Key: "targets", Read: func(n yamldoc.Node) { src.Targets = &n }},
		{Key: "rules", Read: func(n yamldoc.Node) { src.Rules = &n }},
		{Key: "time_intervals", Read: func(n yamldoc.Node) { src.TimeIntervals = &n }},
		{Key: "alert_ttl", Read: func(n yamldoc.Node) { src.AlertTTL = n.Duration() }},
		{Key: "dry_run", Read: func(n yamldoc.Node) { src.DryRun = n.Bool() }},
		{Key: "senders", Read: func(n yamldoc.Node) { src.Senders = readScopes(n) }},
		{Key: "hooks", Read: func(n yamldoc.Node) { src.Hooks = readScopes(n) }},
		{Key: "look_up_after", Read: func(n yamldoc.Node) { src.LookupAfter = n.Duration() }},
	})
	return NewSet(src), src, doc
}

// readScopes reads what senders or hooks may touch: of none, all.
func readScopes(n yamldoc.Node) map[string]Scope {
	all := map[string]Scope{}
	n.Each(func(name string, v yamldoc.Node) {
		if all[name] = nil; !v.IsNull() {
			all[name] = ReadScope(v)
		}
	})
	return all
}

func newSet(t tester, text string) *Set {
	t.Helper()
	set, err := parseSet(text)
	require.NoError(t, err)
	return set
}

// spoken is an alert as a notification tells of it.
type spoken struct{ Alert }

func (s *spoken) add(e *Event) {
	a := s.Alert
	a.Fingerprint = fmt.Sprint(s.Labels)
	e.Alerts = append(e.Alerts, a)
}

// firing is an alert that has fired since the beginning of the timeline.
func firing(name string) *spoken {
	return &spoken{Alert{Labels: Labels{{"alertname", name}}, StartsAt: epoch}}
}

// with adds a label.
func (s *spoken) with(name, value string) *spoken {
	s.Labels = append(s.Labels, Label{name, value})
	return s
}

// busyOf is an alert about a Deployment.
func busyOf(namespace, deployment string) *spoken {
	return firing("Busy").with("namespace", namespace).with("deployment", deployment)
}

// anyTarget is the beginning of a file with a templated target.
const anyTarget = `
targets:
  any: {driver: kubernetes, kind: Deployment, namespace: '{{ .Labels.namespace }}', name: '{{ .Labels.deployment }}', max: 10}
`

// fixedAndAny is a file with a fixed target, and a templated one that renders its ref.
const fixedAndAny = anyTarget + `
  web: {driver: kubernetes, kind: Deployment, namespace: shop, name: web, max: 4}
rules:
  - {name: busy, matchers: [alertname=Busy], target: any, up: 5}
  - {name: web busy, matchers: [alertname=Busy, deployment=web], target: web, up: 1}
`
