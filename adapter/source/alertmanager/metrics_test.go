package alertmanager

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
)

func TestMetrics(t *testing.T) {
	f := newFake(t, in("active", busy), in("suppressed", set("alertname", "Idle")))
	a := newAsker(t, "", Options{}, f)
	a.ask(t, busy, set("alertname", "Idle"), set("alertname", "None"), set("hook", "h"))
	require.NoError(t, testutil.GatherAndCompare(a.reg, strings.NewReader(`
# HELP alertscale_alertmanager_lookups_total Alerts that were looked up at Alertmanager, by what came of it: firing, gone, or unknown where none answered.
# TYPE alertscale_alertmanager_lookups_total counter
alertscale_alertmanager_lookups_total{outcome="firing"} 1
alertscale_alertmanager_lookups_total{outcome="gone"} 2
alertscale_alertmanager_lookups_total{outcome="unknown"} 1
`)))
	reg := prometheus.NewRegistry()
	NewMetrics(reg)
	problems, err := testutil.GatherAndLint(reg)
	require.NoError(t, err)
	require.Empty(t, problems)
	series, err := testutil.GatherAndCount(reg)
	require.NoError(t, err)
	require.Equal(t, 3, series, "they are there from the start")
}
