package rancher2

import (
	"path/filepath"
	"strings"
	"testing"

	"alertscale/test/shipped"
	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// TestTheOperatorsManifests applies examples/kubernetes/operator to a cluster with the operator. It adds the route to
// Alertmanager's configuration, and a real Alertmanager brings the alerts to alertscale by it.
func TestTheOperatorsManifests(t *testing.T) {
	server := stack.StartAPIServer(t, stack.APIServerOptions{})
	m := monitored{api: server, admin: stack.NewClient(t, server.Kubeconfig(t, stack.Admin))}
	stack.StartOperator(t, server)
	for _, name := range []string{monitoring, "shop"} {
		m.admin.CreateNamespace(t, name)
	}
	token := shipped.Account(t, server)
	m.admin.Apply(t, testdata(t, "monitoring.yaml"))
	// A field that the API server does not know would be an error.
	m.admin.Apply(t, stack.Render(t, filepath.Join(shipped.Dir, "kubernetes/operator")))

	config := m.configuration(t, "shop/alertscale/alertscale")
	for alert, receiver := range map[string]string{
		"alertname=DeploymentBusy namespace=shop deployment=web":  "shop/alertscale/alertscale",
		"alertname=DeploymentIdle namespace=shop deployment=web":  "shop/alertscale/alertscale",
		"alertname=DeploymentBusy namespace=other deployment=web": "null",
		"alertname=Watchdog": "null",
	} {
		require.Equal(t, receiver, route(t, config, strings.Fields(alert)...), alert)
	}
	m.admin.Apply(t, stack.Deployment("shop", "web", 3))
	a := stack.StartAlertscale(t, stack.AlertscaleOptions{
		Config: shipped.File(t, "alertscale.yml"), Kubeconfig: stack.WriteKubeconfig(t, server.URL, server.CA, token),
	})
	const service = "http://alertscale.monitoring.svc:9098/webhook"
	require.Equal(t, 1, strings.Count(config, service))
	am := stack.StartAlertmanager(t, stack.AlertmanagerOptions{
		Config: strings.NewReplacer(service, a.URL+"/webhook", "group_wait: 10s", "group_wait: 1s").Replace(config),
	})
	am.Post(t, stack.Alert{Labels: map[string]string{"alertname": "DeploymentBusy", "namespace": "shop", "deployment": "web", "severity": "warning"}})
	stack.Eventually(t, wait, func() error { return scaledTo(a, "kubernetes:Deployment/shop/web", "from=3 to=5") })
}

// TestTheOperatorsRules checks that the rules of the manifests are those of examples/rules.conf.
func TestTheOperatorsRules(t *testing.T) {
	all := ruleGroups(t, "kubernetes/operator/prometheusrule.yaml", "spec", "groups")
	require.Equal(t, ruleGroups(t, "rules.conf", "groups"), all)
}
