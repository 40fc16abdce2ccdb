package rancher

import (
	"testing"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/rules"
	"alertscale/rules/engine"
)

func TestEveryState(t *testing.T) {
	const wait, off = "that passes by itself", "somebody switched it off: activate it"
	ends := map[string]string{
		"inactive": off, "updating-inactive": off, "deactivating": off, "requested": wait, "registering": wait, "restarting": wait,
		"upgraded": ": finish the upgrade or roll it back", "canceling-upgrade": ": roll the upgrade back once it is canceled, or continue it",
		"canceled-upgrade": ": roll the upgrade back or continue it", "erroring": "no state in which Rancher is known to carry a change out", "": "it ends when the service is active",
	}
	for state, want := range map[string]engine.ConditionType{
		"active": "", "updating-active": "", "activating": "", "finishing-upgrade": "", "rolling-back": "", "upgrading": "",
		"inactive": engine.ConditionDisabled, "updating-inactive": engine.ConditionDisabled, "deactivating": engine.ConditionDisabled,
		"requested": engine.ConditionNotReady, "registering": engine.ConditionNotReady, "restarting": engine.ConditionNotReady, "upgraded": engine.ConditionNotReady,
		"canceling-upgrade": engine.ConditionNotReady, "canceled-upgrade": engine.ConditionNotReady, "erroring": engine.ConditionNotReady, "": engine.ConditionNotReady,
	} {
		t.Run(state, func(t *testing.T) {
			f := newFake(t)
			s := f.web(object{"state": state})
			o := f.observe(t)
			fact, stopped := o.Obstacle()
			require.Equal(t, want, fact.Type)
			require.Equal(t, want != "", stopped)
			require.Equal(t, 3, o.Count)
			require.Equal(t, state == "active", o.Ready)
			f.asked()
			if want == "" {
				require.Empty(t, o.Conditions)
				require.NoError(t, f.scale(t, 3, 5))
				require.InEpsilon(t, 5, s["scale"], 0)
				return
			}
			require.Contains(t, fact.Text, "the service is "+state)
			require.Contains(t, fact.Text, ends[state])
			require.ErrorIs(t, f.scale(t, 3, 5), controller.ErrConflict, "it is decided again")
			require.Equal(t, 3, s["scale"])
			require.Empty(t, f.asked())
		})
	}
}

func TestAServiceThatLeaves(t *testing.T) {
	for _, state := range []string{"removing", "removed", "purged"} {
		f := newFake(t)
		s := f.web(nil)
		f.observe(t)
		f.set(s, object{"state": state})
		_, err := f.driver.Observe(t.Context(), webRef())
		require.ErrorIs(t, err, controller.ErrNotFound, state)
		require.ErrorIs(t, f.scale(t, 3, 4), controller.ErrNotFound, state)
		f.web(object{"id": "1s6", "scale": 7})
		require.Equal(t, 7, f.observe(t).Count, state)
		require.NoError(t, f.scale(t, 7, 8))
		require.Equal(t, 3, s["scale"], "the old one is left alone")
	}
}

func TestServicesThatAreNotScaled(t *testing.T) {
	global := object{"labels": object{"io.rancher.scheduler.global": "true"}}
	for what, test := range map[string]struct {
		more object
		want engine.ConditionType
		why  string
	}{
		"global":            {object{"launchConfig": global}, engine.ConditionUnscalable, "runs once on every host"},
		"a global sidekick": {object{"secondaryLaunchConfigs": []any{global}}, engine.ConditionUnscalable, "runs once on every host"},
		"not global":        {object{"launchConfig": object{"labels": object{"io.rancher.scheduler.global": "false"}}}, "", ""},
		"a policy":          {object{"scalePolicy": object{"min": 1, "max": 4}}, engine.ConditionOwned, "scalePolicy"},
		"no policy":         {object{"scalePolicy": nil}, "", ""},
		"no scale":          {object{"scale": nil}, engine.ConditionUnscalable, "has no scale"},
		"no labels":         {object{"launchConfig": nil}, "", ""},
	} {
		t.Run(what, func(t *testing.T) {
			f := newFake(t)
			f.web(test.more)
			fact, _ := f.observe(t).Obstacle()
			require.Equal(t, test.want, fact.Type)
			require.Contains(t, fact.Text, test.why)
		})
	}
}

func TestAStuckService(t *testing.T) {
	f := newFake(t)
	s := f.web(object{"state": "updating-active", "transitioning": "error", "transitioningMessage": "host needs ports 80/tcp available"})
	require.Equal(t, engine.Observed{Count: 3, Bounds: rules.BoundsIn(nil), Conditions: []engine.Condition{
		{Type: engine.ConditionNoted, Text: "stuck: host needs ports 80/tcp available"},
	}}, f.observe(t))
	require.NoError(t, f.scale(t, 3, 2), "a smaller number heals it")
	require.InEpsilon(t, 2, s["scale"], 0)

	f.set(s, object{"state": "active", "transitioning": "yes"})
	require.False(t, f.observe(t).Ready)
	f.set(s, object{"transitioning": "no"})
	require.True(t, f.observe(t).Ready)
}

func TestAnAnswerThatShowsAStateThatOnlyStores(t *testing.T) {
	for _, state := range []string{"upgraded", "canceled-upgrade", "canceling-upgrade", "inactive", "updating-inactive", "odd"} {
		f := newFake(t)
		f.web(nil)
		f.observe(t)
		f.with(func() { f.stored = func(s object) { s["state"] = state } })
		err := f.scale(t, 3, 4)
		require.ErrorIs(t, err, errNotDone)
		for _, outcome := range []error{controller.ErrConflict, controller.ErrInvalid, controller.ErrNotFound, controller.ErrForbidden} {
			require.NotErrorIs(t, err, outcome)
		}
		_, stopped := f.observe(t).Obstacle()
		require.True(t, stopped, "which settles nothing")
	}
}

// TestOwnBounds: what the labels of a service say of its bounds is in what is read anyway, as texts or as numbers.
func TestOwnBounds(t *testing.T) {
	f := newFake(t)
	s := f.web(nil)
	require.Equal(t, rules.BoundsIn(nil), f.observe(t).Bounds)
	f.set(s, object{"launchConfig": object{"labels": object{"alertscale.min": 2, "alertscale.max": "many"}}})
	low, high := "2", "many"
	require.Equal(t, rules.BoundsSaid{Min: &low, Max: &high, Asked: true}, f.observe(t).Bounds)
	f.set(s, object{"launchConfig": nil})
	require.Equal(t, rules.BoundsIn(nil), f.observe(t).Bounds)
}
