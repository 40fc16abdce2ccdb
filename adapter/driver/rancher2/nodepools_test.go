package rancher2

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/rules"
	"alertscale/rules/engine"
)

func TestNodePoolStates(t *testing.T) {
	f := newFake(t)
	d := f.driver(t)
	for _, test := range []struct {
		state, transitioning string
		want                 engine.Observed
	}{
		{"active", "no", engine.Observed{Count: 3, Ready: true}},
		{"active", "", engine.Observed{Count: 3, Ready: true}},
		{"active", "yes", engine.Observed{Count: 3}},
		{"updating", "yes", engine.Observed{Count: 3}},
		{"updating", "no", engine.Observed{Count: 3}},
		{"active", "error", engine.Observed{Count: 3, Conditions: noted("the pool is in error: no template")}},
	} {
		ref := f.addNodePool("np-", 3)
		f.with(func() {
			p := f.nodePool(ref)
			p["state"], p["transitioning"], p["transitioningMessage"] = test.state, test.transitioning, "no\ntemplate"
		})
		require.Equal(t, test.want, observe(t, d, ref), test)
	}
}

func TestNodePoolsThatCannotBeScaled(t *testing.T) {
	for want, test := range map[string]struct {
		is   error
		edit object
	}{
		"not found: nodePool c-abcde/np-1: it is removing": {controller.ErrNotFound, object{"state": "removing"}},
		"not found: nodePool c-abcde/np-1: it is removed":  {controller.ErrNotFound, object{"state": "removed"}},
		"invalid: nodePool c-abcde/np-1: the pool has no quantity, so there is no count to begin with: set one in Rancher once": {
			controller.ErrInvalid, object{"quantity": nil}},
	} {
		f := newFake(t)
		d := f.driver(t)
		ref := f.addNodePool("np-", 3)
		f.with(func() {
			for k, v := range test.edit {
				f.nodePool(ref)[k] = v
			}
		})
		_, err := d.Observe(t.Context(), ref)
		require.EqualError(t, err, want)
		require.ErrorIs(t, err, test.is)
		require.EqualError(t, scale(t, d, ref, 3, 4), want)
		require.Zero(t, f.count(http.MethodPut))
	}
}

// Rancher 2.15 and later take a path that they have no type for as that of the API's root, or do not find it.
func TestAServerWithoutNodePools(t *testing.T) {
	ref := rules.Ref{Kind: kindNodePool, Namespace: "c-abcde", Name: "np-a"}
	for _, none := range []fault{
		saying(200, `{"baseType":"apiRoot","id":"/v3","type":"apiRoot","links":{}}`),
		saying(404, `{"type":"error","status":404,"code":"NotFound","message":"failed to find schema nodePools"}`),
	} {
		f := newFake(t)
		d := f.driver(t)
		f.fail(none, none)
		_, err := d.Observe(t.Context(), ref)
		require.ErrorIs(t, err, controller.ErrNotFound)
		require.ErrorContains(t, err, f.server.URL+" has no API of node pools: they are of RKE1, which Rancher 2.15 and later have not; of an RKE2 or K3s cluster take kind machinePool, and else check the url")
		require.ErrorIs(t, scale(t, d, ref, 1, 2), controller.ErrNotFound)
	}
}

// A read of a moment ago is the guard of a write; an older one is not relied on, nor is one before another write.
func TestTheReadIsTheGuard(t *testing.T) {
	f := newFake(t)
	d := f.driver(t)
	ref := f.addNodePool("np-", 3)
	require.NoError(t, scale(t, d, ref, 3, 4), "without a read it reads")
	require.Len(t, f.asked(), 2)
	require.NoError(t, scale(t, d, ref, 4, 5), "and so it does after a write")
	require.Len(t, f.asked(), 2)
	observe(t, d, ref)
	f.wait(fresh)
	require.NoError(t, scale(t, d, ref, 5, 6))
	require.Equal(t, []int{2, 1}, []int{f.count(http.MethodGet), f.count(http.MethodPut)})
	f.asked()
	observe(t, d, ref)
	require.EqualError(t, scale(t, d, ref, 5, 7), "changed in the meantime: nodePool c-abcde/np-1: its quantity is 6 and not 5")
	require.Len(t, f.asked(), 1)

	for _, after := range []fault{answering(500, 0), of409()} {
		observe(t, d, ref)
		f.fail(after)
		require.Error(t, scale(t, d, ref, 6, 7))
		f.setNodes(ref, 9)
		require.ErrorIs(t, scale(t, d, ref, 6, 7), controller.ErrConflict, "it is not known what became of the write before")
		f.setNodes(ref, 6)
	}
}

func of409() fault {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		normanError(w, 409, "Conflict", "the object has been modified", "")
		return true
	}
}

// One at a time works on a node pool; who waits goes when it is given up.
func TestLocks(t *testing.T) {
	f := newFake(t)
	d := f.driver(t)
	ref, other := f.addNodePool("np-", 3), f.addNodePool("np-", 3)
	lease, err := d.locks.Lock(t.Context(), ref.String())
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err = d.Observe(ctx, ref)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorIs(t, d.Scale(ctx, ref, engine.Change{From: 3, To: 4}), context.DeadlineExceeded)
	require.Empty(t, f.asked())
	observe(t, d, other)

	var wg sync.WaitGroup
	wg.Go(func() { observe(t, d, ref) })
	lease.Release()
	wg.Wait()
}

// A write that was given up may still land: until it has returned nobody reads or writes the pool.
func TestAWriteOfANodePoolThatIsGivenUp(t *testing.T) {
	f := newFake(t)
	d := f.driver(t)
	ref := f.addNodePool("np-", 3)
	observe(t, d, ref)
	begun, land := make(chan struct{}), make(chan struct{})
	f.fail(func(http.ResponseWriter, *http.Request) bool { close(begun); <-land; return false })
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-begun; cancel() }()
	err := d.Scale(ctx, ref, engine.Change{From: 3, To: 4})
	require.EqualError(t, err, "nodePool c-abcde/np-1: no answer in time: context canceled")
	short, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	_, err = d.Observe(short, ref)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	time.AfterFunc(30*time.Millisecond, func() { close(land) })
	require.Equal(t, 4, observe(t, d, ref).Count)

	f.asked()
	over, end := context.WithCancel(t.Context())
	end()
	require.ErrorIs(t, d.putNodePool(over, call{ref: ref, write: true}, engine.Change{From: 4, To: 5}), context.Canceled)
	require.Empty(t, f.asked(), "what was given up before it is not begun")
}
