package rancher2

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"alertscale/adapter/controller"
	"alertscale/adapter/driver/drivertest"
	driver "alertscale/adapter/driver/rancher2"
	"alertscale/rules"
	"alertscale/test/fakerancher2"
	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// newNodes is a Rancher with node pools, of a user who is a member of cluster c-abcde and of no other.
func newNodes(t *testing.T, o fakerancher2.Options) *fleet {
	t.Helper()
	f := &fleet{front: &front{Server: fakerancher2.Start(t, o)}}
	f.token = f.AddToken(fakerancher2.Holder{Members: []string{"c-abcde"}})
	base := time.Now()
	var err error
	f.driver, err = driver.New(driver.Config{URL: f.URL, Token: driver.Secret(f.token)},
		driver.Options{Version: "test", Now: func() time.Time { return base.Add(time.Duration(f.ahead.Load())) }})
	require.NoError(t, err)
	return f
}

func (f *fleet) nodePool(cluster string, quantity int) rules.Ref {
	id := f.AddNodePool(fakerancher2.NodePool{Cluster: cluster, Quantity: quantity})
	return rules.Ref{Driver: "r", Kind: "nodePool", Namespace: cluster, Name: strings.TrimPrefix(id, cluster+":")}
}

func id(ref rules.Ref) string { return ref.Namespace + ":" + ref.Name }

// TestNodePoolConformance runs the suite of all drivers on the stand-in.
func TestNodePoolConformance(t *testing.T) {
	f := newNodes(t, fakerancher2.Options{Settle: 10 * time.Millisecond})
	h := f.harm(drivertest.Harness{
		Driver: f.driver,
		Make:   func(_ *testing.T, count int) rules.Ref { return f.nodePool("c-abcde", count) },
		Count:  func(_ *testing.T, ref rules.Ref) int { return f.Quantity(id(ref)) },
		Change: func(_ *testing.T, ref rules.Ref, count int) {
			f.SetQuantity(id(ref), count)
			f.ahead.Add(int64(time.Second)) // it is the older read that is not relied on
		},
		Missing: func(*testing.T) rules.Ref {
			return rules.Ref{Driver: "r", Kind: "nodePool", Namespace: "c-abcde", Name: "np-nobody"}
		},
		Settle: func(*testing.T, rules.Ref) { f.ahead.Add(int64(time.Minute)) },
	})
	// The suite has a read refused and a write by turns. A write after one that failed is preceded by a read of its
	// own, which is let pass.
	turn := []string{http.MethodGet, http.MethodPut}
	h.Refuse = func(_ *testing.T, status int, after time.Duration) {
		f.Inject(stack.Fault{Match: stack.Method(turn[0]), Times: 1, Status: status, RetryAfter: int(after / time.Second)})
		turn = []string{turn[1], turn[0]}
	}
	drivertest.Run(t, h)
}

// TestNodePoolErrors: what the stand-in says where it does not do what it is asked for.
func TestNodePoolErrors(t *testing.T) {
	f := newNodes(t, fakerancher2.Options{})
	ref, foreign := f.nodePool("c-abcde", 3), f.nodePool("c-other", 3)
	f.observe(t, ref)
	f.ConflictNext(1)
	require.ErrorIs(t, f.scale(t, ref, 3, 4), controller.ErrConflict)
	require.Equal(t, 3, f.Quantity(id(ref)))
	_, err := f.driver.Observe(t.Context(), foreign)
	require.ErrorIs(t, err, controller.ErrNotFound)
	require.ErrorContains(t, err, "of a cluster that the user of the token may see")
	require.Equal(t, 3, f.observe(t, ref).Count)

	f.RemoveNodePool(id(ref))
	require.ErrorIs(t, f.scale(t, ref, 3, 4), controller.ErrNotFound)
	f.SetNodePools(false)
	_, err = f.driver.Observe(t.Context(), ref)
	require.ErrorIs(t, err, controller.ErrNotFound)
	require.ErrorContains(t, err, "which Rancher 2.15 and later have not")

	login := f.Login()
	_, err = f.driver.Observe(t.Context(), ref)
	require.ErrorContains(t, err, "redirects to /dashboard/auth/login, and the token is not sent there")
	login.Remove()
	gateway := f.Gateway(http.StatusBadGateway)
	_, err = f.driver.Observe(t.Context(), ref)
	require.ErrorContains(t, err, "502: <html>")
	gateway.Remove()
	f.Revoke(f.token)
	var busy *controller.ThrottledError
	_, err = f.driver.Observe(t.Context(), ref)
	require.ErrorAs(t, err, &busy)
	require.ErrorContains(t, err, "Rancher does not take the token")
}
