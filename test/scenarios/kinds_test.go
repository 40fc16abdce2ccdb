package scenarios

import (
	"testing"

	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// TestKinds scales a StatefulSet, a custom resource and Deployments of two namespaces by one file. The
// account may scale custom resources only once a role of its own says so: until then that is rejected,
// and the others are served all the same.
func TestKinds(t *testing.T) {
	for _, namespace := range []string{"data", "team-a", "team-b", "other"} {
		cluster.Client.CreateNamespace(t, namespace)
	}
	cluster.Client.Apply(t, testdata(t, "pool.yaml"))
	cluster.Client.WaitKind(t, "Pool.example.com", wait)
	cluster.Client.Apply(t, "{apiVersion: example.com/v1, kind: Pool, metadata: {namespace: data, name: small}, spec: {replicas: 2}}")
	cluster.Client.Apply(t, stack.StatefulSet("data", "db", 1))
	deployments(t, "team-a", map[string]int{"web": 1})
	deployments(t, "team-b", map[string]int{"web": 3})
	deployments(t, "other", map[string]int{"web": 2})
	watch := func(kind, namespace, name string) *stack.FieldWatch {
		return cluster.Client.WatchReplicas(t, stack.Object{Kind: kind, Namespace: namespace, Name: name})
	}
	db, pool := watch("StatefulSet", "data", "db"), watch("Pool.example.com", "data", "small")
	a, b, other := watch("Deployment", "team-a", "web"), watch("Deployment", "team-b", "web"), watch("Deployment", "other", "web")

	scaler := stack.StartAlertscale(t, stack.AlertscaleOptions{Config: testdata(t, "kinds.yml"), Kubeconfig: account(t)})
	am := stack.StartAlertmanager(t, stack.AlertmanagerOptions{
		Config: stack.WebhookConfig([]string{scaler.URL + "/webhook"}, "repeat_interval: 2s"),
	})
	am.Post(t,
		alert("statefulset", "db"),
		alert("pool", "small"),
		alert("namespace", "team-a", "deployment", "web"),
		alert("namespace", "team-b", "deployment", "web"),
		alert("namespace", "other", "deployment", "web"),
	)
	for _, w := range []*stack.FieldWatch{db, a, b} {
		w.Wait(t, 1, wait)
	}
	const ref = "ref=kubernetes:Pool.example.com/data/small "
	require.Contains(t, waitLogged(t, scaler, ref, "verdict=rejected"), "forbidden")
	require.Empty(t, pool.Changes())

	cluster.Client.Apply(t, testdata(t, "pool-role.yaml"))
	defer cluster.Client.Delete(t, stack.Object{Kind: "ClusterRoleBinding", Name: "alertscale-pools"})
	pool.Wait(t, 1, wait)
	cluster.Client.WaitReady(t, stack.Object{Kind: "StatefulSet", Namespace: "data", Name: "db"}, 2, wait)
	cluster.Client.WaitReady(t, deployment("team-b", "web"), 5, wait)
	pool.Exactly(t, 1, wait, quiet)
	for w, want := range map[*stack.FieldWatch][]int{db: {1, 2}, pool: {2, 5}, a: {1, 2}, b: {3, 5}, other: {2}} {
		require.Equal(t, want, w.Values())
	}
	for _, want := range []string{
		`ref=kubernetes:StatefulSet/data/db target=db rule="db is busy" verdict=scaled from=1 to=2 `,
		ref + `target=pool rule="pool is busy" verdict=scaled from=2 to=5 `,
		`ref=kubernetes:Deployment/team-a/web target=team rule="a team's deployment is busy" verdict=scaled from=1 to=2 `,
		`ref=kubernetes:Deployment/team-b/web target=team rule="a team's deployment is busy" verdict=scaled from=3 to=5 `,
	} {
		require.Len(t, logged(scaler, want), 1, want)
	}
	require.Len(t, scaled(scaler), 4)
}

// alert returns an alert Busy with more labels, names and values by turns.
func alert(labels ...string) stack.Alert {
	a := stack.Alert{Labels: map[string]string{"alertname": "Busy"}}
	for i := 0; i < len(labels); i += 2 {
		a.Labels[labels[i]] = labels[i+1]
	}
	return a
}
