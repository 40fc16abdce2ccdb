package backtest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"alertscale/rules"
	"alertscale/rules/possible"
	"alertscale/rules/routing"
	"alertscale/rules/yamldoc"

	"github.com/prometheus/alertmanager/pkg/labels"
	"github.com/stretchr/testify/require"
)

var epoch = time.Date(2026, time.March, 2, 12, 0, 0, 0, time.UTC)

func at(text string) time.Time {
	d, err := time.ParseDuration(text)
	if err != nil {
		panic(err)
	}
	return epoch.Add(d)
}

// span is a span of an alert with a name and further labels: Busy app=web 0s 10m; without an end it goes on.
func span(text string) Span {
	fields := strings.Fields(text)
	s := Span{Labels: rules.Labels{{Name: "alertname", Value: fields[0]}}}
	for _, f := range fields[1:] {
		name, value, isLabel := strings.Cut(f, "=")
		switch {
		case isLabel:
			s.Labels = append(s.Labels, rules.Label{Name: name, Value: value})
		case s.Start.IsZero():
			s.Start = at(f)
			s.Comes = later(s.Start, epoch)
		default:
			s.End = at(f)
		}
	}
	return s
}

// route is a route with Alertmanager's defaults, matchers such as app=web, and routes below.
func route(receiver, matcher string, change func(*routing.Route), below ...*routing.Route) *routing.Route {
	r := &routing.Route{Options: routing.Defaults(yamldoc.Place{}), Routes: below}
	r.Receiver, r.GroupBy = receiver, []string{"alertname"}
	if name, value, ok := strings.Cut(matcher, "="); ok {
		m, err := possible.NewMatcher(labels.MatchEqual, name, value)
		if err != nil {
			panic(err)
		}
		r.Matchers = append(r.Matchers, m)
	}
	if change != nil {
		change(r)
	}
	return r
}

// names are the alerts of a notification.
func names(e *rules.Event, resolved bool) string {
	var all []string
	for i := range e.Alerts {
		if a := &e.Alerts[i]; a.Resolved == resolved {
			text := a.Labels.Get("alertname") + a.Labels.Get("app")
			if resolved {
				text += "@" + a.EndsAt.Sub(epoch).String()
			} else if !a.EndsAt.IsZero() {
				text += "!"
			}
			all = append(all, text)
		}
	}
	return strings.Join(all, " ")
}

// told are the notifications that are made until a day after, each as its time, its receiver, what fires and what is over.
func told(root *routing.Route, senders map[string][]Sender, spans ...string) (texts []string) {
	var all []Span
	for _, text := range spans {
		all = append(all, span(text))
	}
	result := Notify(all, Options{Tree: &routing.Tree{Root: root}, Senders: senders, Until: epoch.Add(24 * time.Hour)})
	for _, n := range result.Notifications {
		text := fmt.Sprintf("%s %s: %s", n.At.Sub(epoch), n.Event.Receiver, names(n.Event, false))
		if over := names(n.Event, true); over != "" {
			text += " / " + over
		}
		if n.Event.Truncated > 0 {
			text += fmt.Sprintf(" and %d more", n.Event.Truncated)
		}
		texts = append(texts, strings.ReplaceAll(text, ":  /", ": /"))
	}
	return texts
}

var ours = map[string][]Sender{"ours": {{SendResolved: true}}}

func TestNotify(t *testing.T) {
	quick := func(r *routing.Route) {
		r.GroupWait, r.GroupInterval, r.RepeatInterval = 10*time.Second, time.Minute, time.Hour
	}
	once := func(r *routing.Route) { quick(r); r.RepeatInterval = 48 * time.Hour }
	all := func(r *routing.Route) { once(r); r.GroupBy, r.GroupByAll = nil, true }
	goOn := func(r *routing.Route) { once(r); r.Continue = true }
	for name, c := range map[string]struct {
		root    *routing.Route
		senders map[string][]Sender
		spans   []string
		want    []string
	}{
		"group_wait, group_interval and repeat_interval, as Alertmanager has them": {
			root: route("ours", "", nil), spans: []string{"A 0s 9h1m"},
			want: []string{"30s ours: A", "4h5m30s ours: A", "8h10m30s ours: A", "9h5m30s ours: / A@9h1m0s"},
		},
		"what comes while a group waits goes with it, what comes later with the next look": {
			root: route("ours", "", once), spans: []string{"A app=1 0s", "A app=2 10s", "A app=3 11s", "A app=4 3m5s"},
			want: []string{"10s ours: A1 A2", "1m10s ours: A1 A2 A3", "3m10s ours: A1 A2 A3 A4"},
		},
		"of what is over before its group was told of nothing is told": {
			root: route("ours", "", quick), spans: []string{"A 0s 10s", "A 30s 39s"},
		},
		"what is over is told once, and then forgotten": {
			root: route("ours", "", quick), spans: []string{"A app=1 0s 20s", "A app=2 0s 5m"},
			want: []string{"10s ours: A1 A2", "1m10s ours: A2 / A1@20s", "5m10s ours: / A2@5m0s"},
		},
		"what came and went between two looks is told of with the others": {
			root: route("ours", "", once), spans: []string{"A app=1 0s", "A app=2 20s 30s"},
			want: []string{"10s ours: A1", "1m10s ours: A1 / A2@30s"},
		},
		"what fires again before it was told to be over goes on": {
			root: route("ours", "", quick), spans: []string{"A 0s 20s", "A 50s 2m"},
			want: []string{"10s ours: A", "2m10s ours: / A@2m0s"},
		},
		"a group that is over waits as the first one did": {
			root: route("ours", "", quick), spans: []string{"A 0s 1m", "A 1m20s 3m"},
			want: []string{"10s ours: A", "1m10s ours: / A@1m0s", "1m30s ours: A", "3m30s ours: / A@3m0s"},
		},
		"groups have times of their own": {
			root: route("ours", "", once), spans: []string{"A 0s 2m", "B 5s 2m"},
			want: []string{"10s ours: A", "15s ours: B", "2m10s ours: / A@2m0s", "2m15s ours: / B@2m0s"},
		},
		"each alert is a group": {
			root: route("ours", "", all), spans: []string{"A app=1 0s", "A app=2 1s"},
			want: []string{"10s ours: A1", "11s ours: A2"},
		},
		"what fired a while before does not wait": {
			root: route("ours", "", once), spans: []string{"A -10m", "B -10s"},
			want: []string{"0s ours: A", "10s ours: B"},
		},
		"routes, and what they say": {
			root:  route("others", "", quick, route("ours", "app=1", once), route("ours", "", all)),
			spans: []string{"A app=1 0s", "A app=2 0s", "B app=2 0s"},
			want:  []string{"10s ours: A1", "10s ours: A2", "10s ours: B2"},
		},
		"routes that continue": {
			root:    route("others", "", quick, route("ours", "app=1", goOn), route("ours2", "app=1", quick), route("ours", "app=1", once)),
			senders: map[string][]Sender{"ours": {{}}, "ours2": {{SendResolved: true}}},
			spans:   []string{"A app=1 0s 1m", "A app=2 0s"},
			want:    []string{"10s ours: A1", "10s ours2: A1", "1m10s ours2: / A1@1m0s"},
		},
		"send_resolved: false": {
			root: route("ours", "", once), senders: map[string][]Sender{"ours": {{}}}, spans: []string{"A app=1 0s 20s", "A app=2 0s 2m", "A app=2 5m"},
			want: []string{"10s ours: A1 A2", "5m10s ours: A2"},
		},
		"what was told just repeat_interval ago is not repeated": {
			root: route("ours", "", quick), senders: map[string][]Sender{"ours": {{}}}, spans: []string{"A app=1 0s 59m30s", "A app=2 0s 61m30s"},
			want: []string{"10s ours: A1 A2", "1h1m10s ours: A2"},
		},
		"max_alerts": {
			root: route("ours", "", once), senders: map[string][]Sender{"ours": {{MaxAlerts: 1}}}, spans: []string{"A app=1 0s", "A app=2 0s"},
			want: []string{"10s ours: A1 and 1 more"},
		},
		"two webhooks of a receiver": {
			root: route("ours", "", once), senders: map[string][]Sender{"ours": {{SendResolved: true}, {}}}, spans: []string{"A 0s 1m"},
			want: []string{"10s ours: A", "10s ours: A", "1m10s ours: / A@1m0s"},
		},
		"by job and instance": {
			root: route("ours", "", once), spans: []string{"A app=1 0s", "A app=2 job=b 0s", "A app=3 job=a instance=2 0s", "A app=4 job=a instance=1 0s"},
			want: []string{"10s ours: A4 A3 A2 A1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if c.senders == nil {
				c.senders = ours
			}
			require.Equal(t, c.want, told(c.root, c.senders, c.spans...))
		})
	}
}

// TestALongRepeatInterval: Alertmanager forgets after five days what it told.
func TestALongRepeatInterval(t *testing.T) {
	root := route("ours", "", func(r *routing.Route) { r.RepeatInterval = 240 * time.Hour })
	spans := []Span{span("A 0s")}
	all := Notify(spans, Options{Tree: &routing.Tree{Root: root}, Senders: ours, Until: epoch.Add(150 * time.Hour)})
	require.Len(t, all.Notifications, 2)
	require.Equal(t, "120h5m30s", all.Notifications[1].At.Sub(epoch).String())
}

// TestEvent: a notification says what Alertmanager's payload does; what is wanted is of one that it posted.
func TestEvent(t *testing.T) {
	root := route("others", "", func(r *routing.Route) { r.GroupBy = []string{"alertname", "namespace"} }, route("ours", "severity=warning", nil))
	root.Routes[0].GroupBy = root.GroupBy
	spans := []Span{
		span("HighCPU deployment=web namespace=shop pod=web-1 severity=warning 0s"),
		span("HighCPU deployment=cart namespace=shop pod=cart-1 severity=warning 1s"),
		span("HighCPU deployment=cart severity=critical 1s"),
	}
	all := Notify(spans, Options{Tree: &routing.Tree{Root: root}, Senders: ours, Until: epoch.Add(time.Minute)})
	require.Equal(t, 2, all.Taken)
	require.Len(t, all.Notifications, 1)
	e := all.Notifications[0].Event
	require.Equal(t, `{}/{severity="warning"}:{alertname="HighCPU", namespace="shop"}`, e.GroupKey)
	require.Equal(t, rules.Labels{{Name: "alertname", Value: "HighCPU"}, {Name: "namespace", Value: "shop"}}, e.GroupLabels)
	require.Equal(t, `{alertname="HighCPU", namespace="shop", severity="warning"}`, e.CommonLabels.String())
	require.Equal(t, "2277d70e6d77570e", e.Alerts[0].Fingerprint)
	require.Equal(t, rules.Alert{Fingerprint: "0f922923fccbbcce", Labels: spans[0].Labels, StartsAt: epoch}, e.Alerts[1])
}

// BenchmarkAMonth is a month of 100 alerts, each of which fires 12 times a day for an hour, and of one that fires all the time.
func BenchmarkAMonth(b *testing.B) {
	spans := []Span{span("Watchdog 0s")}
	for hour := range 30 * 24 / 2 {
		for i := range 100 {
			spans = append(spans, span(fmt.Sprintf("A app=%d %dm %dm", i, hour*120+i, hour*120+60+i)))
		}
	}
	root := route("ours", "", func(r *routing.Route) { r.GroupBy, r.GroupInterval = []string{"app"}, time.Second })
	for b.Loop() {
		result := Notify(spans, Options{Tree: &routing.Tree{Root: root}, Senders: ours, Until: epoch.Add(30 * 24 * time.Hour)})
		require.Greater(b, len(result.Notifications), 70_000)
	}
}
