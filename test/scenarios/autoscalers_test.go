package scenarios

import (
	"fmt"
	"testing"
	"time"

	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// hpa is the manifest of an autoscaler of a Deployment of its name, with a floor of two. It has no metrics, so that its
// controller keeps the count within the bounds, and does nothing else.
func hpa(namespace, name string, most int) string {
	return fmt.Sprintf(`{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {namespace: %s, name: %s},
  spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: %[2]s}, minReplicas: 2, maxReplicas: %d}}`, namespace, name, most)
}

// TestAutoscalers has Deployments whose count is an autoscaler's: one of Kubernetes, which its controller enforces, and
// one of KEDA, of which there is the kind alone. They are left alone, and their floors are raised instead, the one of the
// HPA to the effect that its controller raises the count, and lowered again when the alert is over. What was done, and what
// was not, is told as Events.
func TestAutoscalers(t *testing.T) {
	cluster.Client.CreateNamespace(t, "scaled")
	cluster.Client.Apply(t, testdata(t, "scaledobject.yaml"))
	cluster.Client.WaitKind(t, "ScaledObject.keda.sh", wait)
	cluster.Client.Apply(t, testdata(t, "floor-role.yaml"))
	defer cluster.Client.Delete(t, stack.Object{Kind: "ClusterRoleBinding", Name: "alertscale-floors"})
	deployments(t, "scaled", map[string]int{"web": 3, "queue": 1, "free": 1, "late": 2})
	cluster.Client.Apply(t, hpa("scaled", "web", 5))
	cluster.Client.Apply(t, "{apiVersion: keda.sh/v1alpha1, kind: ScaledObject, metadata: {namespace: scaled, name: queue}, spec: {scaleTargetRef: {name: queue}}}")
	floorOf := stack.Object{Kind: "HorizontalPodAutoscaler", Namespace: "scaled", Name: "web"}
	floor := cluster.Client.WatchField(t, floorOf, "spec", "minReplicas")
	web, queue := cluster.Client.WatchReplicas(t, deployment("scaled", "web")), cluster.Client.WatchReplicas(t, deployment("scaled", "queue"))

	a := stack.StartAlertscale(t, stack.AlertscaleOptions{Config: testdata(t, "autoscalers.yml"), Kubeconfig: account(t)})
	am := stack.StartAlertmanager(t, stack.AlertmanagerOptions{Config: stack.WebhookConfig([]string{a.URL + "/webhook"})})
	am.Post(t, alert("deployment", "web"), alert("deployment", "queue"), alert("deployment", "free"))
	waitLogged(t, a, "ref=kubernetes:Deployment/scaled/web ", "verdict=owned from=3 to=3",
		"owned: HorizontalPodAutoscaler web keeps the count between 2 and 5; scale its floor instead (kind: HorizontalPodAutoscaler, name: web, path: /spec/minReplicas), or say when_owned: override")
	waitLogged(t, a, "ref=kubernetes:Deployment/scaled/queue ", "verdict=owned from=1 to=1", "owned: ScaledObject queue keeps the count between 0 and 100")
	waitLogged(t, a, "ref=kubernetes:Deployment/scaled/free ", "verdict=scaled from=1 to=3")

	// An autoscaler that comes later is known as soon.
	cluster.Client.Apply(t, hpa("scaled", "late", 5))
	am.Post(t, alert("deployment", "late"))
	waitLogged(t, a, "ref=kubernetes:Deployment/scaled/late ", "verdict=owned from=2 to=2", "owned: HorizontalPodAutoscaler late keeps the count between 2 and 5")

	am.Post(t, alert("hpa", "web"), alert("scaledobject", "queue"), alert("odd", "web"))
	waitLogged(t, a, "ref=kubernetes:HorizontalPodAutoscaler/scaled/web#/spec/minReplicas ", "verdict=scaled from=2 to=4")
	waitLogged(t, a, "ref=kubernetes:ScaledObject/scaled/queue#/spec/minReplicaCount ", "verdict=scaled from=0 to=2")
	waitLogged(t, a, "ref=kubernetes:HorizontalPodAutoscaler/scaled/web#/spec/scaleTargetRef/name ", "verdict=rejected", `/spec/scaleTargetRef/name is \"web\", and no whole number from 0 on`)
	web.Wait(t, 1, wait) // by the controller of the HPA
	require.Equal(t, []int{3, 4}, web.Values())
	require.Empty(t, queue.Changes())

	for about, want := range map[stack.Object]string{
		deployment("scaled", "web"):   `Warning Owned`,
		deployment("scaled", "queue"): `Warning Owned`,
		deployment("scaled", "free"):  `Normal Scaled the count: 1 → 3 by rule "deployment is busy": 1 alert fires; up 2: 1 → 3`,
		floorOf:                       `Normal Scaled /spec/minReplicas: 2 → 4 by rule "more at least": 1 alert fires; up 2: 2 → 4`,
		{Kind: "ScaledObject.keda.sh", Namespace: "scaled", Name: "queue"}: `Normal Scaled /spec/minReplicaCount: 0 → 2 by rule "more of a queue": 1 alert fires; up 2: 0 → 2`,
	} {
		cluster.Client.WaitEvent(t, about, want, wait)
	}

	over := alert("hpa", "web")
	over.EndsAt = time.Now()
	am.Post(t, over)
	floor.Exactly(t, 3, wait, quiet)
	require.Equal(t, []int{2, 4, 3, 2}, floor.Values())
}

// TestOverriddenAutoscaler has a Deployment whose count is an autoscaler's, and a target that changes it all the same. What it
// makes of it within the autoscaler's bounds stays; what is beyond them the autoscaler's controller takes back.
func TestOverriddenAutoscaler(t *testing.T) {
	cluster.Client.CreateNamespace(t, "overridden")
	deployments(t, "overridden", map[string]int{"web": 2})
	cluster.Client.Apply(t, hpa("overridden", "web", 6))
	web := cluster.Client.WatchReplicas(t, deployment("overridden", "web"))
	a := stack.StartAlertscale(t, stack.AlertscaleOptions{Config: testdata(t, "overridden.yml"), Kubeconfig: account(t)})
	am := stack.StartAlertmanager(t, stack.AlertmanagerOptions{Config: stack.WebhookConfig([]string{a.URL + "/webhook"})})

	am.Post(t, alert("step", "first"))
	line := waitLogged(t, a, "ref=kubernetes:Deployment/overridden/web ", "verdict=scaled from=2 to=5")
	require.Contains(t, line, "HorizontalPodAutoscaler web keeps the count between 2 and 6")
	web.Exactly(t, 1, wait, quiet)

	am.Post(t, alert("step", "second"))
	waitLogged(t, a, "ref=kubernetes:Deployment/overridden/web ", "verdict=scaled from=5 to=8")
	web.Exactly(t, 3, wait, quiet)
	require.Equal(t, []int{2, 5, 8, 6}, web.Values())
}
