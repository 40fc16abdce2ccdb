package swarm

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	standin "alertscale/test/fakerancher/rancher"
	"alertscale/test/fakerancher2"
	"alertscale/test/shipped"
	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// together is a file for several kinds of workloads: four, where there is an engine.
func together(legacy *standin.Server, rancher2 string) string {
	key := legacy.ProjectKey()
	drivers := []string{
		"  kubernetes: {kubeconfig: kubeconfig}",
		fmt.Sprintf("  legacy: {type: rancher, url: '%s', access_key: '%s', secret_key: '%s'}", legacy.URL(), key.Access, key.Secret),
		fmt.Sprintf("  rancher2: {url: '%s', token_file: token}", rancher2),
	}
	targets := []string{
		"  deployment: {driver: kubernetes, kind: Deployment, namespace: shop, name: web, max: 100, cooldown: 0s}",
		"  service: {driver: legacy, kind: service, namespace: shop, name: web, max: 100, cooldown: 0s}",
		"  pool: {driver: rancher2, kind: machinePool, namespace: prod, name: workers, max: 100, cooldown: 0s}",
	}
	names := []string{"deployment", "service", "pool"}
	if absent == nil {
		drivers = append(drivers, fmt.Sprintf("  swarm: {host: '%s'}", engine.host))
		targets = append(targets, "  replicas: {driver: swarm, kind: service, name: shop_web, max: 100, cooldown: 0s}")
		names = append(names, "replicas")
	}
	var rules []string
	for _, alert := range []string{"WebBusy", "WebBusier"} {
		for _, name := range names {
			rules = append(rules, fmt.Sprintf("  - {name: %s of %s, matchers: ['alertname=%q'], target: %[2]s, up: 1}", alert, name, alert))
		}
	}
	return strings.Join(slices.Concat([]string{"drivers:"}, drivers, []string{"targets:"}, targets, []string{"rules:"}, rules), "\n") + "\n"
}

// fleet is a cluster of Rancher 2, and the right to change it.
const fleet = `
{apiVersion: v1, kind: Namespace, metadata: {name: shop}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: fleet-default}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {namespace: fleet-default, name: alertscale}
rules:
- {apiGroups: [provisioning.cattle.io], resources: [clusters], resourceNames: [prod], verbs: [get, patch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {namespace: fleet-default, name: alertscale}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: alertscale}
subjects: [{kind: ServiceAccount, namespace: ACCOUNTS, name: ACCOUNT}]
---
apiVersion: provisioning.cattle.io/v1
kind: Cluster
metadata: {namespace: fleet-default, name: prod}
spec:
  rkeConfig:
    machinePools:
    - {name: control, quantity: 1, etcdRole: true, controlPlaneRole: true}
    - {name: workers, quantity: 3, workerRole: true}
`

// TestTogether: one notification scales a Deployment, a service of Rancher 1.6, a machine pool of Rancher 2 and,
// where there is an engine, a service of a swarm. One of them that fails keeps none of the others from it, and
// comes after.
func TestTogether(t *testing.T) {
	api := stack.StartAPIServer(t, stack.APIServerOptions{})
	admin, token := stack.NewClient(t, api.Kubeconfig(t, stack.Admin)), shipped.Account(t, api)
	applyFleet(t, admin)
	rancher2 := fakerancher2.Start(t, fakerancher2.Options{})
	rancher2.AddCluster(t, fakerancher2.Local, fakerancher2.Cluster{URL: api.URL, CA: api.CA, Token: token})
	legacy := standin.Start(t, standin.Options{Speed: 10})
	web := legacy.AddService(standin.ServiceSpec{Stack: legacy.AddStack(legacy.Project(), "shop"), Name: "web", Scale: 3})
	counts := map[string]func() int{
		"kubernetes:Deployment/shop/web": func() int {
			return admin.Scale(t, stack.Object{Kind: "Deployment", Namespace: "shop", Name: "web"})
		},
		"legacy:service/shop/web":           func() int { return legacy.Scale(web) },
		"rancher2:machinePool/prod/workers": func() int { return workers(t, admin) },
	}
	if absent == nil {
		makeService(t, engine, "shop_web", 3)
		counts["swarm:service/shop_web"] = func() int { return inspect(t, engine, "shop_web").count() }
	} else {
		t.Logf("NOT TESTED with a real swarm: %v", absent)
	}
	a := stack.NewAlertscale(t, stack.AlertscaleOptions{Config: together(legacy, rancher2.URL)})
	for name, text := range map[string]string{
		"kubeconfig": string(read(t, stack.WriteKubeconfig(t, api.URL, api.CA, token))), "token": rancher2.AddToken(fakerancher2.Holder{}),
	} {
		require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(a.Config), name), []byte(text), 0o600))
	}
	a.Start(t)

	code, body := a.Post(t, "/webhook", notification(t, time.Now().UTC()))
	require.Equal(t, http.StatusOK, code, body)
	require.ElementsMatch(t, lines("scaled 3→4 ", counts), verdicts(t, body))
	require.Equal(t, lines("4 ", counts), found(counts))

	legacy.Unavailable(http.StatusServiceUnavailable)
	busier := strings.NewReplacer("WebBusy", "WebBusier", "b0a2a5b4b1b7d0c1", "b0a2a5b4b1b7d0c2").Replace(notification(t, time.Now().UTC()))
	code, body = a.Post(t, "/webhook", busier)
	require.Equal(t, http.StatusServiceUnavailable, code, body)
	require.Contains(t, body, "1 of "+fmt.Sprint(len(counts))+" decisions failed")
	want := strings.Replace(strings.Join(lines("5 ", counts), "\n"), "5 legacy", "4 legacy", 1)
	require.ElementsMatch(t, strings.Split(want, "\n"), found(counts), "the others are served")
	code, body = a.Post(t, "/webhook", busier)
	require.Equal(t, http.StatusServiceUnavailable, code, body)
	require.Equal(t, len(counts)-1, strings.Count(body, `"verdict":"duplicate"`), body)

	legacy.Heal()
	stack.Eventually(t, wait, func() error {
		if n := counts["legacy:service/shop/web"](); n != 5 {
			return fmt.Errorf("the service of Rancher 1.6 has %d", n)
		}
		return nil
	})
	code, body = a.Post(t, "/webhook", busier)
	require.Equal(t, http.StatusOK, code, body)
	require.ElementsMatch(t, lines("duplicate 5→5 ", counts), verdicts(t, body))
	time.Sleep(quiet)
	require.Equal(t, lines("5 ", counts), found(counts))
}

// applyFleet makes a Deployment and a cluster that a Rancher 2 manages, and grants alertscale's account the latter.
func applyFleet(t *testing.T, admin *stack.Client) {
	t.Helper()
	admin.Apply(t, string(read(t, "../rancher2/testdata/clusters-crd.yaml")))
	admin.WaitKind(t, "Cluster.provisioning.cattle.io", wait)
	admin.Apply(t, strings.NewReplacer("ACCOUNTS", shipped.Namespace, "ACCOUNT", shipped.Name).Replace(fleet))
	admin.Apply(t, stack.Deployment("shop", "web", 3))
}

// workers is the quantity of the pool of workers.
func workers(t *testing.T, admin *stack.Client) int {
	t.Helper()
	cluster := admin.Get(t, stack.Object{Kind: "Cluster.provisioning.cattle.io", Namespace: "fleet-default", Name: "prod"})
	pools, _, err := unstructured.NestedSlice(cluster.Object, "spec", "rkeConfig", "machinePools")
	require.NoError(t, err)
	return int(pools[1].(map[string]any)["quantity"].(int64))
}

// lines puts the same before each ref.
func lines(before string, counts map[string]func() int) (all []string) {
	for _, ref := range slices.Sorted(maps.Keys(counts)) {
		all = append(all, before+ref)
	}
	return all
}

// found is the count of each ref, as it is.
func found(counts map[string]func() int) (all []string) {
	for _, ref := range slices.Sorted(maps.Keys(counts)) {
		all = append(all, fmt.Sprint(counts[ref](), " ", ref))
	}
	return all
}
