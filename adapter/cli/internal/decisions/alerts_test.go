package decisions

import (
	"fmt"
	"strings"
	"testing"

	"alertscale/rules"
	"alertscale/rules/engine"

	"github.com/stretchr/testify/require"
)

// TestReasons: the alerts stand below the why, each in a line that is no longer than one of why.
func TestReasons(t *testing.T) {
	named := func(fingerprint string, pairs ...string) engine.NamedAlert {
		n := engine.NamedAlert{Fingerprint: fingerprint}
		for i := 0; i < len(pairs); i += 2 {
			n.Labels = append(n.Labels, rules.Label{Name: pairs[i], Value: pairs[i+1]})
		}
		return n
	}
	var long []string
	for i := range 100 {
		long = append(long, fmt.Sprintf("label_%02d", i), strings.Repeat("x", 50))
	}
	d := engine.Decision{Why: []string{"9 alerts fire", "up 2: 3 → 5"}}
	require.Equal(t, d.Why, Reasons(&d))
	d.Cause = engine.Cause{More: 4, Alerts: []engine.NamedAlert{
		named("01", "alertname", "WebBusy", "instance", "a", "job", "web"), named("02", "alertname", "WebBusy", "instance", "b", "job", "web"),
		named("03", "alertname", "WebBusy", "job", "web"), named("04", "alertname", "WebBusy", "instance", "a", "job", "web"),
		named(strings.Repeat("f", 2000), long...),
	}}
	got := Reasons(&d)
	require.Equal(t, []string{
		"9 alerts fire", "up 2: 3 → 5",
		`for {alertname="WebBusy", instance="a", job="web"} fingerprint=01`,
		`and {instance="b"} fingerprint=02`,
		`and {alertname="WebBusy", job="web"} fingerprint=03`,
		`and {alertname="WebBusy", instance="a", job="web"} fingerprint=04`,
	}, got[:6])
	require.Len(t, got, 8)
	require.True(t, strings.HasPrefix(got[6], `and {label_00="xxx`), got[6])
	require.LessOrEqual(t, len(got[6]), 1024)
	require.Equal(t, "and 4 more", got[7])
	require.Equal(t, []string{"9 alerts fire", "up 2: 3 → 5"}, d.Why, "the decision stays as it is")
}
