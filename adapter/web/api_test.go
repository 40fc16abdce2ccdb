package web

import (
	"encoding/json"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/adapter/sink/history"
	"alertscale/rules"
	"alertscale/rules/engine"
)

// TestAPIData checks the data of each path, empty lists among them, byte by byte.
func TestAPIData(t *testing.T) {
	at := time.Date(2026, 11, 20, 5, 24, 45, 500e6, time.UTC)
	full := &fakeCore{
		targets: []controller.TargetStatus{
			{Ref: "k:D/a/b", Target: "t", Min: 1, Max: 9},
			{
				Ref: "k:D/a/c", Target: "t", Count: ptr(0), Min: 1, Max: 9, Ready: ptr(true), LastChange: &at, Paused: true,
				Cooldown: controller.CooldownStatus{Up: &at}, Active: []controller.ActiveRule{{Rule: "r", Since: at, Alerts: 2}},
			},
		},
		rules: []controller.RuleStatus{{Name: "r", Matchers: []string{`a="<b>"`}, Target: "t", Action: "up: 2", When: "firing"}},
		logged: []controller.DecisionRecord{{At: at, Since: at, Receiver: "r", Group: "g", More: 2, Alerts: []engine.NamedAlert{
			{Labels: rules.Labels{{Name: "b", Value: "<"}, {Name: "a", Value: "b"}}, Fingerprint: "00112233445566aa", StartsAt: at},
		}, Decision: engine.Decision{
			Ref: "k:D/a/b", Target: "t", Rule: "r", Verdict: engine.Scaled, From: ptr(1), To: ptr(2),
		}}},
		config: "targets: {}\n",
	}
	tests := []struct {
		core       *fakeCore
		path, data string
	}{
		{&fakeCore{}, "/api/v1/targets", `[]`},
		{&fakeCore{}, "/api/v1/rules", `[]`},
		{&fakeCore{}, "/api/v1/decisions", `[]`},
		{&fakeCore{}, "/api/v1/status/config", `{"yaml":""}`},
		{full, "/api/v1/targets", `[{"ref":"k:D/a/b","target":"t","count":null,"min":1,"max":9,"ready":null,"last_change":null,` +
			`"cooldown":{"up":null,"down":null},"active":[],"paused":false},` +
			`{"ref":"k:D/a/c","target":"t","count":0,"min":1,"max":9,"ready":true,"last_change":"2026-11-20T05:24:45.5Z",` +
			`"cooldown":{"up":"2026-11-20T05:24:45.5Z","down":null},` +
			`"active":[{"rule":"r","since":"2026-11-20T05:24:45.5Z","alerts":2}],"paused":true}]`},
		{full, "/api/v1/rules", `[{"name":"r","matchers":["a=\"<b>\""],"target":"t","action":"up: 2","when":"firing",` +
			`"dry_run":false,"active":[]}]`},
		{full, "/api/v1/decisions", `[{"at":"2026-11-20T05:24:45.5Z","ref":"k:D/a/b","target":"t","rule":"r",` +
			`"verdict":"scaled","from":1,"to":2,"why":[],"alerts":[{"labels":{"a":"b","b":"<"},"fingerprint":"00112233445566aa","startsAt":"2026-11-20T05:24:45.5Z"}],` +
			`"more_alerts":2,"receiver":"r","group":"g"}]`},
		{full, "/api/v1/status/config", `{"yaml":"targets: {}\n"}`},
		{&fakeCore{ruleFiles: map[string]string{"rules/a.yml": "rules: []\n"}}, "/api/v1/status/config", `{"yaml":"","rule_files":{"rules/a.yml":"rules: []\n"}}`},
	}
	for _, test := range tests {
		r, body := newSite(test.core).ask("GET", test.path, "")
		require.Equal(t, "application/json", r.Header.Get("Content-Type"))
		require.Equal(t, `{"status":"success","data":`+test.data+`}`, body, test.path)
	}
}

func TestBuildInfo(t *testing.T) {
	_, body := newSite(&fakeCore{}).ask("GET", "/api/v1/status/buildinfo", "")
	var got struct{ Data map[string]string }
	require.NoError(t, json.Unmarshal([]byte(body), &got))
	for _, key := range []string{"version", "revision", "branch", "buildUser", "buildDate", "goVersion"} {
		require.Contains(t, got.Data, key)
	}
	require.Contains(t, got.Data["goVersion"], "go1.")
}

func TestDecisionsQuery(t *testing.T) {
	then := time.Date(2026, 11, 20, 5, 24, 45, 0, time.UTC)
	now := then.Add(time.Hour)
	tests := []struct {
		query string
		want  history.Query
	}{
		{"", history.Query{Limit: DefaultDecisions}},
		{"ref=k:D/a/b&rule=web+is+busy&verdict=scaled", history.Query{Ref: "k:D/a/b", Rule: "web is busy", Verdict: "scaled", Limit: DefaultDecisions}},
		{"limit=5&since=2026-11-20T05:24:45Z", history.Query{Limit: 5, Since: then}},
		{"since=2026-11-20T07:24:45%2B02:00", history.Query{Since: then, Limit: DefaultDecisions}},
		{"since=1795152285", history.Query{Since: then, Limit: DefaultDecisions}},
		{"since=1795152285.250", history.Query{Since: then.Add(250 * time.Millisecond), Limit: DefaultDecisions}},
		{"limit=0&since=", history.Query{}},
		{"since=5m", history.Query{Since: now.Add(-5 * time.Minute), Limit: DefaultDecisions}},
		{"since=1d12h", history.Query{Since: now.Add(-36 * time.Hour), Limit: DefaultDecisions}},
		{"since=0s", history.Query{Since: now, Limit: DefaultDecisions}},
		{"since=0", history.Query{Since: time.Unix(0, 0), Limit: DefaultDecisions}},
		{"verdict=&limit=2", history.Query{Limit: 2}},
	}
	for _, test := range tests {
		core := &fakeCore{}
		r, body := newSite(core, func(o *Options) { o.Now = func() time.Time { return now } }).ask("GET", "/api/v1/decisions?"+test.query, "")
		require.Equal(t, 200, r.StatusCode, body)
		require.True(t, test.want.Since.Equal(core.asked.Since), test.query)
		core.asked.Since = test.want.Since
		require.Equal(t, test.want, core.asked, test.query)
	}
	for query, parameter := range map[string]string{
		"since=yesterday": "since", "since=NaN": "since", "since=1e300": "since", "since=-Inf": "since",
		"since=-5m": "since", "since=5min": "since", "since=999999y": "since",
		"limit=-1": "limit", "limit=1.5": "limit", "limit=many": "limit", "limit=99999999999": "limit",
	} {
		r, body := newSite(&fakeCore{}).ask("GET", "/api/v1/decisions?"+query, "")
		require.Equal(t, 400, r.StatusCode, query)
		require.Contains(t, body, `"errorType":"bad_data"`)
		require.Contains(t, body, `invalid parameter \"`+parameter+`\"`)
		require.Contains(t, body, query[len(parameter)+1:])
	}
	for _, v := range engine.Verdicts() {
		core := &fakeCore{}
		r, _ := newSite(core).ask("GET", "/api/v1/decisions?verdict="+string(v), "")
		require.Equal(t, 200, r.StatusCode, v)
		require.Equal(t, string(v), core.asked.Verdict)
	}
	_, body := newSite(&fakeCore{}).ask("GET", "/api/v1/decisions?verdict=scalled", "")
	require.JSONEq(t, `{"status":"error","errorType":"bad_data","error":"invalid parameter \"verdict\": \"scalled\" is none of scaled, dry_run, `+
		`duplicate, cooldown, at_bound, held, paused, stabilizing, limited, reverted, muted, not_ready, disabled, owned, resolved, failed, rejected, upgraded, `+
		`did you mean \"scaled\"?"}`, body)
	r, _ := newSite(&fakeCore{}).ask("GET", "/api/v1/decisions?"+url.PathEscape("ref=%zz"), "")
	require.Equal(t, 200, r.StatusCode)
	r, _ = newSite(&fakeCore{}).ask("GET", "/api/v1/decisions?ref=%zz", "")
	require.Equal(t, 400, r.StatusCode)
}
