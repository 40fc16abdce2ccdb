package rancher2

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"alertscale/test/fakerancher2"
	"alertscale/test/shipped"
	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const monitoring = "cattle-monitoring-system"

// A cluster with Rancher's monitoring, as far as it is needed: its operator, and what its chart makes of
// Alertmanager.
type monitored struct {
	api   *stack.APIServer
	admin *stack.Client
}

func newMonitored(t *testing.T) monitored {
	t.Helper()
	server := stack.StartAPIServer(t, stack.APIServerOptions{})
	m := monitored{api: server, admin: stack.NewClient(t, server.Kubeconfig(t, stack.Admin))}
	stack.StartOperator(t, server)
	for _, name := range []string{monitoring, "shop", "fleet-default"} {
		m.admin.CreateNamespace(t, name)
	}
	m.admin.Apply(t, testdata(t, "monitoring.yaml"))
	// A field that the API server does not know would be an error.
	m.admin.Apply(t, stack.Render(t, filepath.Join(shipped.Dir, "rancher/rancher2")))
	return m
}

// configuration waits until the operator has made Alertmanager's, and it contains a text.
func (m monitored) configuration(t *testing.T, contains string) (text string) {
	t.Helper()
	secret := stack.Object{Kind: "Secret", Namespace: monitoring, Name: "alertmanager-rancher-monitoring-alertmanager-generated"}
	stack.Eventually(t, wait, func() error {
		o, err := m.admin.Read(t.Context(), secret)
		if err != nil {
			return err
		}
		text = unpacked(t, o)
		if !strings.Contains(text, contains) {
			return fmt.Errorf("no %q in:\n%s", contains, text)
		}
		return nil
	})
	return text
}

func unpacked(t *testing.T, secret *unstructured.Unstructured) string {
	t.Helper()
	packed, _, err := unstructured.NestedString(secret.Object, "data", "alertmanager.yaml.gz")
	require.NoError(t, err)
	r, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(packed)))
	require.NoError(t, err)
	var b bytes.Buffer
	_, err = b.ReadFrom(r)
	require.NoError(t, err)
	return b.String()
}

// TestExamples applies the manifests of examples/rancher/rancher2 to a cluster with the operator of Rancher's
// monitoring. The operator adds their routes to Alertmanager's configuration; with that, a real Alertmanager
// brings the alerts to alertscale, which scales, under the account and the role of the manifests, a Deployment
// of the cluster, and by way of a Rancher a pool of machines.
func TestExamples(t *testing.T) {
	m := newMonitored(t)
	config := m.configuration(t, "shop/alertscale/alertscale")
	require.Contains(t, config, `namespace="shop"`)
	t.Run("routes", func(t *testing.T) { routes(t, config) })
	t.Run("for all namespaces", func(t *testing.T) {
		m.admin.Patch(t, stack.Object{Kind: "Alertmanager.monitoring.coreos.com", Namespace: monitoring, Name: "rancher-monitoring-alertmanager"},
			map[string]any{"spec": map[string]any{"alertmanagerConfigMatcherStrategy": map[string]any{"type": "None"}}})
		stack.Eventually(t, wait, func() error {
			if all := m.configuration(t, ""); strings.Contains(all, `namespace="shop"`) {
				return fmt.Errorf("still for one namespace:\n%s", all)
			}
			return nil
		})
		all := m.configuration(t, "")
		require.Equal(t, "shop/alertscale/alertscale", route(t, all, "alertname=DeploymentBusy", "namespace=other"))
	})
	t.Run("chain", func(t *testing.T) { m.chain(t, config) })
}

// routes checks which alerts go to alertscale by the configuration that the operator has made.
func routes(t *testing.T, config string) {
	for _, component := range []stack.Component{stack.Alertmanager, stack.Alertmanager027} {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "alertmanager.yml"), []byte(config), 0o600))
		out, err := stack.Run(t, dir, component, "amtool", "check-config", "alertmanager.yml")
		require.NoError(t, err, "%s\n%s", out, config)
	}
	for alert, receiver := range map[string]string{
		"alertname=DeploymentBusy namespace=shop deployment=web":  "shop/alertscale/alertscale",
		"alertname=DeploymentIdle namespace=shop deployment=web":  "shop/alertscale/alertscale",
		"alertname=DeploymentBusy namespace=other deployment=web": "null",
		"alertname=NodesFull namespace=" + monitoring:             monitoring + "/alertscale/alertscale",
		"alertname=NodesIdle namespace=" + monitoring:             monitoring + "/alertscale/alertscale",
		"alertname=Watchdog": "null",
	} {
		require.Equal(t, receiver, route(t, config, strings.Fields(alert)...), alert)
	}
}

// route returns the receivers of an alert.
func route(t *testing.T, config string, labels ...string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "alertmanager.yml"), []byte(config), 0o600))
	out, err := stack.Run(t, dir, stack.Alertmanager, "amtool",
		append([]string{"config", "routes", "test", "--config.file=alertmanager.yml"}, labels...)...)
	require.NoError(t, err, out)
	return strings.TrimSpace(out)
}

// chain brings alerts to alertscale by that configuration. Their way is made short, and addresses are those here.
func (m monitored) chain(t *testing.T, config string) {
	m.admin.Apply(t, testdata(t, "clusters-crd.yaml"))
	m.admin.WaitKind(t, "Cluster.provisioning.cattle.io", wait)
	m.admin.Apply(t, testdata(t, "production.yaml"))
	m.admin.Apply(t, stack.Deployment("shop", "web", 3))
	r := fakerancher2.Start(t, fakerancher2.Options{TLS: true})
	r.AddCluster(t, fakerancher2.Local, fakerancher2.Cluster{URL: m.api.URL, CA: m.api.CA, Token: m.api.Token(t, stack.Admin)})

	a := stack.StartAlertscale(t, stack.AlertscaleOptions{
		Config: shipped.Replace(t, shipped.File(t, "rancher/rancher2/alertscale.yml"),
			"\n    url: https://rancher.example.com\n", "\n    url: "+r.URL+"\n    ca_file: "+fileOf(t, string(r.CA))+"\n",
			"\n    token_file: /run/secrets/rancher/token\n", "\n    token_file: "+fileOf(t, r.AddToken(fakerancher2.Holder{}))+"\n"),
		Kubeconfig: stack.WriteKubeconfig(t, m.api.URL, m.api.CA, shipped.Token(t, m.admin, monitoring, "alertscale")),
	})
	a.WaitConnected(t, 2)
	require.Contains(t, a.Log(), "address="+r.URL+" user=admin version="+fakerancher2.Version+" ")
	const service = "http://alertscale." + monitoring + ".svc:9098/webhook"
	require.Equal(t, 2, strings.Count(config, service))
	am := stack.StartAlertmanager(t, stack.AlertmanagerOptions{
		Config: strings.NewReplacer(service, a.URL+"/webhook", "group_wait: 10s", "group_wait: 1s").Replace(config),
	})
	am.Post(t,
		stack.Alert{Labels: map[string]string{"alertname": "DeploymentBusy", "namespace": "shop", "deployment": "web"}},
		stack.Alert{Labels: map[string]string{"alertname": "NodesFull", "namespace": monitoring, "pool": "workers"}},
	)
	stack.Eventually(t, wait, func() error { return scaledTo(a, "kubernetes:Deployment/shop/web", "from=3 to=5") })
	stack.Eventually(t, wait, func() error { return scaledTo(a, "rancher2:machinePool/production/workers", "from=3 to=4") })
	require.Equal(t, 5, m.admin.Scale(t, stack.Object{Kind: "Deployment", Namespace: "shop", Name: "web"}))
	production := m.admin.Get(t, stack.Object{Kind: "Cluster.provisioning.cattle.io", Namespace: "fleet-default", Name: "production"})
	pools, _, err := unstructured.NestedSlice(production.Object, "spec", "rkeConfig", "machinePools")
	require.NoError(t, err)
	require.Equal(t, []any{
		map[string]any{"name": "control", "quantity": int64(3)}, map[string]any{"name": "workers", "quantity": int64(4)},
	}, pools)
}
