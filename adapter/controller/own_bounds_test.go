package controller_test

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"alertscale/rules"
	"alertscale/rules/engine"
)

const ownBounds = `
targets: {any: {driver: fake, name: '{{ .Labels.app }}', max: 20, bounds: workload}}
rules: [{name: busy, matchers: [alertname=Busy], target: any, up: 9}]
`

func busyWeb() alert {
	a := firing("Busy")
	a.labels = rules.Labels{{Name: "alertname", Value: "Busy"}, {Name: "app", Value: "web"}}
	return a
}

func said(low, high string) rules.BoundsSaid {
	return rules.BoundsSaid{Min: &low, Max: &high, Asked: true}
}

// TestOwnBounds: the API and the metrics tell of the bounds that the workload says, once it was read, over a restart too; a
// repeat costs no read.
func TestOwnBounds(t *testing.T) {
	inWorld(t, ownBounds, map[string]int{"web": 3}, func(w *world) {
		busy := busyWeb()
		w.driver.said = said("2", "5")
		d := w.one(w.post(busy))
		require.Equal(t, engine.Scaled, d.Verdict)
		require.Contains(t, d.Why, "max 5 (its label alertscale.max): 12 → 5")
		status := w.a.Targets()[0]
		require.Equal(t, []int{2, 5}, []int{status.Min, status.Max})
		require.False(t, status.LeftAlone)
		require.NoError(t, testutil.GatherAndCompare(w.reg, strings.NewReader(`
# HELP alertscale_target_max_replicas Upper bound of a ref.
# TYPE alertscale_target_max_replicas gauge
alertscale_target_max_replicas{ref="fake:web"} 5
# HELP alertscale_target_min_replicas Lower bound of a ref.
# TYPE alertscale_target_min_replicas gauge
alertscale_target_min_replicas{ref="fake:web"} 2
`), "alertscale_target_min_replicas", "alertscale_target_max_replicas"))
		after(2 * time.Second)
		reads := w.driver.reads()
		require.Equal(t, engine.Duplicate, w.one(w.post(busy)).Verdict)
		require.Equal(t, reads, w.driver.reads())
		w.kill()
		w.start()
		require.Equal(t, 5, w.a.Targets()[0].Max)
	})
}

// TestOwnBounds_LeftAlone: many workloads that say nothing cost a read each an episode, whatever repeats.
func TestOwnBounds_LeftAlone(t *testing.T) {
	inWorld(t, ownBounds, map[string]int{"web": 3}, func(w *world) {
		busy := busyWeb()
		d := w.one(w.post(busy))
		require.Equal(t, engine.Rejected, d.Verdict)
		require.False(t, d.Refused, "200")
		require.True(t, w.a.Targets()[0].LeftAlone)
		after(2 * time.Second)
		for range 5 {
			require.Equal(t, engine.Duplicate, w.one(w.post(busy)).Verdict)
			after(time.Minute)
		}
		require.Equal(t, 1, w.driver.reads())
		require.Len(t, w.sink.of(engine.Rejected), 1, "told once")
	})
}
