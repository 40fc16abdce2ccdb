package chaos

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"alertscale/adapter/driver/drivertest"
	"alertscale/adapter/driver/kubernetes"
	"alertscale/rules"
	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// pools are a custom resource with a scale subresource, which alertscale may scale.
const pools = `
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
          spec: {type: object, properties: {size: {type: integer}}}
          status: {type: object, properties: {size: {type: integer}}}
    subresources:
      status: {}
      scale: {specReplicasPath: .spec.size, statusReplicasPath: .status.size}
`

// poolRoles lets alertscale scale pools, and read the scale of ReplicationControllers.
const poolRoles = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: pools}
rules:
- {apiGroups: [example.com], resources: [pools/scale], verbs: [get, patch]}
- {apiGroups: [""], resources: [replicationcontrollers/scale], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: pools}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: pools}
subjects: [{kind: ServiceAccount, namespace: monitoring, name: alertscale}]
`

// A workload is what the suite makes of a kind: the kind in a ref, a manifest with namespace, name and
// count, and its status with a count.
type workload struct {
	kind, manifest string
	status         func(count int) map[string]any
}

var (
	deployments = workload{
		kind:     "Deployment",
		manifest: "{apiVersion: apps/v1, kind: Deployment, metadata: {namespace: %s, name: %s}, spec: {replicas: %d, " + pods + "}}",
		status:   func(count int) map[string]any { return map[string]any{"replicas": count} },
	}
	customs = workload{
		kind:     "Pool",
		manifest: "{apiVersion: example.com/v1, kind: Pool, metadata: {namespace: %s, name: %s}, spec: {size: %d}}",
		status:   func(count int) map[string]any { return map[string]any{"size": count} },
	}
	statefulSets = workload{
		kind:     "StatefulSet",
		manifest: "{apiVersion: apps/v1, kind: StatefulSet, metadata: {namespace: %s, name: %s}, spec: {replicas: %d, serviceName: x, " + pods + "}}",
		status:   func(count int) map[string]any { return map[string]any{"replicas": count} },
	}
	readOnly = workload{
		kind: "ReplicationController",
		manifest: "{apiVersion: v1, kind: ReplicationController, metadata: {namespace: %s, name: %s}, spec: {replicas: %d, " +
			"selector: {app: x}, template: {metadata: {labels: {app: x}}, spec: {containers: [{name: main, image: none.invalid/none}]}}}}",
	}
	forbidden = workload{
		kind:     "ReplicaSet",
		manifest: "{apiVersion: apps/v1, kind: ReplicaSet, metadata: {namespace: %s, name: %s}, spec: {replicas: %d, " + pods + "}}",
	}
)

const pods = "selector: {matchLabels: {app: x}}, template: {metadata: {labels: {app: x}}, spec: {containers: [{name: main, image: none.invalid/none}]}}"

// TestConformance runs the suite of all drivers against the API server, under the account of the examples.
func TestConformance(t *testing.T) {
	admin.Apply(t, pools)
	admin.WaitKind(t, "Pool.example.com", wait)
	admin.Apply(t, poolRoles)
	for _, w := range []workload{deployments, statefulSets, customs} {
		t.Run(w.kind, func(t *testing.T) {
			drivertest.Run(t, harness(t, w))
		})
	}
}

func harness(t *testing.T, w workload) drivertest.Harness {
	s, proxy := newShop(t, 0), stack.ProxyAPIServer(t, api)
	driver, err := kubernetes.New(
		kubernetes.Config{Kubeconfig: accountVia(t, proxy), QPS: 1e6, Burst: 1e6},
		kubernetes.Options{Version: "test", Now: time.Now},
	)
	require.NoError(t, err)
	var names atomic.Int32
	maker := func(w workload) func(*testing.T, int) rules.Ref {
		return func(t *testing.T, count int) rules.Ref {
			name := fmt.Sprint("it-", names.Add(1))
			admin.Apply(t, fmt.Sprintf(w.manifest, s, name, count))
			return rules.Ref{Driver: "kubernetes", Kind: w.kind, Namespace: string(s), Name: name}
		}
	}
	var slow *stack.Injected
	return drivertest.Harness{
		Driver:    driver,
		Make:      maker(w),
		Forbidden: maker(forbidden),
		ReadOnly:  maker(readOnly),
		Count:     func(t *testing.T, ref rules.Ref) int { return admin.Scale(t, object(ref)) },
		Change:    func(t *testing.T, ref rules.Ref, count int) { admin.SetScale(t, object(ref), count) },
		Missing: func(*testing.T) rules.Ref {
			return rules.Ref{Driver: "kubernetes", Kind: w.kind, Namespace: string(s), Name: "nobody"}
		},
		MissingKind: func(*testing.T) rules.Ref {
			return rules.Ref{Driver: "kubernetes", Kind: "Deploymnt", Namespace: string(s), Name: "web"}
		},
		Settle: func(t *testing.T, ref rules.Ref) {
			admin.Patch(t, object(ref), map[string]any{"status": w.status(admin.Scale(t, object(ref)))}, "status")
		},
		Down: func(*testing.T) { proxy.Down() },
		Up:   func(t *testing.T) { proxy.Up(t) },
		Lose: func(*testing.T) {
			proxy.Inject(stack.Fault{Match: stack.Method(http.MethodPatch), Times: 1, Cut: stack.BeforeAnswer})
		},
		Refuse: func(_ *testing.T, status int, retryAfter time.Duration) {
			proxy.Inject(stack.Fault{Match: ofScale, Times: 1, Status: status, RetryAfter: int(retryAfter / time.Second)})
		},
		Slow: func(_ *testing.T, delay time.Duration) {
			if slow != nil {
				slow.Remove()
			}
			if delay > 0 {
				slow = proxy.Inject(stack.Fault{Delay: delay})
			}
		},
		Requests: func(*testing.T) (reads, writes int) {
			return len(proxy.Requests(readsScale)), len(proxy.Requests(stack.Method(http.MethodPatch)))
		},
	}
}

// object is what the tests call a ref.
func object(ref rules.Ref) stack.Object {
	kind := ref.Kind
	if kind == customs.kind {
		kind += ".example.com"
	}
	return stack.Object{Kind: kind, Namespace: ref.Namespace, Name: ref.Name}
}
