package rancher2

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/adapter/driver/internal/httpx"
	"alertscale/rules"
	"alertscale/rules/engine"
)

// Nothing of a cluster changes but the one number.
func TestTheRestOfAClusterIsKept(t *testing.T) {
	f := newFake(t)
	d := f.driver(t)
	ref := f.addCluster("prod", 3)
	var before object
	f.with(func() { before = clone(f.clusters["prod1"]) })
	observe(t, d, ref)
	require.NoError(t, scale(t, d, ref, 3, 0))
	f.with(func() {
		machinePools(before)[1].(object)["quantity"] = 0.0
		in(before, "metadata")["generation"] = 2.0
		require.Equal(t, before, f.clusters["prod1"])
	})
}

func TestPoolsThatCannotBeScaled(t *testing.T) {
	for want, test := range map[string]struct {
		is   error
		edit func(cluster, pool object)
	}{
		"not found: machinePool prod1/workers: the cluster is being deleted": {controller.ErrNotFound,
			func(c, _ object) { in(c, "metadata")["deletionTimestamp"] = "2026-01-01T00:00:00Z" }},
		"invalid: machinePool prod1/workers: Rancher did not make the machines of this cluster: it is imported, or hosted by a cloud, and is scaled there; of an RKE1 cluster take kind nodePool": {
			controller.ErrInvalid, func(c, _ object) { delete(in(c, "spec"), "rkeConfig") }},
		"not found: machinePool prod1/workers: the cluster has no machine pools: its machines were registered one by one": {
			controller.ErrNotFound, func(c, _ object) { delete(in(c, "spec", "rkeConfig"), "machinePools") }},
		`not found: machinePool prod1/workers: the cluster has no machine pool "workers", did you mean "worker"?; it has control, worker, gpu`: {
			controller.ErrNotFound, func(_, p object) { p["name"] = "worker" }},
		"invalid: machinePool prod1/workers: the pool has no quantity, so there is no count to begin with: set one in Rancher once": {
			controller.ErrInvalid, func(_, p object) { delete(p, "quantity") }},
	} {
		f := newFake(t)
		d := f.driver(t)
		ref := f.addCluster("prod", 3)
		f.edit(ref, test.edit)
		_, err := d.Observe(t.Context(), ref)
		require.EqualError(t, err, want)
		require.ErrorIs(t, err, test.is)
		require.EqualError(t, scale(t, d, ref, 3, 4), want)
		require.Zero(t, f.count(http.MethodPatch))
	}
}

func TestPoolsThatAreLeftAlone(t *testing.T) {
	f := newFake(t)
	d := f.driver(t)
	for _, test := range []struct {
		edit object
		want []engine.Condition
	}{
		{nil, nil},
		{object{"autoscalingMinSize": 1, "autoscalingMaxSize": 5}, []engine.Condition{{Type: engine.ConditionOwned, Text: autoscaled}}},
		{object{"paused": true}, []engine.Condition{{Type: engine.ConditionDisabled, Text: "the pool is paused in Rancher: unpause it"}}},
	} {
		ref := f.addCluster("prod", 3)
		f.edit(ref, func(_, p object) {
			for k, v := range test.edit {
				p[k] = v
			}
		})
		f.settle(ref)
		require.Equal(t, engine.Observed{Count: 3, Ready: true, Conditions: test.want}, observe(t, d, ref))
	}
}

// noted is a fact that is in nobody's way.
func noted(text string) []engine.Condition {
	return []engine.Condition{{Type: engine.ConditionNoted, Text: text}}
}

const autoscaled = "the pool has autoscalingMinSize and autoscalingMaxSize, between which cluster-autoscaler scales it; remove both to let alertscale scale it"

// What happens between the read and the write is a conflict where it concerns the pool, and none where it does not.
func TestBetweenReadAndWrite(t *testing.T) {
	reorder := func(c, _ object) { slices.Reverse(machinePools(c)) }
	for name, test := range map[string]struct {
		edit func(cluster, pool object)
		want string // empty: it is written
	}{
		"nothing":      {func(object, object) {}, ""},
		"status":       {func(c, _ object) { in(c, "status")["ready"] = false }, ""},
		"another pool": {func(c, _ object) { machinePools(c)[2].(object)["quantity"] = 9.0 }, ""},
		"one more pool": {func(c, _ object) {
			in(c, "spec", "rkeConfig")["machinePools"] = append(machinePools(c), object{"name": "x", "quantity": 1.0})
		}, ""},
		"reordered, same place": {reorder, ""},
		"reordered": {func(c, _ object) {
			all := machinePools(c)
			all[0], all[1] = all[1], all[0]
		}, "changed in the meantime: machinePool prod1/workers: it is at another place of the cluster's list now"},
		"another quantity": {func(_, p object) { p["quantity"] = 7.0 }, "changed in the meantime: machinePool prod1/workers: its quantity is 7 and not 3"},
		"another cluster":  {func(c, _ object) { in(c, "metadata")["uid"] = "other" }, "changed in the meantime: machinePool prod1/workers: it is of another cluster of that name now"},
		"autoscaling from": {func(_, p object) { p["autoscalingMinSize"] = 1 }, "changed in the meantime: machinePool prod1/workers: " + autoscaled},
		"autoscaling to":   {func(_, p object) { p["autoscalingMaxSize"] = 5 }, "changed in the meantime: machinePool prod1/workers: " + autoscaled},
		"no quantity":      {func(_, p object) { delete(p, "quantity") }, "invalid: machinePool prod1/workers: the pool has no quantity, so there is no count to begin with: set one in Rancher once"},
		"another name": {func(_, p object) { p["name"] = "w" },
			`not found: machinePool prod1/workers: the cluster has no machine pool "workers"; it has control, w, gpu`},
		"fewer pools": {func(c, _ object) { in(c, "spec", "rkeConfig")["machinePools"] = machinePools(c)[:1] },
			`not found: machinePool prod1/workers: the cluster has no machine pool "workers"; it has control`},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			d := f.driver(t)
			ref := f.addCluster("prod", 3)
			observe(t, d, ref)
			f.edit(ref, test.edit)
			err := scale(t, d, ref, 3, 5)
			if test.want == "" {
				require.NoError(t, err)
				require.Equal(t, 5, f.quantity(ref))
				return
			}
			require.EqualError(t, err, test.want)
			kind, _, _ := strings.Cut(test.want, ": ")
			for _, is := range []error{controller.ErrConflict, controller.ErrInvalid, controller.ErrNotFound} {
				require.Equal(t, is.Error() == kind, errors.Is(err, is))
			}
		})
	}
}

// A patch that could not be applied, though all is as it was read, met a change that was taken back.
func TestAChangeThatWasTakenBack(t *testing.T) {
	f := newFake(t)
	d := f.driver(t)
	ref := f.addCluster("prod", 3)
	observe(t, d, ref)
	f.fail(func(w http.ResponseWriter, _ *http.Request) bool {
		status(w, 422, "the server rejected our request due to an error in our request", "")
		return true
	})
	require.ErrorIs(t, scale(t, d, ref, 3, 4), controller.ErrConflict)

	f.fail(func(w http.ResponseWriter, _ *http.Request) bool {
		status(w, 422, "the server rejected our request due to an error in our request", "")
		return true
	}, answering(503, 0))
	err := scale(t, d, ref, 3, 4)
	require.ErrorAs(t, err, new(*controller.ThrottledError), "nothing was changed, and why is not known")
	require.False(t, httpx.Permanent(err))
}

func TestANumberThatTheServerDoesNotTake(t *testing.T) {
	f := newFake(t)
	d := f.driver(t)
	ref := f.addCluster("prod", 3)
	observe(t, d, ref)
	require.EqualError(t, scale(t, d, ref, 3, 1001),
		`invalid: machinePool prod1/workers: 422: Cluster.provisioning.cattle.io "prod1" is invalid: spec.rkeConfig.machinePools[1].quantity: Invalid value: too many`)
	f.fail(func(w http.ResponseWriter, _ *http.Request) bool {
		status(w, 422, `admission webhook "rancher.cattle.io" denied the request: no`, "")
		return true
	})
	require.ErrorIs(t, scale(t, d, ref, 3, 4), controller.ErrInvalid)
}

func TestSilentNoOp(t *testing.T) {
	f := newFake(t)
	f.deaf = true
	d := f.driver(t)
	for _, ref := range []rules.Ref{f.addCluster("prod", 3), f.addNodePool("np-", 3)} {
		observe(t, d, ref)
		err := scale(t, d, ref, 3, 5)
		require.EqualError(t, err, call{ref: ref}.String()+": the server took the change to 5 and made it 3: an admission webhook or another controller stands in the way")
	}
}

// It is ready when Rancher has taken notice of the quantity and waits for no machine, and a while has passed since
// the write, in which it might show itself as it was before.
func TestReady(t *testing.T) {
	f := newFake(t)
	d := f.driver(t)
	ref := f.addCluster("prod", 3)
	require.True(t, observe(t, d, ref).Ready)
	require.NoError(t, scale(t, d, ref, 3, 5))
	require.False(t, observe(t, d, ref).Ready)
	f.wait(settling)
	require.False(t, observe(t, d, ref).Ready, "the generation is not observed")
	f.settle(ref)
	require.True(t, observe(t, d, ref).Ready)
	require.NoError(t, scale(t, d, ref, 5, 4))
	f.with(func() { in(f.clusters[ref.Namespace], "status")["observedGeneration"] = 99.0 })
	require.False(t, observe(t, d, ref).Ready, "it may not have begun")
	f.settle(ref)
	require.NoError(t, scale(t, d, ref, 4, 5))
	f.settle(ref)

	f.tell(ref, "Updated", "Unknown", "configuring worker node(s) prod1-workers-x:\nwaiting for agent to check in")
	require.Equal(t, engine.Observed{Count: 5, Conditions: noted("the cluster is updating: configuring worker node(s) prod1-workers-x: waiting for agent to check in")}, observe(t, d, ref))
	f.tell(ref, "Updated", "True", "")
	f.tell(ref, "Ready", "False", "the agent is cut off")
	require.True(t, observe(t, d, ref).Ready, "its machines are there")
	f.tell(ref, "Provisioned", "Unknown", "")
	require.False(t, observe(t, d, ref).Ready)
	f.tell(ref, "Provisioned", "", "")
	require.True(t, observe(t, d, ref).Ready)
	f.tell(ref, "Updated", "", "")
	require.False(t, observe(t, d, ref).Ready, "nothing is told")
}

// Pools of one cluster are scaled side by side without a conflict.
func TestPoolsOfOneClusterAreIndependent(t *testing.T) {
	f := newFake(t)
	d := f.driver(t)
	workers := f.addCluster("prod", 1)
	gpu := workers
	gpu.Name = "gpu"
	var wg sync.WaitGroup
	for _, ref := range []rules.Ref{workers, gpu} {
		wg.Go(func() {
			for i := range 20 {
				observe(t, d, ref)
				require.NoError(t, scale(t, d, ref, i+1, i+2))
			}
		})
	}
	wg.Wait()
	require.Equal(t, []int{21, 21}, []int{f.quantity(workers), f.quantity(gpu)})
}
