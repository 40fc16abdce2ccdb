package scenarios

import (
	"fmt"
	"slices"
	"testing"

	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

const hpa = `{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {namespace: scaled, name: %s},
  spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: %[1]s}, minReplicas: 2, maxReplicas: %d}}`

// TestAutoscalers has Deployments whose count is an autoscaler's: one of Kubernetes, which its controller enforces, and
// one of KEDA, of which there is the kind alone. They are left alone, and their floors are raised instead, the one of the
// HPA to the effect that its controller raises the count. What was done, and what was not, is told as Events.
func TestAutoscalers(t *testing.T) {
	cluster.Client.CreateNamespace(t, "scaled")
	cluster.Client.Apply(t, testdata(t, "scaledobject.yaml"))
	cluster.Client.WaitKind(t, "ScaledObject.keda.sh", wait)
	cluster.Client.Apply(t, testdata(t, "floor-role.yaml"))
	defer cluster.Client.Delete(t, stack.Object{Kind: "ClusterRoleBinding", Name: "alertscale-floors"})
	deployments(t, "scaled", map[string]int{"web": 3, "queue": 1, "free": 1, "late": 2})
	cluster.Client.Apply(t, fmt.Sprintf(hpa, "web", 5))
	cluster.Client.Apply(t, "{apiVersion: keda.sh/v1alpha1, kind: ScaledObject, metadata: {namespace: scaled, name: queue}, spec: {scaleTargetRef: {name: queue}}}")
	web, queue := cluster.Client.WatchReplicas(t, deployment("scaled", "web")), cluster.Client.WatchReplicas(t, deployment("scaled", "queue"))

	a := stack.StartAlertscale(t, stack.AlertscaleOptions{Config: testdata(t, "autoscalers.yml"), Kubeconfig: account(t)})
	am := stack.StartAlertmanager(t, stack.AlertmanagerOptions{Config: stack.WebhookConfig([]string{a.URL + "/webhook"})})
	am.Post(t, alert("deployment", "web"), alert("deployment", "queue"), alert("deployment", "free"))
	waitLogged(t, a, "ref=kubernetes:Deployment/scaled/web ", "verdict=owned from=3 to=3",
		"owned: HorizontalPodAutoscaler web keeps the count between 2 and 5; scale its floor instead (kind: HorizontalPodAutoscaler, name: web, path: /spec/minReplicas), or say when_owned: override")
	waitLogged(t, a, "ref=kubernetes:Deployment/scaled/queue ", "verdict=owned from=1 to=1", "owned: ScaledObject queue keeps the count between 0 and 100")
	waitLogged(t, a, "ref=kubernetes:Deployment/scaled/free ", "verdict=scaled from=1 to=3")

	// An autoscaler that comes later is known as soon.
	cluster.Client.Apply(t, fmt.Sprintf(hpa, "late", 5))
	am.Post(t, alert("deployment", "late"))
	waitLogged(t, a, "ref=kubernetes:Deployment/scaled/late ", "verdict=owned from=2 to=2", "owned: HorizontalPodAutoscaler late keeps the count between 2 and 5")

	am.Post(t, alert("hpa", "web"), alert("scaledobject", "queue"), alert("odd", "web"))
	waitLogged(t, a, "ref=kubernetes:HorizontalPodAutoscaler/scaled/web#/spec/minReplicas ", "verdict=scaled from=2 to=4")
	waitLogged(t, a, "ref=kubernetes:ScaledObject/scaled/queue#/spec/minReplicaCount ", "verdict=scaled from=0 to=2")
	waitLogged(t, a, "ref=kubernetes:HorizontalPodAutoscaler/scaled/web#/spec/scaleTargetRef/name ", "verdict=rejected", `/spec/scaleTargetRef/name is \"web\", and no whole number from 0 on`)
	web.Wait(t, 1, wait) // by the controller of the HPA
	require.Equal(t, []int{3, 4}, web.Values())
	require.Empty(t, queue.Changes())

	for about, want := range map[string]string{
		"Deployment web":              `Warning Owned`,
		"Deployment queue":            `Warning Owned`,
		"Deployment free":             `Normal Scaled the count: 1 → 3 by rule "deployment is busy": 1 alert fires; up 2: 1 → 3`,
		"HorizontalPodAutoscaler web": `Normal Scaled /spec/minReplicas: 2 → 4 by rule "more at least": 1 alert fires; up 2: 2 → 4`,
		"ScaledObject queue":          `Normal Scaled /spec/minReplicaCount: 0 → 2 by rule "more of a queue": 1 alert fires; up 2: 0 → 2`,
	} {
		waitEvent(t, "scaled", about, want)
	}
}

// waitEvent waits for an Event of alertscale about an object, written kind and name, whose type, reason and message begin
// so, and which is the object's own.
func waitEvent(t *testing.T, namespace, about, want string) {
	t.Helper()
	api := cluster.Client.Dynamic.Resource(schema.GroupVersionResource{Version: "v1", Resource: "events"}).Namespace(namespace)
	stack.Eventually(t, wait, func() error {
		all, err := api.List(t.Context(), metav1.ListOptions{})
		if err != nil {
			return err
		}
		var told []string
		for _, e := range all.Items {
			text := func(path ...string) string { s, _, _ := unstructured.NestedString(e.Object, path...); return s }
			if text("source", "component") == "alertscale" && text("involvedObject", "kind")+" "+text("involvedObject", "name") == about && text("involvedObject", "uid") != "" {
				told = append(told, text("type")+" "+text("reason")+" "+text("message"))
			}
		}
		if !slices.ContainsFunc(told, func(s string) bool { return len(s) >= len(want) && s[:len(want)] == want }) {
			return fmt.Errorf("Events of %s are %q, none begins with %q", about, told, want)
		}
		return nil
	})
}
