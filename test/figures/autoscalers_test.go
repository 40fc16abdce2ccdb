package figures

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"alertscale/test/shipped"
	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// autoscalers measures what memory it takes to know which Deployments have a HorizontalPodAutoscaler, where there are many of
// those.
func autoscalers(t *testing.T, b *bench) {
	needProc(t)
	const all, namespaces = 10_000, 100
	o := serving{
		path: shipped.Build(t), dir: t.TempDir(), text: anyDeployment,
		kubeconfig: stack.WriteKubeconfig(t, b.api.URL, b.api.CA, b.token),
	}
	b.deployment(t, "free")
	b.deployment(t, "owned")
	none := watching(t, o)

	var names []string
	for i := range namespaces {
		names = append(names, fmt.Sprintf("autoscaled-%02d", i))
		b.admin.Apply(t, "{apiVersion: v1, kind: Namespace, metadata: {name: "+names[i]+"}}")
	}
	made := took(t, func() error {
		return forAll(t.Context(), 16, names, func(ctx context.Context, namespace string) error {
			for i := range all / namespaces {
				if err := b.autoscaler(ctx, namespace, fmt.Sprintf("checkout-service-%02d", i)); err != nil {
					return err
				}
			}
			return nil
		})
	})
	require.NoError(t, b.autoscaler(t.Context(), namespace, "owned"))
	many := watching(t, o, "owned")

	b.table.atMost("10,000 HorizontalPodAutoscalers watched", 60, many.resident-none.resident, "MiB",
		mib(many.collected-none.collected)+" after GC", mib(many.most-none.most)+" at the most", "they were made within "+sec(made))
}

// autoscaler makes a HorizontalPodAutoscaler of a Deployment of its name, with as much in it as those have that people apply.
func (b *bench) autoscaler(ctx context.Context, namespace, name string) error {
	var object unstructured.Unstructured
	err := yaml.NewYAMLOrJSONDecoder(strings.NewReader(fmt.Sprintf(`
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  namespace: %s
  name: %s
  labels: {app.kubernetes.io/name: %[2]s, app.kubernetes.io/part-of: shop, app.kubernetes.io/managed-by: Helm, helm.sh/chart: service-1.2.3}
  annotations:
    meta.helm.sh/release-name: %[2]s
    meta.helm.sh/release-namespace: %[1]s
    kubectl.kubernetes.io/last-applied-configuration: %[3]q
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: %[2]s}
  minReplicas: 2
  maxReplicas: 20
  metrics:
  - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}
  - {type: Resource, resource: {name: memory, target: {type: Utilization, averageUtilization: 80}}}
  behavior:
    scaleDown: {stabilizationWindowSeconds: 300, policies: [{type: Percent, value: 10, periodSeconds: 60}]}
    scaleUp: {policies: [{type: Pods, value: 4, periodSeconds: 15}, {type: Percent, value: 100, periodSeconds: 15}], selectPolicy: Max}
`, namespace, name, strings.Repeat("x", 800))), 4096).Decode(&object.Object)
	if err != nil {
		return err
	}
	api := b.admin.Dynamic.Resource(schema.GroupVersionResource{Group: "autoscaling", Version: "v2", Resource: "horizontalpodautoscalers"})
	_, err = api.Namespace(namespace).Create(ctx, &object, metav1.CreateOptions{})
	return err
}

// memory is what alertscale has, in MiB.
type memory struct{ resident, collected, most float64 }

// watching starts alertscale, has it change a Deployment, so that it watches autoscalers, and checks that it knows of those of
// some Deployments.
func watching(t *testing.T, o serving, owned ...string) memory {
	t.Helper()
	p := serve(t, o)
	defer p.end(t)
	busy := func(deployment string) {
		s := newSender(p.url, map[string]string{"alertname": "Busy", "namespace": namespace, "deployment": deployment, "run": p.url})
		require.NoError(t, s.fire())
	}
	busy("free")
	time.Sleep(settle)
	for _, deployment := range owned {
		busy(deployment)
		require.Contains(t, get(t, p.url+"/api/v1/decisions?verdict=owned"), "kubernetes:Deployment/"+namespace+"/"+deployment)
	}
	time.Sleep(settle)
	m := memory{resident: p.resident(t), most: float64(field(t, p.proc(t, "status"), "VmHWM")) / 1024}
	m.collected, _ = p.collected(t)
	return m
}
