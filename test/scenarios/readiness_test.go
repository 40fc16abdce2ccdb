package scenarios

import (
	"fmt"
	"testing"

	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// pending is a Deployment whose pods are made, and not started before somebody gives them a node.
const pending = `{apiVersion: apps/v1, kind: Deployment, metadata: {namespace: slow, name: %s}, spec: {replicas: 1,
  selector: {matchLabels: {app: %[1]s}}, template: {metadata: {labels: {app: %[1]s}}, spec: {containers: [{name: main, image: none.invalid/none}]}}}}`

// TestReadiness has three Deployments that are to take two steps: one whose pods are ready at once takes both. The others
// wait with the second, though as many pods are there as were asked for: one until they are ready, one, whose pods never are,
// until it has waited for long enough.
func TestReadiness(t *testing.T) {
	cluster.Client.CreateNamespace(t, "slow")
	cluster.Client.Apply(t, testdata(t, "readiness-role.yaml"))
	defer cluster.Client.Delete(t, stack.Object{Kind: "ClusterRoleBinding", Name: "alertscale-readiness"})
	deployments(t, "slow", map[string]int{"fast": 1})
	made := map[string]*stack.FieldWatch{}
	for _, name := range []string{"late", "stuck"} {
		cluster.Client.Apply(t, fmt.Sprintf(pending, name))
		made[name] = cluster.Client.WatchField(t, deployment("slow", name), "status", "replicas")
	}
	late, stuck := cluster.Client.WatchReplicas(t, deployment("slow", "late")), cluster.Client.WatchReplicas(t, deployment("slow", "stuck"))

	a := stack.StartAlertscale(t, stack.AlertscaleOptions{Config: testdata(t, "readiness.yml"), Kubeconfig: account(t)})
	am := stack.StartAlertmanager(t, stack.AlertmanagerOptions{Config: stack.WebhookConfig([]string{a.URL + "/webhook"})})
	steps := func(name string) (all []stack.Alert) {
		for _, deployment := range []string{"fast", "late", "stuck"} {
			all = append(all, alert("deployment", deployment, "step", name))
		}
		return all
	}
	am.Post(t, steps("first")...)
	for _, name := range []string{"fast", "late", "stuck"} {
		waitLogged(t, a, "Deployment/slow/"+name+" ", "verdict=scaled from=1 to=2")
	}
	for _, watch := range made {
		require.Eventually(t, func() bool { all := watch.Values(); return all[len(all)-1] == 2 }, wait, quiet/100)
	}
	cluster.Client.WaitReady(t, deployment("slow", "fast"), 2, wait)

	am.Post(t, steps("second")...)
	waitLogged(t, a, "Deployment/slow/fast ", "verdict=scaled from=2 to=3")
	for _, name := range []string{"late", "stuck"} {
		line := waitLogged(t, a, "Deployment/slow/"+name+" ", "verdict=not_ready from=2 to=2")
		require.Contains(t, line, "is not ready; it is waited for until")
	}

	require.Len(t, late.Changes(), 1)
	giveNodes(t, "slow", "late", 2)
	line := waitLogged(t, a, "Deployment/slow/late ", "verdict=scaled from=2 to=3")
	require.NotContains(t, line, "ready")

	line = waitLogged(t, a, "Deployment/slow/stuck ", "verdict=scaled from=2 to=3")
	require.Contains(t, line, "is not ready after 20s; it is waited for no longer")
	stuck.Wait(t, 2, wait)
	require.Equal(t, []int{1, 2, 3}, stuck.Values())
}

// giveNodes gives the pods of a Deployment, of which there are n without one, a node, as a scheduler does.
func giveNodes(t *testing.T, namespace, app string, n int) {
	t.Helper()
	pods := cluster.Client.Dynamic.Resource(schema.GroupVersionResource{Version: "v1", Resource: "pods"}).Namespace(namespace)
	all, err := pods.List(t.Context(), metav1.ListOptions{LabelSelector: "app=" + app, FieldSelector: "spec.nodeName="})
	require.NoError(t, err)
	require.Len(t, all.Items, n)
	for _, pod := range all.Items {
		_, err := pods.Create(t.Context(), &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "v1", "kind": "Binding",
			"metadata": map[string]any{"namespace": namespace, "name": pod.GetName()},
			"target":   map[string]any{"apiVersion": "v1", "kind": "Node", "name": stack.Node},
		}}, metav1.CreateOptions{}, "binding")
		require.NoError(t, err)
	}
}
