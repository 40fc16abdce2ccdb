package rancher2

import (
	"errors"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"alertscale/adapter/controller"
	"alertscale/adapter/driver/drivertest"
	"alertscale/rules"
	"alertscale/rules/engine"
	"alertscale/test/stack"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// harm gives a harness the faults of a front.
func (f *fleet) harm(h drivertest.Harness) drivertest.Harness {
	var slow *stack.Injected
	h.MissingKind = func(*testing.T) rules.Ref {
		return rules.Ref{Driver: "r", Kind: "Deployment", Namespace: "shop", Name: "web"}
	}
	h.Down = func(*testing.T) { f.Down() }
	h.Up = func(t *testing.T) { f.Up(t) }
	h.Lose = func(*testing.T) { f.LoseNext(1) }
	h.Refuse = func(_ *testing.T, status int, after time.Duration) { f.RefuseNext(status, after) }
	h.Slow = func(_ *testing.T, delay time.Duration) {
		if slow != nil {
			slow.Remove()
		}
		if delay > 0 {
			slow = f.Slow(delay)
		}
	}
	h.Requests = func(*testing.T) (reads, writes int) {
		return len(f.Requests(stack.Method(http.MethodGet))), len(f.Requests(stack.Method(http.MethodPatch, http.MethodPut)))
	}
	return h
}

// TestMachinePoolConformance runs the suite of all drivers on the API server behind a Rancher, under what an owner
// of the clusters may do there.
func TestMachinePoolConformance(t *testing.T) {
	f := newFleet(t)
	maker := func(prefix string) func(*testing.T, int) rules.Ref {
		return func(t *testing.T, count int) rules.Ref { return f.cluster(t, prefix, count) }
	}
	drivertest.Run(t, f.harm(drivertest.Harness{
		Driver:    f.driver,
		Make:      maker("it-"),
		ReadOnly:  maker("ro-"),
		Forbidden: maker("foreign-"),
		Count:     f.quantity,
		Change: func(t *testing.T, ref rules.Ref, count int) {
			f.edit(t, ref, func(pools []any) []any { find(pools, ref.Name)["quantity"] = int64(count); return pools })
		},
		Missing: func(*testing.T) rules.Ref {
			return rules.Ref{Driver: "r", Kind: "machinePool", Namespace: "nobody", Name: "workers"}
		},
		Settle: f.settle,
	}))
}

// TestMachinePoolAsItIsStored: of all that a cluster has, the one number changes, also to 0.
func TestMachinePoolAsItIsStored(t *testing.T) {
	f := newFleet(t)
	ref := f.cluster(t, "it-", 3)
	want := admin.Get(t, f.object(ref))
	for _, to := range []int{0, 2} {
		require.NoError(t, f.scale(t, ref, f.observe(t, ref).Count, to))
		got := admin.Get(t, f.object(ref))
		find(want.Object["spec"].(map[string]any)["rkeConfig"].(map[string]any)["machinePools"].([]any), "workers")["quantity"] = int64(to)
		require.Equal(t, want.Object["spec"], got.Object["spec"])
		require.Equal(t, want.Object["status"], got.Object["status"])
	}
}

// TestMachinePoolBetweenReadAndWrite: what happens in between is a conflict where it concerns the pool, and none
// where it does not. A conflict changes nothing, and the next read is right again.
func TestMachinePoolBetweenReadAndWrite(t *testing.T) {
	swap := func(pools []any) []any { return []any{pools[1], pools[0], pools[2]} }
	set := func(name, key string, value any) func([]any) []any {
		return func(pools []any) []any { find(pools, name)[key] = value; return pools }
	}
	f := newFleet(t)
	for name, test := range map[string]struct {
		edit     func(pools []any) []any
		conflict bool
		after    int // quantity that is there then
	}{
		"another pool":              {set("gpu", "quantity", int64(9)), false, 5},
		"a label of the pool":       {set("workers", "labels", map[string]any{"c": "d"}), false, 5},
		"a pool at the end":         {func(p []any) []any { return append(p, map[string]any{"name": "x", "quantity": int64(1)}) }, false, 5},
		"a pool in front":           {func(p []any) []any { return slices.Concat([]any{map[string]any{"name": "x", "quantity": int64(3)}}, p) }, true, 3},
		"reordered":                 {swap, true, 3},
		"the pool in front is gone": {func(p []any) []any { return p[1:] }, true, 3},
		"another quantity":          {set("workers", "quantity", int64(7)), true, 7},
	} {
		t.Run(name, func(t *testing.T) {
			ref := f.cluster(t, "it-", 3)
			require.Equal(t, 3, f.observe(t, ref).Count)
			f.edit(t, ref, test.edit)
			err := f.scale(t, ref, 3, 5)
			require.Equal(t, test.conflict, errors.Is(err, controller.ErrConflict), "%v", err)
			if !test.conflict {
				require.NoError(t, err)
			}
			require.Equal(t, test.after, f.quantity(t, ref))
			require.Equal(t, test.after, f.observe(t, ref).Count)
			require.NoError(t, f.scale(t, ref, test.after, 6))
			require.Equal(t, 6, f.quantity(t, ref))
		})
	}
}

// TestMachinePoolOfAClusterThatIsMadeAnew: a cluster of the same name is another one.
func TestMachinePoolOfAClusterThatIsMadeAnew(t *testing.T) {
	f := newFleet(t)
	ref := f.cluster(t, "it-", 3)
	f.observe(t, ref)
	admin.Delete(t, f.object(ref))
	stack.Eventually(t, wait, func() error {
		if _, err := admin.Read(t.Context(), f.object(ref)); err == nil {
			return errors.New("it is there yet")
		}
		return nil
	})
	require.ErrorIs(t, f.scale(t, ref, 3, 5), controller.ErrNotFound)
	f.made.Add(-1)
	require.Equal(t, ref, f.cluster(t, "it-", 3))
	err := f.scale(t, ref, 3, 5)
	require.ErrorIs(t, err, controller.ErrConflict)
	require.ErrorContains(t, err, "it is of another cluster of that name now")
	require.Equal(t, 3, f.quantity(t, ref))
}

// TestMachinePoolsUnderLoad: two pools of one cluster are changed by 12 writers each, while Rancher writes what its
// machines are doing into the status: each write that succeeds counts, and none meets a conflict but with one of
// its own pool.
func TestMachinePoolsUnderLoad(t *testing.T) {
	f := newFleet(t)
	workers := f.cluster(t, "it-", 1)
	gpu := workers
	gpu.Name = "gpu"
	done := make(chan struct{})
	var noise, writers sync.WaitGroup
	noise.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				f.status(t, workers, "Unknown", time.Now().String())
			}
		}
	})
	const each, share = 12, 2
	for _, ref := range []rules.Ref{workers, gpu} {
		for range each {
			writers.Go(func() {
				for n := 0; n < share; {
					o, err := f.driver.Observe(t.Context(), ref)
					if !assert.NoError(t, err) {
						return
					}
					switch err := f.scale(t, ref, o.Count, o.Count+1); {
					case err == nil:
						n++
					case !errors.Is(err, controller.ErrConflict):
						assert.NoError(t, err)
						return
					}
				}
			})
		}
	}
	writers.Wait()
	for i := range 20 { // alone on its pool, none is refused
		assert.NoError(t, f.scale(t, gpu, f.observe(t, gpu).Count, 30+i))
	}
	close(done)
	noise.Wait()
	require.Equal(t, 1+each*share, f.quantity(t, workers))
	require.Equal(t, 49, f.quantity(t, gpu))
}

// TestMachinePoolsThatAreNotScaled: what is read of them says why, and nothing is written.
func TestMachinePoolsThatAreNotScaled(t *testing.T) {
	f := newFleet(t)
	set := func(values map[string]any) func([]any) []any {
		return func(pools []any) []any {
			for k, v := range values {
				find(pools, "workers")[k] = v
			}
			return pools
		}
	}
	ref := f.cluster(t, "it-", 3)
	f.edit(t, ref, set(map[string]any{"autoscalingMinSize": int64(1), "autoscalingMaxSize": int64(5)}))
	f.settle(t, ref)
	o := f.observe(t, ref)
	require.Equal(t, []any{3, engine.ConditionOwned, true}, []any{o.Count, obstacle(o).Type, o.Ready})
	require.Contains(t, obstacle(o).Text, "cluster-autoscaler")
	f.edit(t, ref, set(map[string]any{"autoscalingMinSize": nil, "autoscalingMaxSize": nil, "paused": true}))
	require.Equal(t, engine.ConditionDisabled, obstacle(f.observe(t, ref)).Type)

	for _, none := range []any{nil, "absent"} {
		ref = f.cluster(t, "it-", 3)
		f.observe(t, ref)
		f.edit(t, ref, func(pools []any) []any {
			find(pools, "workers")["quantity"] = none
			if none == "absent" {
				delete(find(pools, "workers"), "quantity")
			}
			return pools
		})
		_, err := f.driver.Observe(t.Context(), ref)
		for _, err := range []error{err, f.scale(t, ref, 0, 5)} {
			require.ErrorIs(t, err, controller.ErrInvalid)
			require.ErrorContains(t, err, "the pool has no quantity")
		}
		require.Nil(t, f.pool(t, ref)["quantity"])
	}

	ref = f.cluster(t, "it-", 3)
	admin.Patch(t, f.object(ref), map[string]any{"spec": map[string]any{"rkeConfig": nil}})
	_, err := f.driver.Observe(t.Context(), ref)
	require.ErrorIs(t, err, controller.ErrInvalid)
	require.ErrorContains(t, err, "Rancher did not make the machines of this cluster")

	ref = f.cluster(t, "it-", 3)
	admin.Patch(t, f.object(ref), map[string]any{"metadata": map[string]any{"finalizers": []any{"example.com/wait"}}})
	admin.Delete(t, f.object(ref))
	_, err = f.driver.Observe(t.Context(), ref)
	require.ErrorIs(t, err, controller.ErrNotFound)
	require.ErrorContains(t, err, "the cluster is being deleted")
	admin.Patch(t, f.object(ref), map[string]any{"metadata": map[string]any{"finalizers": nil}})
}

// quantityPolicy has the API server itself refuse more than 100, as an admission policy of an organisation does.
const quantityPolicy = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: quantity}
spec:
  failurePolicy: Fail
  matchConstraints: {resourceRules: [{apiGroups: [provisioning.cattle.io], apiVersions: ["*"], operations: [UPDATE], resources: [clusters]}]}
  validations: [{expression: "object.spec.rkeConfig.machinePools.all(p, !has(p.quantity) || p.quantity <= 100)", message: "100 is enough"}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: quantity}
spec: {policyName: quantity, validationActions: [Deny]}
`

// TestMachinePoolThatAPolicyRefuses: a real 422 is not taken for a conflict.
func TestMachinePoolThatAPolicyRefuses(t *testing.T) {
	f := newFleet(t)
	ref := f.cluster(t, "it-", 3)
	admin.Apply(t, quantityPolicy)
	defer admin.Delete(t, stack.Object{Kind: "ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io", Name: "quantity"})
	var err error
	stack.Eventually(t, wait, func() error { // it takes a moment to be active
		count := f.observe(t, ref).Count
		if err = f.scale(t, ref, count, 101+count%2); err == nil {
			return errors.New("the policy is not active")
		}
		return nil
	})
	require.ErrorIs(t, err, controller.ErrInvalid)
	require.ErrorContains(t, err, "100 is enough")
	require.NoError(t, f.scale(t, ref, f.observe(t, ref).Count, 4))
}

// TestMachinePoolChangeThatIsTakenBack: a patch that met another quantity is a conflict, also where that is gone
// again by the time it is looked for.
func TestMachinePoolChangeThatIsTakenBack(t *testing.T) {
	f := newFleet(t)
	ref := f.cluster(t, "it-", 3)
	to := func(quantity int64) func([]any) []any {
		return func(pools []any) []any { find(pools, "workers")["quantity"] = quantity; return pools }
	}
	f.observe(t, ref)
	f.edit(t, ref, to(7))
	answer := f.Inject(stack.Fault{Match: stack.Method(http.MethodPatch), Times: 1, Hold: stack.BeforeAnswer})
	outcome := make(chan error)
	go func() { outcome <- f.scale(t, ref, 3, 5) }()
	answer.WaitHeld(t, 1, wait)
	f.edit(t, ref, to(3))
	answer.Release()
	err := <-outcome
	require.ErrorIs(t, err, controller.ErrConflict)
	require.ErrorContains(t, err, "422: the server rejected our request due to an error in our request")
	require.Equal(t, 3, f.quantity(t, ref))
}
