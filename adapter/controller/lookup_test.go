package controller_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/rules"
	"alertscale/rules/engine"
)

// asker is an Alertmanager that has no alert any more, and takes its time to say so.
type asker struct{ asked [][]rules.Labels }

func (a *asker) Ask(_ context.Context, alerts []rules.Labels) []rules.Lookup {
	time.Sleep(3 * time.Second)
	a.asked = append(a.asked, alerts)
	all := make([]rules.Lookup, len(alerts))
	for i := range all {
		all[i] = rules.LookupGone
	}
	return all
}

func TestAlertsAreLookedUpBeforeAnythingReliesOnThem(t *testing.T) {
	const text = `
targets: {web: {driver: fake, name: web, max: 9, cooldown: 0s}}
rules:
  - {name: busy, matchers: [alertname=Busy], target: web, up: 1}
  - {name: idle, matchers: [alertname=Idle], target: web, down: 1}
`
	inWorld(t, text, map[string]int{"web": 3}, func(w *world) {
		a := &asker{}
		s := w.parse(text)
		s.Rules.LookupAfter, s.Asker = time.Minute, a
		w.a.Use(s)
		require.Equal(t, engine.Scaled, w.one(w.post(firing("Busy"))).Verdict)
		require.Empty(t, a.asked)
		after(10 * time.Minute)
		require.Equal(t, engine.Scaled, w.one(w.send(inGroup("idle", firing("Idle")))).Verdict)
		require.Equal(t, [][]rules.Labels{{{{Name: "alertname", Value: "Busy"}}}}, a.asked)
		require.Equal(t, 3, w.driver.count("web"))
	})
}
