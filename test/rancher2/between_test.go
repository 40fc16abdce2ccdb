package rancher2

import (
	"net/http"
	"testing"

	"alertscale/adapter/controller"
	"alertscale/rules"
	"alertscale/rules/engine"
	"alertscale/test/fakerancher2"

	"github.com/stretchr/testify/require"
)

// TestMachinePoolThatIsHandedToAnAutoscaler: the API server itself refuses what was decided on before.
func TestMachinePoolThatIsHandedToAnAutoscaler(t *testing.T) {
	f := newFleet(t)
	sizes := map[string]any{"autoscalingMinSize": int64(1), "autoscalingMaxSize": int64(5)}
	for _, one := range []string{"autoscalingMinSize", "autoscalingMaxSize", ""} {
		ref := f.cluster(t, "it-", 3)
		require.Equal(t, 3, f.observe(t, ref).Count)
		f.edit(t, ref, func(pools []any) []any {
			for key, size := range sizes {
				if one == "" || key == one {
					find(pools, "workers")[key] = size
				}
			}
			return pools
		})
		err := f.scale(t, ref, 3, 5)
		require.ErrorIs(t, err, controller.ErrConflict)
		require.ErrorContains(t, err, "cluster-autoscaler scales it")
		require.Equal(t, 3, f.quantity(t, ref))
		require.Equal(t, engine.ConditionOwned, obstacle(f.observe(t, ref)).Type)

		f.edit(t, ref, func(pools []any) []any {
			for key := range sizes {
				delete(find(pools, "workers"), key)
			}
			return pools
		})
		require.NoError(t, f.scale(t, ref, f.observe(t, ref).Count, 5))
		require.Equal(t, 5, f.quantity(t, ref))
	}
}

// TestARancherThatIsNotThereYet: a load balancer that has no Rancher behind it is no outcome, whatever it says.
func TestARancherThatIsNotThereYet(t *testing.T) {
	nodes, machines := newNodes(t, fakerancher2.Options{}), newFleet(t)
	for f, ref := range map[*fleet]rules.Ref{nodes: nodes.nodePool("c-abcde", 3), machines: machines.cluster(t, "it-", 3)} {
		f.observe(t, ref)
		for _, status := range []int{http.StatusNotFound, http.StatusBadGateway, http.StatusServiceUnavailable} {
			gateway := f.Gateway(status)
			_, err := f.driver.Observe(t.Context(), ref)
			for _, err := range []error{err, f.scale(t, ref, 3, 4)} {
				require.Error(t, err)
				for _, sentinel := range []error{controller.ErrNotFound, controller.ErrForbidden, controller.ErrInvalid, controller.ErrConflict} {
					require.NotErrorIs(t, err, sentinel)
				}
			}
			gateway.Remove()
			require.Equal(t, 3, f.observe(t, ref).Count)
		}
	}
}
