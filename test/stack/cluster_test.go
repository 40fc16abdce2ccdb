package stack

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

const scalerRole = `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {namespace: shop, name: scaler}
rules:
- {apiGroups: [apps], resources: [deployments/scale], verbs: [get, update, patch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {namespace: shop, name: scaler}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: scaler}
subjects: [{kind: ServiceAccount, namespace: alertscale, name: alertscale}]
`

// TestCluster shows what a cluster does, one thing after the other: to start
// one takes longer than all of them.
func TestCluster(t *testing.T) {
	account := ServiceAccount("alertscale", "alertscale")
	c := StartCluster(t, account)
	c.Client.CreateNamespace(t, "shop")
	web := Object{Kind: "Deployment", Namespace: "shop", Name: "web"}
	c.Client.Apply(t, Deployment(web.Namespace, web.Name, 3)+StatefulSet("shop", "db", 1))
	c.Client.WaitReady(t, web, 3, waitLong)

	t.Run("scales", func(t *testing.T) {
		watch := c.Client.WatchReplicas(t, web)
		c.Client.SetScale(t, web, 5)
		c.Client.WaitReady(t, web, 5, waitLong)
		watch.Exactly(t, 1, waitLong, time.Second)
		require.Equal(t, []int{3, 5}, watch.Values())
		c.Client.SetScale(t, web, 3)
		c.Client.WaitReady(t, web, 3, waitLong)
		db := Object{Kind: "StatefulSet", Namespace: "shop", Name: "db"}
		c.Client.SetScale(t, db, 2)
		c.Client.WaitReady(t, db, 2, waitLong)
	})
	t.Run("account", func(t *testing.T) {
		scaler := NewClient(t, c.API.Kubeconfig(t, account.Name))
		_, err := scaler.Read(t.Context(), web, "scale")
		require.True(t, apierrors.IsForbidden(err), "%v", err)
		c.Client.Apply(t, scalerRole)
		Eventually(t, waitLong, func() error {
			_, err := scaler.Read(t.Context(), web, "scale")
			return err
		})
		_, err = scaler.Read(t.Context(), web)
		require.True(t, apierrors.IsForbidden(err), "%v", err)
	})
	t.Run("proxy", func(t *testing.T) { proxied(t, c, web, account) })
	t.Run("definition", func(t *testing.T) { defined(t, c) })
	t.Run("restart", func(t *testing.T) { restarted(t, c, web) })
}

// proxied holds a change of the scale back on its way to the server.
func proxied(t *testing.T, c *Cluster, web Object, account Account) {
	proxy := ProxyAPIServer(t, c.API)
	scaler := NewClient(t, c.API.KubeconfigVia(t, proxy, account.Name))
	watch := c.Client.WatchReplicas(t, web)
	fault := proxy.Inject(Fault{Match: Method("PATCH"), Times: 1, Hold: BeforeRequest})
	done := make(chan struct{})
	go func() {
		defer close(done)
		scaler.SetScale(t, web, 4)
	}()
	fault.WaitHeld(t, 1, waitLong)
	time.Sleep(500 * time.Millisecond)
	require.Empty(t, watch.Changes())
	fault.Release()
	<-done
	watch.Exactly(t, 1, waitLong, 200*time.Millisecond)
	require.Equal(t, []int{3, 4}, watch.Values())
	require.Len(t, proxy.Requests(Method("PATCH")), 1)
}

const poolDefinition = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: pools.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Pool, plural: pools, singular: pool}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec: {type: object, properties: {replicas: {type: integer}}}
          status: {type: object, properties: {replicas: {type: integer}}}
    subresources:
      status: {}
      scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas}
`

// defined scales an object of a kind that is defined after the client was made.
func defined(t *testing.T, c *Cluster) {
	c.Client.Apply(t, poolDefinition)
	c.Client.WaitKind(t, "Pool.example.com", waitLong)
	c.Client.Apply(t, "{apiVersion: example.com/v1, kind: Pool, metadata: {namespace: shop, name: small}, spec: {replicas: 2}}")
	pool := Object{Kind: "Pool.example.com", Namespace: "shop", Name: "small"}
	require.Equal(t, 2, c.Client.Scale(t, pool))
	watch := c.Client.WatchReplicas(t, pool)
	c.Client.SetScale(t, pool, 3)
	watch.Wait(t, 1, waitLong)
	require.Equal(t, []int{2, 3}, watch.Values())
}

// restarted takes the API server away and brings it back: what was there is
// there, and a watch misses nothing.
func restarted(t *testing.T, c *Cluster, web Object) {
	watch := c.Client.WatchReplicas(t, web)
	c.API.Stop(t)
	_, err := c.Client.Read(t.Context(), web)
	require.Error(t, err)
	c.API.Start(t)
	c.Client.SetScale(t, web, 2)
	c.Client.WaitReady(t, web, 2, waitLong)
	c.API.Kill(t)
	c.API.Start(t)
	c.Client.SetScale(t, web, 1)
	c.Client.WaitReady(t, web, 1, waitLong)
	watch.Exactly(t, 2, waitLong, 500*time.Millisecond)
	require.Equal(t, []int{4, 2, 1}, watch.Values())
}
