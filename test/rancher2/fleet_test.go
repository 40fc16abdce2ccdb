package rancher2

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	driver "alertscale/adapter/driver/rancher2"
	"alertscale/rules"
	"alertscale/rules/engine"
	"alertscale/test/fakerancher2"
	"alertscale/test/shipped"
	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// A fleet is a namespace with clusters whose machines a Rancher makes, and a driver of their pools. What the
// driver's user may do there is what Rancher grants an owner: everything, of the clusters that are named.
type fleet struct {
	*front
	namespace string
	driver    *driver.Driver
	ahead     atomic.Int64 // of the driver's clock, which stands still unless it is set ahead
	made      atomic.Int32
}

// fleetRoles grant an account what an owner has of clusters it-1, it-2 and so on, and a member of ro-1 and so on.
const fleetRoles = `
apiVersion: v1
kind: ServiceAccount
metadata: {namespace: NAMESPACE, name: owner}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {namespace: NAMESPACE, name: owner}
rules:
- {apiGroups: [provisioning.cattle.io], resources: [clusters], resourceNames: [OWNED], verbs: [get, patch]}
- {apiGroups: [provisioning.cattle.io], resources: [clusters], resourceNames: [SEEN], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {namespace: NAMESPACE, name: owner}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: owner}
subjects: [{kind: ServiceAccount, namespace: NAMESPACE, name: owner}]
`

func newFleet(t *testing.T) *fleet {
	t.Helper()
	definition, err := os.ReadFile("testdata/clusters-crd.yaml")
	require.NoError(t, err)
	admin.Apply(t, string(definition))
	admin.WaitKind(t, "Cluster.provisioning.cattle.io", wait)
	f := &fleet{namespace: newNamespace(t, 0)}
	names := func(prefix string) string {
		var all []string
		for i := range 50 {
			all = append(all, fmt.Sprint(prefix, i))
		}
		return strings.Join(all, ", ")
	}
	admin.Apply(t, strings.NewReplacer("NAMESPACE", f.namespace, "OWNED", names("it-")+", nobody", "SEEN", names("ro-")).Replace(fleetRoles))
	f.front = newFront(t, fakerancher2.Options{TLS: true}, shipped.Token(t, admin, f.namespace, "owner"), fakerancher2.Local)
	base := time.Now()
	f.driver, err = driver.New(
		driver.Config{URL: f.URL + "/v3", TokenFile: fileOf(t, f.token+"\n"), CAFile: fileOf(t, string(f.CA)), ClusterNamespace: f.namespace},
		driver.Options{Version: "test", Now: func() time.Time { return base.Add(time.Duration(f.ahead.Load())) }})
	require.NoError(t, err)
	return f
}

// cluster makes a cluster of three pools, the one in the middle of which has a quantity, and returns its ref.
func (f *fleet) cluster(t *testing.T, prefix string, quantity int) rules.Ref {
	t.Helper()
	name := fmt.Sprint(prefix, f.made.Add(1)%50)
	admin.Apply(t, fmt.Sprintf(`
apiVersion: provisioning.cattle.io/v1
kind: Cluster
metadata: {namespace: %s, name: %s}
spec:
  kubernetesVersion: v1.33.4+rke2r1
  rkeConfig:
    upgradeStrategy: {workerConcurrency: "1"}
    machinePools:
    - {name: control, quantity: 3, etcdRole: true, controlPlaneRole: true, machineConfigRef: {kind: VmwarevsphereConfig, name: a}}
    - {name: workers, quantity: %d, workerRole: true, labels: {a: b}, machineConfigRef: {kind: VmwarevsphereConfig, name: b}}
    - {name: gpu, quantity: 1, workerRole: true}
`, f.namespace, name, quantity))
	f.settle(t, rules.Ref{Namespace: name})
	return rules.Ref{Driver: "r", Kind: "machinePool", Namespace: name, Name: "workers"}
}

func (f *fleet) object(ref rules.Ref) stack.Object {
	return stack.Object{Kind: "Cluster.provisioning.cattle.io", Namespace: f.namespace, Name: ref.Namespace}
}

// settle lets Rancher have made the machines that are asked for.
func (f *fleet) settle(t *testing.T, ref rules.Ref) {
	t.Helper()
	f.status(t, ref, "True", "")
	f.ahead.Add(int64(time.Minute))
}

// status is what Rancher says of a cluster, having taken notice of all that is asked for.
func (f *fleet) status(t *testing.T, ref rules.Ref, updated, message string) {
	t.Helper()
	of := func(kind string) any { return map[string]any{"type": kind, "status": updated, "message": message} }
	admin.Patch(t, f.object(ref), map[string]any{"status": map[string]any{
		"observedGeneration": admin.Get(t, f.object(ref)).GetGeneration(),
		"conditions":         []any{of("Updated"), of("Provisioned")},
	}}, "status")
}

// edit changes the pools of a cluster as Rancher's pages do: the whole of it, at the version that was read.
func (f *fleet) edit(t *testing.T, ref rules.Ref, change func(pools []any) []any) {
	t.Helper()
	clusters := admin.Dynamic.Resource(schema.GroupVersionResource{Group: "provisioning.cattle.io", Version: "v1", Resource: "clusters"}).Namespace(f.namespace)
	for {
		o := admin.Get(t, f.object(ref))
		config := o.Object["spec"].(map[string]any)["rkeConfig"].(map[string]any)
		config["machinePools"] = change(config["machinePools"].([]any))
		ctx, cancel := context.WithTimeout(t.Context(), wait)
		_, err := clusters.Update(ctx, o, metav1.UpdateOptions{})
		cancel()
		if !apierrors.IsConflict(err) {
			require.NoError(t, err)
			return
		}
	}
}

// pool is one of a cluster's pools, as it is stored.
func (f *fleet) pool(t *testing.T, ref rules.Ref) map[string]any {
	t.Helper()
	config := admin.Get(t, f.object(ref)).Object["spec"].(map[string]any)["rkeConfig"].(map[string]any)
	return find(config["machinePools"].([]any), ref.Name)
}

func find(pools []any, name string) map[string]any {
	i := slices.IndexFunc(pools, func(p any) bool { return p.(map[string]any)["name"] == name })
	return pools[i].(map[string]any)
}

func (f *fleet) quantity(t *testing.T, ref rules.Ref) int {
	t.Helper()
	n, _ := f.pool(t, ref)["quantity"].(int64)
	return int(n)
}

func (f *fleet) observe(t *testing.T, ref rules.Ref) engine.Observed {
	t.Helper()
	o, err := f.driver.Observe(t.Context(), ref)
	require.NoError(t, err)
	return o
}

// obstacle is the fact for which a pool is not scaled; empty where it is.
func obstacle(o engine.Observed) engine.Condition {
	fact, _ := o.Obstacle()
	return fact
}

func (f *fleet) scale(t *testing.T, ref rules.Ref, from, to int) error {
	t.Helper()
	return f.driver.Scale(t.Context(), ref, engine.Change{From: from, To: to})
}
