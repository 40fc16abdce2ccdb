package log

import (
	"strings"
	"testing"

	"github.com/go-kit/log"
	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
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
	var text strings.Builder
	s := New(log.NewLogfmtLogger(&text))
	for _, d := range []controller.DecisionRecord{
		{Decision: scaled, Alerts: []string{`{alertname="Busy"}`, `{alertname="Full"}`}}, {Decision: failed}, {Decision: rejected}, {Decision: duplicate},
	} {
		s.Record(d)
	}
	require.Equal(t, strings.Join([]string{
		`level=info msg=decision ref=k:D/shop/web target=web rule="web is busy" verdict=scaled from=3 to=5 why="alert fires; up 2: 3 → 5" ` +
			`alerts="{alertname=\"Busy\"} {alertname=\"Full\"}"`,
		`level=warn msg=decision ref=k:D/shop/web target=web rule=r verdict=failed from=unknown to=unknown why="observe: refused"`,
		`level=warn msg=decision ref= target=any rule=r verdict=rejected from=unknown to=unknown why=`,
	}, "\n")+"\n", text.String())
}
