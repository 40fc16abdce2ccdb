package web

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
)

func TestMetricsLint(t *testing.T) {
	reg := prometheus.NewRegistry()
	NewMetrics(reg)
	problems, err := testutil.GatherAndLint(reg)
	require.NoError(t, err)
	require.Empty(t, problems)
}

// TestMetricsAreThereFromTheStart checks that no series appears only with its first event, which a
// rate would miss.
func TestMetricsAreThereFromTheStart(t *testing.T) {
	s := newSite(&fakeCore{})
	require.NoError(t, testutil.GatherAndCompare(s.reg, strings.NewReader(`
# HELP alertscale_notifications_total Notifications that were answered, by HTTP status code.
# TYPE alertscale_notifications_total counter
alertscale_notifications_total{code="200"} 0
alertscale_notifications_total{code="400"} 0
alertscale_notifications_total{code="401"} 0
alertscale_notifications_total{code="403"} 0
alertscale_notifications_total{code="404"} 0
alertscale_notifications_total{code="405"} 0
alertscale_notifications_total{code="410"} 0
alertscale_notifications_total{code="413"} 0
alertscale_notifications_total{code="415"} 0
alertscale_notifications_total{code="422"} 0
alertscale_notifications_total{code="429"} 0
alertscale_notifications_total{code="500"} 0
alertscale_notifications_total{code="503"} 0
`), "alertscale_notifications_total"))

	s.ask("POST", "/webhook", minimal)
	_, body := s.ask("GET", "/metrics", "")
	require.Contains(t, body, `alertscale_notifications_total{code="200"} 1`)
	require.Contains(t, body, "alertscale_webhook_duration_seconds_count 1")
}

// TestMetricsTakeAnyCode checks that a code that nobody thought of is counted, too.
func TestMetricsTakeAnyCode(t *testing.T) {
	s := newSite(&fakeCore{})
	s.metrics.answered(418, time.Second)
	require.Equal(t, 1.0, s.count(t, "418"))
}
