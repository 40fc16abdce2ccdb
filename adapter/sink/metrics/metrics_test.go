package metrics

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/rules/engine"
)

var noon = time.Date(2026, time.March, 2, 12, 0, 0, 0, time.UTC)

func decided(rule string, v engine.Verdict, since time.Time) controller.DecisionRecord {
	return controller.DecisionRecord{At: noon, Since: since, Decision: engine.Decision{Rule: rule, Verdict: v}}
}

func TestLint(t *testing.T) {
	reg := prometheus.NewRegistry()
	New(reg)
	NewLimits(reg)
	problems, err := testutil.GatherAndLint(reg)
	require.NoError(t, err)
	require.Empty(t, problems)
}

func TestDecisions(t *testing.T) {
	reg := prometheus.NewRegistry()
	m := New(reg)
	m.Prepare([]string{"a"})
	m.Record(decided("a", engine.Scaled, noon))
	m.Record(decided("a", engine.Duplicate, noon))
	m.Record(decided("a", engine.Duplicate, noon))
	m.Record(decided("b", engine.Failed, noon))
	require.NoError(t, testutil.GatherAndCompare(reg, strings.NewReader(`
# HELP alertscale_decisions_total Decisions, by rule and verdict.
# TYPE alertscale_decisions_total counter
alertscale_decisions_total{rule="a",verdict="duplicate"} 2
alertscale_decisions_total{rule="a",verdict="failed"} 0
alertscale_decisions_total{rule="a",verdict="rejected"} 0
alertscale_decisions_total{rule="a",verdict="scaled"} 1
alertscale_decisions_total{rule="b",verdict="failed"} 1
`), "alertscale_decisions_total"))
}

func TestPrepareIsBounded(t *testing.T) {
	m := New(prometheus.NewRegistry())
	var names []string
	for i := range 3000 {
		names = append(names, fmt.Sprint("rule ", i))
	}
	m.Prepare(names)
	require.Equal(t, 2*maxPrepared, testutil.CollectAndCount(m.decisions))
}

// TestStepDelay checks that only what was scaled counts, and from when.
func TestStepDelay(t *testing.T) {
	reg := prometheus.NewRegistry()
	m := New(reg)
	m.Record(decided("a", engine.Scaled, noon.Add(-40*time.Second)))
	m.Record(decided("a", engine.Scaled, noon.Add(time.Hour)))
	m.Record(decided("a", engine.Scaled, time.Time{}))
	m.Record(decided("a", engine.Cooling, noon.Add(-time.Second)))
	m.Record(decided("a", engine.DryRun, noon.Add(-time.Second)))
	families, err := reg.Gather()
	require.NoError(t, err)
	for _, f := range families {
		if f.GetName() == "alertscale_step_delay_seconds" {
			h := f.GetMetric()[0].GetHistogram()
			require.EqualValues(t, 2, h.GetSampleCount())
			require.InDelta(t, 40, h.GetSampleSum(), 0)
			return
		}
	}
	t.Fatal("there is no such metric")
}

func TestLimited(t *testing.T) {
	l := NewLimits(prometheus.NewRegistry())
	require.Equal(t, len(limits), testutil.CollectAndCount(l.limited), "from the start")
	l.Limited("refs")
	l.Limited("what nobody thought of")
	require.InDelta(t, 1, testutil.ToFloat64(l.limited.WithLabelValues("refs")), 0)
	require.InDelta(t, 1, testutil.ToFloat64(l.limited.WithLabelValues("what nobody thought of")), 0)
	require.InDelta(t, 0, testutil.ToFloat64(l.limited.WithLabelValues("alerts")), 0)
}
