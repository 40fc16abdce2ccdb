package scenarios

import (
	"testing"

	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// stuck is a Deployment whose pods are made, and never started: nobody gives them a node.
const stuck = `{apiVersion: apps/v1, kind: Deployment, metadata: {namespace: slow, name: stuck}, spec: {replicas: 1,
  selector: {matchLabels: {app: stuck}}, template: {metadata: {labels: {app: stuck}}, spec: {containers: [{name: main, image: none.invalid/none}]}}}}`

// TestReadiness has two Deployments that are to take two steps: one whose pods are ready at once takes both, the other one
// waits with the second, though as many pods are there as were asked for.
func TestReadiness(t *testing.T) {
	cluster.Client.CreateNamespace(t, "slow")
	cluster.Client.Apply(t, testdata(t, "readiness-role.yaml"))
	defer cluster.Client.Delete(t, stack.Object{Kind: "ClusterRoleBinding", Name: "alertscale-readiness"})
	deployments(t, "slow", map[string]int{"fast": 1})
	cluster.Client.Apply(t, stuck)
	made := cluster.Client.WatchField(t, deployment("slow", "stuck"), "status", "replicas")

	a := stack.StartAlertscale(t, stack.AlertscaleOptions{Config: testdata(t, "readiness.yml"), Kubeconfig: account(t)})
	am := stack.StartAlertmanager(t, stack.AlertmanagerOptions{Config: stack.WebhookConfig([]string{a.URL + "/webhook"})})
	am.Post(t, alert("deployment", "fast", "step", "first"), alert("deployment", "stuck", "step", "first"))
	waitLogged(t, a, "Deployment/slow/fast ", "verdict=scaled from=1 to=2")
	waitLogged(t, a, "Deployment/slow/stuck ", "verdict=scaled from=1 to=2")
	cluster.Client.WaitReady(t, deployment("slow", "fast"), 2, wait)
	require.Eventually(t, func() bool { all := made.Values(); return all[len(all)-1] == 2 }, wait, quiet/100)

	am.Post(t, alert("deployment", "fast", "step", "second"), alert("deployment", "stuck", "step", "second"))
	waitLogged(t, a, "Deployment/slow/fast ", "verdict=scaled from=2 to=3")
	require.Contains(t, waitLogged(t, a, "Deployment/slow/stuck ", "verdict=not_ready from=2 to=2"), "is not ready; it is waited for until")
}
