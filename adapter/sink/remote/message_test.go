package remote

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/rules"
	"alertscale/rules/engine"
)

func text(t *testing.T, body []byte, err error) string {
	t.Helper()
	require.NoError(t, err)
	return string(body)
}

func TestCloudEvent(t *testing.T) {
	d := step("web")
	d.Alerts = []engine.NamedAlert{{Labels: rules.Labels{{Name: "a", Value: "b"}}, Fingerprint: "f", StartsAt: noon}}
	d.Receiver, d.Group = "alertscale", "{}:{}"
	body, err := cloudEvent(&d, "http://box:9098")
	require.Equal(t, `{"specversion":"1.0","id":"`+idOf(t, body)+`","source":"http://box:9098","type":"alertscale.decision.scaled",`+
		`"subject":"simulator:service/web","time":"2026-03-02T12:00:00.25Z","datacontenttype":"application/json",`+
		`"data":{"at":"2026-03-02T12:00:00.25Z","ref":"simulator:service/web","target":"web","rule":"busy","verdict":"scaled","from":3,"to":5,"why":["up 2: 3 → 5"],`+
		`"alerts":[{"labels":{"a":"b"},"fingerprint":"f","startsAt":"2026-03-02T12:00:00.25Z"}],"more_alerts":0,"receiver":"alertscale","group":"{}:{}"}}`,
		text(t, body, err))

	// Nobody has to have made a ref.
	none := decided(engine.Rejected, "")
	none.Ref, none.From, none.To, none.Why = "", nil, nil, []string{"\xff"}
	body, err = cloudEvent(&none, "http://box:9098")
	require.NotContains(t, text(t, body, err), "subject", "which may not be empty")
	require.Contains(t, string(body), `"from":null,"to":null`)
}

// TestCloudEvent_ID: it is the same for all that are told of a decision, and another one of each decision.
func TestCloudEvent_ID(t *testing.T) {
	d := step("web")
	id := func(d controller.DecisionRecord, source string) string {
		body, err := cloudEvent(&d, source)
		require.NoError(t, err)
		return idOf(t, body)
	}
	first := id(d, "http://a")
	require.Len(t, first, 32)
	require.Equal(t, first, id(d.Own(), "http://a"))
	require.NotEqual(t, first, id(d, "http://b"))
	d.At = d.At.Add(time.Nanosecond)
	require.NotEqual(t, first, id(d, "http://a"))
}

func idOf(t *testing.T, body []byte) string {
	t.Helper()
	var e struct{ ID string }
	require.NoError(t, json.Unmarshal(body, &e))
	return e.ID
}

func TestAnnotation(t *testing.T) {
	d := step("web")
	d.Why = append(d.Why, "max <5>")
	d.Alerts = []engine.NamedAlert{{Labels: rules.Labels{{Name: "a", Value: "b"}}}}
	body, err := annotation(&d, "")
	require.JSONEq(t, `{"time":1772452800250,"tags":["alertscale","scaled","target:web","rule:busy","ref:simulator:service/web"],`+
		`"text":"simulator:service/web: 3 → 5 by rule busy<br>up 2: 3 → 5<br>max &lt;5&gt;<br>{a=&#34;b&#34;}"}`, text(t, body, err))

	// What is too long for Grafana is left out, and costs no annotation.
	d.Rule, d.Why, d.Alerts = strings.Repeat("r", 200), []string{"first", strings.Repeat("<", 3000), "last"}, nil
	body, err = annotation(&d, "")
	require.Contains(t, text(t, body, err), `"tags":["alertscale","scaled","target:web","ref:simulator:service/web"]`)
	require.Contains(t, string(body), `<br>first<br>…"`)
}

func TestHeadline(t *testing.T) {
	for _, test := range []struct {
		d    controller.DecisionRecord
		want string
	}{
		{step("web"), "simulator:service/web: 3 → 5 by rule busy"},
		{with(decided(engine.AtBound, "web"), ptr(5), ptr(5)), "simulator:service/web stays 5: at_bound, rule busy"},
		{with(decided(engine.Failed, "web"), nil, nil), "simulator:service/web: failed, rule busy"},
		{decided(engine.Failed, "web"), "simulator:service/web: 3, not 5: failed, rule busy"},
		{decided(engine.DryRun, "web"), "simulator:service/web: 3, not 5: dry_run, rule busy"},
		{controller.DecisionRecord{Decision: engine.Decision{Target: "web", Rule: "busy", Verdict: engine.Rejected}}, "target web: rejected, rule busy"},
		{controller.DecisionRecord{Decision: engine.Decision{Ref: "k:D/a/b", Rule: "new", Verdict: engine.Upgraded, Upgrade: true}}, "k:D/a/b: upgraded, upgrade new"},
		{controller.DecisionRecord{Decision: engine.Decision{Rule: "new", Verdict: engine.Rejected, Upgrade: true}}, "rejected, upgrade new"},
	} {
		require.Equal(t, test.want, headline(&test.d))
	}
}

func with(d controller.DecisionRecord, from, to *int) controller.DecisionRecord {
	d.From, d.To = from, to
	return d
}
