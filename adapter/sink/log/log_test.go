package log

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/go-kit/log"
	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/rules"
	"alertscale/rules/engine"
)

func TestRecord(t *testing.T) {
	three, five := 3, 5
	scaled := engine.Decision{
		Ref: "k:D/shop/web", Target: "web", Rule: "web is busy", Verdict: engine.Scaled, From: &three, To: &five,
		Why: []string{"alert fires", "up 2: 3 → 5"},
	}
	failed := engine.Decision{Ref: "k:D/shop/web", Target: "web", Rule: "r", Verdict: engine.Failed, Why: []string{"observe: refused"}}
	rejected := engine.Decision{Target: "any", Rule: "r", Verdict: engine.Rejected}
	duplicate := engine.Decision{Ref: "k:D/shop/web", Verdict: engine.Duplicate}
	busy := engine.NamedAlert{
		Labels: rules.Labels{{Name: "alertname", Value: "Busy"}}, Fingerprint: "00112233445566aa", StartsAt: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC),
	}
	var text strings.Builder
	s := New(log.NewLogfmtLogger(&text))
	for _, d := range []controller.DecisionRecord{
		{Decision: scaled, Alerts: []engine.NamedAlert{busy, {Labels: rules.Labels{{Name: "alertname", Value: "Full"}}}}, More: 3, Receiver: "alertscale", Group: "g"}, {Decision: failed}, {Decision: rejected}, {Decision: duplicate},
	} {
		s.Record(d)
	}
	require.Equal(t, strings.Join([]string{
		`level=info msg=decision ref=k:D/shop/web target=web rule="web is busy" verdict=scaled from=3 to=5 why="alert fires; up 2: 3 → 5" ` +
			`alerts="{alertname=\"Busy\"} fingerprint=00112233445566aa startsAt=2026-03-02T12:00:00Z; {alertname=\"Full\"}; and 3 more" receiver=alertscale group=g`,
		`level=warn msg=decision ref=k:D/shop/web target=web rule=r verdict=failed from=null to=null why="observe: refused"`,
		`level=warn msg=decision ref= target=any rule=r verdict=rejected from=null to=null why=`,
	}, "\n")+"\n", text.String())
}

// TestNumbersInJSON checks what a collector of logs gets: counts that it can compare and add up, through the logger
// that the program has.
func TestNumbersInJSON(t *testing.T) {
	zero, five := 0, 5
	var text strings.Builder
	s := New(Safe(log.NewJSONLogger(&text)))
	s.Record(controller.DecisionRecord{Decision: engine.Decision{Ref: "r", Verdict: engine.Scaled, From: &zero, To: &five}})
	s.Record(controller.DecisionRecord{Decision: engine.Decision{Ref: "r", Verdict: engine.Failed}})
	var got []map[string]any
	for line := range strings.Lines(text.String()) {
		var fields map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &fields))
		got = append(got, map[string]any{"verdict": fields["verdict"], "from": fields["from"], "to": fields["to"]})
	}
	require.Equal(t, []map[string]any{
		{"verdict": "scaled", "from": 0.0, "to": 5.0}, {"verdict": "failed", "from": nil, "to": nil},
	}, got)
}
