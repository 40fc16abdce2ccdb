package stack

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestZZ(t *testing.T) {
	account := ServiceAccount("alertscale", "alertscale")
	c := StartCluster(t, account)
	c.Client.CreateNamespace(t, "shop")
	web := Object{Kind: "Deployment", Namespace: "shop", Name: "web"}
	c.Client.Apply(t, Deployment("shop", "web", 3)+scalerRole)
	proxy := ProxyAPIServer(t, c.API)
	a := StartAlertscale(t, AlertscaleOptions{
		Kubeconfig: c.API.KubeconfigVia(t, proxy, account.Name),
		Config: `
targets:
  web: {driver: kubernetes, kind: Deployment, namespace: shop, name: web, min: 1, max: 10}
rules:
- {name: busy, matchers: ['alertname="Busy"'], target: web, up: 2}
`})
	am := StartAlertmanager(t, AlertmanagerOptions{Config: WebhookConfig([]string{a.URL + "/webhook"})})
	w := c.Client.WatchReplicas(t, web)
	am.Post(t, Alert{Labels: map[string]string{"alertname": "Busy"}})
	w.Exactly(t, 1, 20*time.Second, time.Second)
	require.Equal(t, []int{3, 5}, w.Values())
	t.Log(proxy.Requests(nil))
	t.Log(a.Get(t, "/api/v1/targets"))
	a.Kill(t)
	a.Start(t)
	t.Log(a.Log())
}
