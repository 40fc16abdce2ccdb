package rancher_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/test/fakerancher/rancher"
	"alertscale/test/shipped"
	"alertscale/test/stack"
)

// TestTheExamples runs the files of examples/rancher, sixty times as fast as they are, from metrics as cAdvisor
// has them of Rancher's containers to the scale of services and the number of hosts. Prometheus, Alertmanager
// and alertscale are real; what they find by the names of services is put into the files. alertscale has what the
// labels of the catalog template make Rancher give to its container, and so scales services and no hosts.
func TestTheExamples(t *testing.T) {
	server := rancher.Start(t, rancher.Options{Speed: 10})
	services := shop(server, map[string]int{"web": 3, "cart": 4})
	a := stack.StartAlertscale(t, stack.AlertscaleOptions{
		Config: shipped.Faster(t, shipped.Acting(t, shipped.File(t, "rancher/alertscale.yml"), "any-service"), 8), Env: inAContainer(server),
	})
	m := startMeter(t, server, services, map[string]float64{"web": 1.5, "cart": 0.4, "hosts": 0.5})
	prometheus(t, a, m)
	count := func(name string, want int) {
		t.Helper()
		stack.Eventually(t, time.Minute, func() error {
			if got := server.Scale(services[name]); got != want {
				return fmt.Errorf("%s: %d, want %d", name, got, want)
			}
			return nil
		})
	}

	// Neither busy nor idle, for as long as it takes cart to be found idle.
	count("cart", 3)
	count("web", 3)
	m.setLoad("web", 2.9) // of 3
	count("web", 5)
	m.setLoad("hosts", 0.9)
	m.setLoad("web", 0.6) // of 5
	count("web", 4)
	stack.Eventually(t, time.Minute, func() error {
		if !strings.Contains(a.Log(), "target=web-hosts") {
			return errors.New("nothing is decided about the hosts")
		}
		return nil
	})

	time.Sleep(3 * time.Second)
	require.Equal(t, 3, server.Count(http.MethodPut, "/services/"), "writes of services")
	require.Equal(t, []int{4, 3}, []int{server.Scale(services["web"]), server.Scale(services["cart"])})
	require.Equal(t, []string{"web01", "web02"}, server.Hostnames(server.Project()))
	explained(t, a)
}

// inAContainer is what Rancher puts into the environment of a container whose service has the labels of the
// catalog template.
func inAContainer(server *rancher.Server) []string {
	return server.ContainerEnv(server.ContainerKey(server.Project(), rancher.Container))
}

// shop makes the stack shop, and two hosts. It returns the ids of the services.
func shop(server *rancher.Server, counts map[string]int) map[string]string {
	ids, stack := map[string]string{}, server.AddStack(server.Project(), "shop")
	for name, n := range counts {
		ids[name] = server.AddService(rancher.ServiceSpec{Stack: stack, Name: name, Scale: n, Sidekicks: []string{"log"}})
	}
	for _, name := range []string{"web01", "web02"} {
		server.AddHost(rancher.HostSpec{
			Project: server.Project(), Hostname: name, Labels: map[string]string{"pool": "web"},
			Configs: map[string]map[string]any{"fooConfig": {"size": "large"}},
		})
	}
	return ids
}

// prometheus starts Alertmanager and Prometheus with the files of examples/rancher.
func prometheus(t *testing.T, a *stack.Alertscale, m *meter) {
	t.Helper()
	am := stack.StartAlertmanager(t, stack.AlertmanagerOptions{
		Config: shipped.Replace(t, shipped.Faster(t, shipped.File(t, "rancher/config.yml"), 3),
			"- url: http://alertscale:9098/webhook", "- url: "+a.URL+"/webhook"),
	})
	config := shipped.Replace(t, shipped.Faster(t, shipped.File(t, "rancher/prometheus.yml"), 3),
		"rule_files: [rules.conf]", "rule_files: [rules.yml]",
		"'alertmanager:9093'", am.Address,
		"'alertscale:9098'", strings.TrimPrefix(a.URL, "http://"),
		`    dns_sd_configs:
      - names: [cadvisor]
        type: A
        port: 8080
        refresh_interval: 1s
`, "    static_configs: [{targets: ["+m.exporter.Address+"]}]\n")
	stack.StartPrometheus(t, stack.PrometheusOptions{
		Config: config, Rules: shipped.Faster(t, shipped.File(t, "rancher/rules.conf"), 9),
	})
}

// explained checks that alertscale's log says why it did what it did, and that it did nothing else.
func explained(t *testing.T, a *stack.Alertscale) {
	t.Helper()
	var decisions []string
	for line := range strings.Lines(a.Log()) {
		if strings.Contains(line, "msg=decision") && !strings.Contains(line, "verdict=resolved") {
			decisions = append(decisions, line)
		}
	}
	all := strings.Join(decisions, "")
	require.Len(t, decisions, 4, all)
	for _, want := range []string{
		`ref=rancher:service/shop/cart target=any-service rule="service is idle" verdict=scaled from=4 to=3 why="1 alert fires; down 25%: 4 → 3"`,
		`ref=rancher:service/shop/web target=web rule="web is busy" verdict=scaled from=3 to=5 why="1 alert fires; up 2: 3 → 5"`,
		`ref=rancher:service/shop/web target=web rule="web is idle" verdict=scaled from=5 to=4 why="1 alert fires; down 1: 5 → 4"`,
		`ref="rancher:host/pool=web" target=web-hosts rule="hosts are full" verdict=dry_run from=2 to=3 why="1 alert fires; up 1: 2 → 3"`,
	} {
		require.Contains(t, all, want)
	}
}
