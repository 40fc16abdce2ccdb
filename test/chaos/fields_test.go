package chaos

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"alertscale/adapter/controller"
	"alertscale/adapter/driver/drivertest"
	"alertscale/adapter/driver/kubernetes"
	"alertscale/rules"
	"alertscale/rules/engine"
	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// floors are a custom resource without a scale subresource, of which alertscale may change a field, as it may of
// HorizontalPodAutoscalers.
const floors = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: floors.example.org}
spec:
  group: example.org
  scope: Namespaced
  names: {kind: Floor, plural: floors, singular: floor}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec: {type: object, properties: {atLeast: {type: integer, minimum: 0}, text: {type: string}}}
`

const floorRoles = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: floors}
rules:
- {apiGroups: [example.org], resources: [floors], verbs: [get, patch]}
- {apiGroups: [autoscaling], resources: [horizontalpodautoscalers], verbs: [get, patch]}
- {apiGroups: [""], resources: [replicationcontrollers], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: floors}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: floors}
subjects: [{kind: ServiceAccount, namespace: monitoring, name: alertscale}]
`

// TestConformanceOfFields runs the suite of all drivers on a field of an object.
func TestConformanceOfFields(t *testing.T) {
	admin.Apply(t, floors)
	admin.WaitKind(t, "Floor.example.org", wait)
	admin.Apply(t, floorRoles)
	h := harness(t, workload{
		kind:     "Floor",
		manifest: "{apiVersion: example.org/v1, kind: Floor, metadata: {namespace: %s, name: %s}, spec: {atLeast: %d}}",
	})
	field := func(make func(*testing.T, int) rules.Ref, path string) func(*testing.T, int) rules.Ref {
		return func(t *testing.T, count int) rules.Ref {
			ref := make(t, count)
			ref.Path = path
			return ref
		}
	}
	h.Make, h.ReadOnly, h.Forbidden = field(h.Make, "/spec/atLeast"), field(h.ReadOnly, "/spec/replicas"), field(h.Forbidden, "/spec/replicas")
	h.Count = func(t *testing.T, ref rules.Ref) int {
		o := object(ref)
		if ref.Kind == "Floor" {
			o.Kind += ".example.org"
		}
		n, _, err := unstructured.NestedInt64(admin.Get(t, o).Object, strings.Split(ref.Path[1:], "/")...)
		require.NoError(t, err)
		return int(n)
	}
	h.Change = func(t *testing.T, ref rules.Ref, count int) {
		admin.Patch(t, stack.Object{Kind: "Floor.example.org", Namespace: ref.Namespace, Name: ref.Name}, map[string]any{"spec": map[string]any{"atLeast": count}})
	}
	h.Settle = func(*testing.T, rules.Ref) {}
	missing := h.Missing
	h.Missing = func(t *testing.T) rules.Ref { ref := missing(t); ref.Path = "/spec/atLeast"; return ref }
	h.Refuse, h.Requests = nil, nil // they know scales alone
	drivertest.Run(t, h)
}

// TestFieldOfAnAutoscaler changes what the API server itself knows the meaning of.
func TestFieldOfAnAutoscaler(t *testing.T) {
	admin.Apply(t, floors)
	admin.WaitKind(t, "Floor.example.org", wait)
	admin.Apply(t, floorRoles)
	s := newShop(t, 0)
	admin.Apply(t, fmt.Sprintf(`{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {namespace: %s, name: web},
  spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, maxReplicas: 5}}`, s))
	admin.Apply(t, fmt.Sprintf(`{apiVersion: example.org/v1, kind: Floor, metadata: {namespace: %s, name: web}, spec: {text: "3"}}`, s))
	proxy := stack.ProxyAPIServer(t, api)
	d, err := kubernetes.New(kubernetes.Config{Kubeconfig: accountVia(t, proxy)}, kubernetes.Options{Version: "test", Now: time.Now})
	require.NoError(t, err)
	defer d.Close()
	ref := rules.Ref{Driver: "kubernetes", Kind: "HorizontalPodAutoscaler", Namespace: string(s), Name: "web", Path: "/spec/minReplicas"}
	require.Eventually(t, func() bool { // the role may not have been heard of
		o, err := d.Observe(t.Context(), ref)
		return err == nil && o.Count == 1 && o.Ready && len(o.Conditions) == 0
	}, wait, 100*time.Millisecond)

	scale := func(from, to int) error {
		return d.Scale(t.Context(), ref, engine.Change{From: from, To: to})
	}
	require.NoError(t, scale(1, 3))
	require.ErrorIs(t, scale(1, 4), controller.ErrConflict)
	err = scale(3, 9)
	require.ErrorIs(t, err, controller.ErrInvalid)
	require.ErrorContains(t, err, "spec.maxReplicas")
	proxy.Inject(stack.Fault{Match: stack.Method(http.MethodPatch), Times: 1, Cut: stack.BeforeAnswer})
	require.Error(t, scale(3, 4))
	require.ErrorIs(t, scale(3, 4), controller.ErrConflict, "it had been carried out")

	streamed := proxy.Requests(func(r stack.Request) bool { return strings.HasSuffix(r.Path, "/horizontalpodautoscalers") })
	require.Len(t, streamed, 1, "what autoscalers there are comes by the watch")
	require.Contains(t, streamed[0].Query, "sendInitialEvents=true")

	ref.Kind, ref.Path = "Floor", "/spec/atLeast"
	_, err = d.Observe(t.Context(), ref)
	require.ErrorIs(t, err, controller.ErrInvalid)
	require.ErrorContains(t, err, "has no field /spec/atLeast")
	ref.Path = "/spec/text"
	_, err = d.Observe(t.Context(), ref)
	require.ErrorContains(t, err, `/spec/text is "3", and no whole number from 0 on`)
}
