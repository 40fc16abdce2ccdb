package engine

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"alertscale/rules"
	"alertscale/rules/yamldoc"

	"github.com/stretchr/testify/require"
)

// epoch is when every timeline begins.
var epoch = time.Date(2026, time.March, 2, 12, 0, 0, 0, time.UTC)

// at gives the time of a timeline: at("4m30s").
func at(s string) time.Time {
	d, err := time.ParseDuration(s)
	if err != nil {
		panic(err)
	}
	return epoch.Add(d)
}

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

// busyIdle is the file of most tests.
var busyIdle = web + rule("busy", "Busy", "up: 2") + rule("idle", "Idle", "down: 1")

// parseSet reads a file's targets and rules. alert_ttl, dry_run, and connections and clusters, of drivers that are like
// kubernetes, are beside them. Alerts may choose among the clusters.
func parseSet(text string) (*rules.Set, error) {
	doc, root := yamldoc.Parse("test.yml", []byte(text))
	if err := doc.Err(); err != nil {
		return nil, err
	}
	src := rules.SetOptions{
		AlertTTL: rules.DefaultAlertTTL, Root: root,
		Drivers: map[string]rules.RefSchema{"sim": {Bounds: rules.BoundsBy("label")}, "kubernetes": {Kind: true, Namespace: true, Path: true}},
	}
	root.Fields([]yamldoc.Field{
		{Key: "targets", Read: func(n yamldoc.Node) { src.Targets = &n }},
		{Key: "rules", Read: func(n yamldoc.Node) { src.Rules = &n }},
		{Key: "time_intervals", Read: func(n yamldoc.Node) { src.TimeIntervals = &n }},
		{Key: "alert_ttl", Read: func(n yamldoc.Node) { src.AlertTTL = n.Duration() }},
		{Key: "connections", Read: func(n yamldoc.Node) {
			n.Each(func(name string, v yamldoc.Node) {
				src.Drivers[name] = rules.RefSchema{Kind: true, Namespace: true, Connection: v.Text()}
			})
		}},
		{Key: "clusters", Read: func(n yamldoc.Node) {
			n.Items(func(_ int, v yamldoc.Node) {
				src.Drivers[v.Text()] = rules.RefSchema{Kind: true, Namespace: true, FromLabels: true, Connection: "https://" + v.Text()}
			})
		}},
		{Key: "lookup_after", Read: func(n yamldoc.Node) { src.LookupAfter = n.Duration() }},
		{Key: "dry_run", Read: func(n yamldoc.Node) { src.DryRun = n.Bool() }},
		{Key: "senders", Read: func(n yamldoc.Node) { src.Senders = readScopes(n) }},
		{Key: "hooks", Read: func(n yamldoc.Node) { src.Hooks = readScopes(n) }},
	})
	set := rules.NewSet(src)
	return set, doc.Err()
}

// readScopes reads what senders or hooks may touch: of none, all.
func readScopes(n yamldoc.Node) map[string]rules.Scope {
	all := map[string]rules.Scope{}
	n.Each(func(name string, v yamldoc.Node) {
		if all[name] = nil; !v.IsNull() {
			all[name] = rules.ReadScope(v)
		}
	})
	return all
}

func newSet(t tester, text string) *rules.Set {
	t.Helper()
	set, err := parseSet(text)
	require.NoError(t, err)
	return set
}

// label is one of an alert.
func label(name, value string) rules.Label { return rules.Label{Name: name, Value: value} }

// said is one thing that a notification says.
type said interface{ add(e *rules.Event) }

// spoken is an alert as a notification tells of it.
type spoken struct{ rules.Alert }

func (s *spoken) add(e *rules.Event) {
	a := s.Alert
	a.Fingerprint = fmt.Sprint(s.Labels)
	e.Alerts = append(e.Alerts, a)
}

// firing is an alert that has fired since the beginning of the timeline.
func firing(name string) *spoken {
	return &spoken{rules.Alert{Labels: rules.Labels{label("alertname", name)}, StartsAt: epoch}}
}

// resolved is an alert that was resolved at a time.
func resolved(name, end string) *spoken {
	s := firing(name)
	s.Resolved, s.EndsAt = true, at(end)
	return s
}

// since moves an alert's start.
func (s *spoken) since(start string) *spoken { s.StartsAt = at(start); return s }

// with adds a label.
func (s *spoken) with(name, value string) *spoken {
	s.Labels = append(s.Labels, label(name, value))
	return s
}

// note adds an annotation.
func (s *spoken) note(name, value string) *spoken {
	s.Annotations = append(s.Annotations, label(name, value))
	return s
}

type option func(e *rules.Event)

func (o option) add(e *rules.Event) { o(e) }

// in makes a notification one of another group than "g".
func in(key string) said { return option(func(e *rules.Event) { e.GroupKey = key }) }

// receiver makes a notification one to another receiver than "alertscale".
func receiver(name string) said { return option(func(e *rules.Event) { e.Receiver = name }) }

// truncated makes a notification one that leaves out n alerts for length.
func truncated(n int) said { return option(func(e *rules.Event) { e.Truncated = n }) }

// ref is written as in the decisions; tests have refs of the driver sim with a name alone, or of
// kubernetes.
func parseRef(s string) rules.Ref {
	driver, rest, _ := strings.Cut(s, ":")
	parts := strings.Split(rest, "/")
	if len(parts) == 1 {
		return rules.Ref{Driver: driver, Name: rest}
	}
	return rules.Ref{Driver: driver, Kind: parts[0], Namespace: parts[1], Name: parts[2]}
}

// answer is what a notification came to.
type answer struct {
	t    tester
	all  []Decision
	told rules.Match
}

// is checks the first decision.
func (a *answer) is(v Verdict, from, to int) *answer {
	a.t.Helper()
	require.NotEmpty(a.t, a.all)
	d := a.all[0]
	require.Equalf(a.t, v, d.Verdict, "%v", d.Why)
	require.NotNil(a.t, d.From)
	require.NotNil(a.t, d.To)
	require.Equalf(a.t, []int{from, to}, []int{*d.From, *d.To}, "%v", d.Why)
	return a
}

// by checks which rule decided.
func (a *answer) by(rule string) *answer {
	a.t.Helper()
	require.Equal(a.t, rule, a.all[0].Rule)
	return a
}

// because checks a line of why of the first decision.
func (a *answer) because(line string) *answer {
	a.t.Helper()
	require.Contains(a.t, a.all[0].Why, line)
	return a
}

// verdict checks the first decision's verdict alone.
func (a *answer) verdict(v Verdict) *answer {
	a.t.Helper()
	require.NotEmpty(a.t, a.all)
	require.Equalf(a.t, v, a.all[0].Verdict, "%v", a.all[0].Why)
	return a
}

func TestKit(t *testing.T) {
	w := newWorld(t, busyIdle, 3)
	w.post("0s", firing("Busy")).is(Scaled, 3, 5).by("busy").because("up 2: 3 → 5")
	w.post("30s", firing("Busy")).is(Duplicate, 5, 5)
	w.until("10m").has(5)
}
