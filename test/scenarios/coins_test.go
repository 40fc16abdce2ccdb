package scenarios

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"alertscale/test/shipped"
	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// coinsNamespace is that of examples/dockercoins.
const coinsNamespace = "dockercoins"

// TestDockercoinsManifests applies the kustomization of examples/dockercoins. alertscale, under the account that it gives, on
// its file, scales worker and rng by the alerts of its Alertmanager, and nothing else; and waits for what it is held by.
func TestDockercoinsManifests(t *testing.T) {
	applyCoins(t)
	for _, name := range []string{"worker", "rng", "hasher", "store", "webui", "prometheus", "alertmanager"} {
		cluster.Client.WaitReady(t, deployment(coinsNamespace, name), 1, wait)
	}
	kubeconfig := stack.WriteKubeconfig(t, cluster.API.URL, cluster.API.CA, shipped.Token(t, cluster.Client, coinsNamespace, "alertscale"))
	a, am := startCoinScaler(t, kubeconfig)
	worker := cluster.Client.WatchReplicas(t, deployment(coinsNamespace, "worker"))

	am.Post(t, coinsAlert("CoinsWanted"), coinsAlert("CoinsShort"))
	worker.Wait(t, 1, wait)
	cluster.Client.WaitReady(t, deployment(coinsNamespace, "worker"), 2, wait)
	am.Post(t, coinsAlert("RngSlow"))
	cluster.Client.WaitReady(t, deployment(coinsNamespace, "rng"), 2, wait)
	waitLogged(t, a, "verdict=held", `workers wait for rng`)
	require.Empty(t, logged(a, "level=warn"), "the role is enough")

	other := stack.NewClient(t, kubeconfig)
	for _, name := range []string{"store", "alertscale"} {
		_, err := other.Read(t.Context(), deployment(coinsNamespace, name))
		require.ErrorContains(t, err, "forbidden")
	}
}

// applyCoins applies it, with the node of the cluster in the place of a scheduler.
func applyCoins(t *testing.T) {
	t.Helper()
	cluster.Client.CreateNamespace(t, coinsNamespace)
	for _, o := range objects(t, stack.Render(t, filepath.Join(shipped.Dir, "dockercoins"))) {
		require.Contains(t, []string{"", coinsNamespace}, o.GetNamespace(), o.GetName())
		if o.GetKind() == "Deployment" {
			require.NoError(t, unstructured.SetNestedField(o.Object, stack.Node, "spec", "template", "spec", "nodeName"))
		}
		text, err := o.MarshalJSON()
		require.NoError(t, err)
		cluster.Client.Apply(t, string(text))
	}
}

// startCoinScaler runs alertscale and Alertmanager on the files of the kustomization's ConfigMaps, five times as fast.
func startCoinScaler(t *testing.T, kubeconfig string) (*stack.Alertscale, *stack.AlertmanagerServer) {
	t.Helper()
	config := func(name, file string, n int) string {
		maps := objects(t, stack.Render(t, filepath.Join(shipped.Dir, "dockercoins")))
		data, _, err := unstructured.NestedStringMap(find(t, maps, "ConfigMap", name).Object, "data")
		require.NoError(t, err)
		return shipped.FasterBy(t, 5, data[file], n)
	}
	a := stack.NewAlertscale(t, stack.AlertscaleOptions{Kubeconfig: kubeconfig})
	am := stack.StartAlertmanager(t, stack.AlertmanagerOptions{
		Config: shipped.Replace(t, config("alertmanager", "config.yml", 3), "http://alertscale:9098", a.URL),
	})
	text := shipped.Replace(t, config("alertscale", "alertscale.yml", 10), "http://alertmanager:9093", am.URL)
	require.NoError(t, os.WriteFile(a.Config, []byte(text), 0o600))
	a.Start(t)
	return a, am
}

func coinsAlert(name string) stack.Alert {
	return stack.Alert{Labels: map[string]string{"alertname": name}}
}

// TestDockercoinsFiles: the three files of alertscale differ in what they scale only, and the tests of one hold for all; so do
// the three of Prometheus.
func TestDockercoinsFiles(t *testing.T) {
	program, tests := shipped.Build(t), shipped.File(t, "dockercoins/alertscale.test.yml")
	rules := regexp.MustCompile(`(?s)\nrules:.*`)
	for _, platform := range []string{"swarm", "rancher", "kubernetes"} {
		t.Run(platform, func(t *testing.T) {
			file, err := filepath.Abs(filepath.Join(shipped.Dir, "dockercoins", platform, "alertscale.yml"))
			require.NoError(t, err)
			require.Equal(t, rules.FindString(shipped.File(t, "dockercoins/swarm/alertscale.yml")), rules.FindString(shipped.File(t, "dockercoins/"+platform+"/alertscale.yml")))
			path := filepath.Join(t.TempDir(), "alertscale.test.yml")
			require.NoError(t, os.WriteFile(path, []byte(shipped.Replace(t, tests, "swarm/alertscale.yml", file)), 0o600))
			out, err := exec.CommandContext(t.Context(), program, "test", "--coverage", path).CombinedOutput()
			require.NoError(t, err, "%s", out)
			require.Contains(t, string(out), "5 of 5 rules acted")
			require.Equal(t, scraped(shipped.File(t, "dockercoins/swarm/prometheus.yml")), scraped(shipped.File(t, "dockercoins/"+platform+"/prometheus.yml")))
		})
	}
}

// scraped returns a file of Prometheus without comments, and with the names of services in the place of a swarm's.
func scraped(text string) string {
	return strings.ReplaceAll(regexp.MustCompile(`(?m)^\s*#.*\n`).ReplaceAllString(text, ""), "tasks.", "")
}

// TestDockercoinsOnRancher checks that the pair for Rancher 1.6 is whole, and fits its configuration.
func TestDockercoinsOnRancher(t *testing.T) {
	var c composition
	var r catalogFile
	for file, into := range map[string]any{"docker-compose.yml": &c, "rancher-compose.yml": &r} {
		require.NoError(t, yaml.Unmarshal([]byte(shipped.File(t, "dockercoins/rancher/"+file)), into), file)
	}
	for _, role := range []string{"worker", "rng", "hasher", "store", "webui"} {
		require.Equal(t, []string{role}, c.Services[role].Command)
		require.Equal(t, "${DOCKERCOINS_IMAGE}", c.Services[role].Image)
	}
	ports := map[string]int{"prometheus": 9090, "alertmanager": 9093, "alertscale": 9098}
	for name, s := range r.Services {
		require.Contains(t, c.Services, name)
		port := ports[name]
		if port == 0 {
			port = 8080
		}
		require.Equal(t, port, s.HealthCheck.Port, name)
		require.Equal(t, 1, *s.Scale, name)
	}
	require.Len(t, r.Services, 8)
	for name := range ports {
		require.Equal(t, []string{name + "-conf"}, c.Services[name].VolumesFrom)
		require.Equal(t, name+"-conf", c.Services[name].Labels["io.rancher.sidekicks"])
	}
	require.Equal(t, "environment", c.Services["alertscale"].Labels["io.rancher.container.agent.role"])
	require.Empty(t, c.Services["alertscale"].Ports, "whoever can post to it can scale")

	page, used := shipped.File(t, "dockercoins/README.md"), regexp.MustCompile(`\$\{([A-Z_]+)\}`)
	for _, found := range used.FindAllStringSubmatch(shipped.File(t, "dockercoins/rancher/docker-compose.yml"), -1) {
		require.Contains(t, page, found[1]+"=", "the README says what it is")
		require.Contains(t, shipped.File(t, "dockercoins/rancher/rancher-compose.yml"), "variable: "+found[1]+"\n")
	}
}
