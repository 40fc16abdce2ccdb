package rancher2

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/adapter/driver/drivertest"
	"alertscale/adapter/driver/internal/httpx"
	"alertscale/rules"
	"alertscale/rules/engine"
)

func TestConformanceMachinePool(t *testing.T) {
	f := newFake(t)
	drivertest.Run(t, f.harm(drivertest.Harness{
		Driver:    f.driver(t),
		Make:      func(_ *testing.T, count int) rules.Ref { return f.addCluster("prod", count) },
		Forbidden: func(_ *testing.T, count int) rules.Ref { return f.addCluster("locked", count) },
		ReadOnly:  func(_ *testing.T, count int) rules.Ref { return f.addCluster("readonly", count) },
		Count:     func(_ *testing.T, ref rules.Ref) int { return f.quantity(ref) },
		Change: func(_ *testing.T, ref rules.Ref, count int) {
			f.edit(ref, func(_, pool object) { pool["quantity"] = float64(count) })
		},
		Missing: func(*testing.T) rules.Ref {
			return rules.Ref{Driver: "r", Kind: kindMachinePool, Namespace: "nobody", Name: "workers"}
		},
		Settle: func(_ *testing.T, ref rules.Ref) { f.settle(ref) },
	}))
}

func TestConformanceNodePool(t *testing.T) {
	f := newFake(t)
	h := f.harm(drivertest.Harness{
		Driver:    f.driver(t),
		Make:      func(_ *testing.T, count int) rules.Ref { return f.addNodePool("np-", count) },
		Forbidden: func(_ *testing.T, count int) rules.Ref { return f.addNodePool("locked", count) },
		ReadOnly:  func(_ *testing.T, count int) rules.Ref { return f.addNodePool("readonly", count) },
		Count:     func(_ *testing.T, ref rules.Ref) int { return f.nodes(ref) },
		Change:    func(_ *testing.T, ref rules.Ref, count int) { f.setNodes(ref, count) },
		Missing: func(*testing.T) rules.Ref {
			return rules.Ref{Driver: "r", Kind: kindNodePool, Namespace: "c-abcde", Name: "np-nobody"}
		},
		Settle: func(*testing.T, rules.Ref) { f.wait(settling) },
	})
	// The suite has a read refused and a write by turns. A write after one that failed is preceded by a read of its
	// own, which is let pass.
	turn := []string{http.MethodGet, http.MethodPut}
	h.Refuse = func(_ *testing.T, status int, after time.Duration) {
		f.fail(f.of(turn[0], answering(status, after)))
		turn = []string{turn[1], turn[0]}
	}
	drivertest.Run(t, h)
}

// of lets requests of other methods pass until one comes that is of this.
func (f *fake) of(method string, fail fault) fault {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == method {
			return fail(w, r)
		}
		f.fail(f.of(method, fail))
		return false
	}
}

// harm gives a harness the faults of the fake.
func (f *fake) harm(h drivertest.Harness) drivertest.Harness {
	h.MissingKind = func(*testing.T) rules.Ref {
		return rules.Ref{Driver: "r", Kind: "Deployment", Namespace: "shop", Name: "web"}
	}
	h.Down = func(*testing.T) { f.with(func() { f.down = true }) }
	h.Up = func(*testing.T) { f.with(func() { f.down = false }) }
	h.Lose = func(*testing.T) { f.with(func() { f.lose = true }) }
	h.Refuse = func(_ *testing.T, status int, after time.Duration) { f.fail(answering(status, after)) }
	h.Slow = func(_ *testing.T, delay time.Duration) { f.slow(delay) }
	h.Requests = func(*testing.T) (reads, writes int) {
		return f.count(http.MethodGet), f.count(http.MethodPatch, http.MethodPut)
	}
	return h
}

// nodes is the quantity of a node pool.
func (f *fake) nodes(ref rules.Ref) (n int) {
	f.with(func() {
		switch v := f.nodePool(ref)["quantity"].(type) {
		case int:
			n = v
		case float64:
			n = int(v)
		}
	})
	return n
}

// setNodes changes a node pool as somebody else does, more than a moment after the driver last read it.
func (f *fake) setNodes(ref rules.Ref, count int) {
	f.with(func() { f.nodePool(ref)["quantity"] = count })
	f.wait(fresh)
}

func observe(t testing.TB, d *Driver, ref rules.Ref) engine.Observed {
	t.Helper()
	o, err := d.Observe(t.Context(), ref)
	require.NoError(t, err)
	return o
}

func scale(t testing.TB, d *Driver, ref rules.Ref, from, to int) error {
	t.Helper()
	return d.Scale(t.Context(), ref, engine.Change{From: from, To: to})
}

func TestRequestsOfAChange(t *testing.T) {
	f := newFake(t)
	d := f.driver(t)
	ref := f.addCluster("prod", 3)
	observe(t, d, ref)
	require.NoError(t, scale(t, d, ref, 3, 5))
	const path = "/k8s/clusters/local/apis/provisioning.cattle.io/v1/namespaces/fleet-default/clusters/prod1"
	require.Equal(t, []string{"GET " + path, "PATCH " + path}, f.asked())

	ref = f.addNodePool("np-", 3)
	observe(t, d, ref)
	require.NoError(t, scale(t, d, ref, 3, 5))
	const pool = "/v3/nodePools/c-abcde:np-2"
	require.Equal(t, []string{"GET " + pool, "PUT " + pool}, f.asked())
	f.with(func() { require.Equal(t, map[string]bool{"alertscale/1.2.3": true}, f.agents) })
}

func TestRefsThatAreNone(t *testing.T) {
	f := newFake(t)
	d := f.driver(t)
	for want, ref := range map[string]rules.Ref{
		`not found: kind "host": of Rancher 2 there are machinePool and nodePool; the workloads of its clusters are for a driver of type kubernetes`: {Kind: "host", Namespace: "prod", Name: "web"},
		`invalid: machinePool prod/w: there is no path /spec; leave it out`:                                                                          {Kind: kindMachinePool, Namespace: "prod", Name: "w", Path: "/spec"},
		`invalid: machinePool prod/: a target needs a name, that of the pool`:                                                                        {Kind: kindMachinePool, Namespace: "prod"},
		`invalid: nodePool /np-a: a pool is of a cluster; give the target its name as the namespace`:                                                 {Kind: kindNodePool, Name: "np-a"},
		`invalid: machinePool ../w: ".." is no name of a cluster`:                                                                                    {Kind: kindMachinePool, Namespace: "..", Name: "w"},
		`invalid: nodePool c-a/a/b: "a/b" is no name of a pool`:                                                                                      {Kind: kindNodePool, Namespace: "c-a", Name: "a/b"},
	} {
		_, err := d.Observe(t.Context(), ref)
		require.EqualError(t, err, want)
		require.EqualError(t, scale(t, d, ref, 1, 2), want)
	}
	for _, part := range []string{"..", ".", "a%2f..", "a?b", "a#b", "a/b", "a b", "c-a:np-b"} {
		for _, kind := range []string{kindMachinePool, kindNodePool} {
			for _, ref := range []rules.Ref{{Kind: kind, Namespace: part, Name: "w"}, {Kind: kind, Namespace: "prod", Name: part}} {
				require.ErrorIs(t, scale(t, d, ref, 1, 2), controller.ErrInvalid)
			}
		}
	}
	ref := f.addCluster("prod", 3)
	for _, to := range []int{-1, 1 << 31} {
		require.ErrorIs(t, scale(t, d, ref, 3, to), controller.ErrInvalid)
	}
	require.Empty(t, f.asked())
}

// What a server answers while it starts is not taken for good.
func TestANoAfterAFailureIsNotFinal(t *testing.T) {
	f := newFake(t)
	d := f.driver(t)
	locked, gone := f.addCluster("locked", 3), rules.Ref{Kind: kindNodePool, Namespace: "c-abcde", Name: "np-gone"}
	f.fail(answering(502, 0))
	_, err := d.Observe(t.Context(), locked)
	require.EqualError(t, err, "machinePool locked1/workers: 502: not now")
	for i, ref := range []rules.Ref{locked, gone, gone} {
		if i == 2 {
			f.fail(saying(200, `{"type":"apiRoot"}`))
		}
		_, err = d.Observe(t.Context(), ref)
		require.ErrorAs(t, err, new(*controller.ThrottledError))
		require.False(t, httpx.Permanent(err))
		require.ErrorContains(t, err, "(not final: Rancher failed a moment ago, and may not know yet)")
	}
	f.wait(httpx.Recovering)
	_, err = d.Observe(t.Context(), locked)
	require.ErrorIs(t, err, controller.ErrForbidden)
	_, err = d.Observe(t.Context(), gone)
	require.ErrorIs(t, err, controller.ErrNotFound)
}
