package rancher_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/test/fakerancher/rancher"
	"alertscale/test/stack"
)

func TestMain(m *testing.M) { os.Exit(stack.Main(m, func(stack.T) {})) }

// TestTheWholeChain: a real Alertmanager notifies alertscale of an alert for a service and of one for a group of
// hosts. Each takes its step once, however often Alertmanager repeats itself, also where alertscale is killed
// while hosts are made.
func TestTheWholeChain(t *testing.T) {
	server := rancher.Start(t, rancher.Options{Speed: 10})
	web := server.AddService(rancher.ServiceSpec{Stack: server.AddStack(server.Project(), "shop"), Name: "web", Scale: 2})
	server.AddHost(rancher.HostSpec{
		Project: server.Project(), Hostname: "web01", Labels: map[string]string{"pool": "web"},
		Configs: map[string]map[string]any{"fooConfig": {"size": "large"}},
	})
	key := server.ProjectKey()
	a := stack.StartAlertscale(t, stack.AlertscaleOptions{Config: fmt.Sprintf(`
drivers: {rancher: {url: '%s', access_key: '%s', secret_key: '%s'}}
targets:
  web: {driver: rancher, kind: service, namespace: shop, name: web, max: 10, cooldown: 0s}
  pool: {driver: rancher, kind: host, selector: {pool: web}, max: 5, cooldown: 0s}
rules:
  - {name: web is busy, matchers: ['alertname="Busy"'], target: web, up: 2}
  - {name: hosts are full, matchers: ['alertname="Busy"'], target: pool, up: 2}
`, server.URL(), key.Access, key.Secret)})
	am := stack.StartAlertmanager(t, stack.AlertmanagerOptions{
		Config: stack.WebhookConfig([]string{a.URL + "/webhook"}, "group_wait: 1s", "group_interval: 1s", "repeat_interval: 2s"),
	})
	am.Post(t, stack.Alert{Labels: map[string]string{"alertname": "Busy"}})
	stack.Eventually(t, time.Minute, func() error {
		if len(server.Hostnames(server.Project())) < 2 {
			return fmt.Errorf("hosts: %v", server.Hostnames(server.Project()))
		}
		return nil
	})
	a.Kill(t)
	a.Start(t)
	stack.Eventually(t, time.Minute, func() error {
		hosts, scale := server.Hostnames(server.Project()), server.Scale(web)
		if strings.Join(hosts, " ") != "web01 web02 web03" || scale != 4 {
			return fmt.Errorf("hosts %v, scale %d", hosts, scale)
		}
		return nil
	})
	time.Sleep(6 * time.Second) // repeats come meanwhile
	require.Equal(t, 4, server.Scale(web))
	require.Equal(t, []string{"web01", "web02", "web03"}, server.Hostnames(server.Project()))
	require.Equal(t, 1, server.Count(http.MethodPut, "/services/"), "one write of the service")
}
