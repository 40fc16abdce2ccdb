package scenarios

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"alertscale/test/shipped"
	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// TestRancherExamples checks the files of examples/rancher with the programs that they are for, and the
// catalog template, which has no program here, for what it must have.
func TestRancherExamples(t *testing.T) {
	dir := filepath.Join(shipped.Dir, "rancher")
	for _, check := range []struct {
		component stack.Component
		command   string
		says      string
	}{
		{stack.Prometheus, "promtool check rules --lint=all --lint-fatal rules.conf", "SUCCESS: 6 rules found"},
		{stack.Prometheus, "promtool test rules rules_test.yml", "SUCCESS"},
		{stack.Prometheus, "promtool check config --lint=all --lint-fatal prometheus.yml", "SUCCESS: 1 rule files found"},
		{stack.Alertmanager, "amtool check-config config.yml", "SUCCESS"},
		{stack.Alertmanager027, "amtool check-config config.yml", "SUCCESS"},
	} {
		t.Run(check.command+" "+string(check.component), func(t *testing.T) {
			args := strings.Fields(check.command)
			out, err := stack.Run(t, dir, check.component, args[0], args[1:]...)
			require.NoError(t, err, out)
			require.Contains(t, out, check.says)
			require.NotContains(t, out, "FAILED")
		})
	}
	t.Run("routes", rancherRoutes)
	t.Run("alertscale check", func(t *testing.T) {
		check := exec.CommandContext(t.Context(), shipped.Build(t), "check", filepath.Join(dir, "alertscale.yml"))
		out, err := check.CombinedOutput()
		require.NoError(t, err, "%s", out)
		require.Contains(t, string(out), "SUCCESS: 1 driver, 3 targets, 6 rules found")
	})
	t.Run("README", rancherReadme)
	t.Run("catalog", rancherCatalog)
	t.Run("configuration", rancherConfiguration)
	t.Run("secret key for hosts", rancherSecretKey)
}

// rancherRoutes checks that config.yml sends each alert of rules.conf to alertscale, and that alertscale.yml
// has a rule for it.
func rancherRoutes(t *testing.T) {
	rules, file := shipped.File(t, "rancher/rules.conf"), shipped.File(t, "rancher/alertscale.yml")
	require.NotContains(t, rules, "keep_firing_for", "the catalog's own Prometheus is too old for it")
	found := regexp.MustCompile(`(?m)- alert: (\w+)$`).FindAllStringSubmatch(rules, -1)
	require.Len(t, found, 4)
	for alert, receiver := range map[string]string{
		found[0][1]: "alertscale", found[1][1]: "alertscale", found[2][1]: "alertscale", found[3][1]: "alertscale",
		"SomethingElse": "nobody",
	} {
		require.Equal(t, receiver == "alertscale", strings.Contains(file, `'alertname="`+alert+`"'`), alert)
		out, err := stack.Run(t, filepath.Join(shipped.Dir, "rancher"), stack.Alertmanager, "amtool", "config", "routes", "test",
			"--config.file=config.yml", "--verify.receivers="+receiver, "alertname="+alert, "stack=shop", "service=web")
		require.NoError(t, err, out)
	}
}

// rancherReadme checks what README.md shows of alertscale's file.
func rancherReadme(t *testing.T) {
	program, dir := shipped.Build(t), t.TempDir()
	shown := regexp.MustCompile("(?ms)^```yaml\\n(.*?)^```").FindAllStringSubmatch(shipped.File(t, "rancher/README.md"), -1)
	n, token := 0, filepath.Join(dir, "token")
	require.NoError(t, os.WriteFile(token, []byte("made-up"), 0o600))
	for _, block := range shown {
		text := block[1]
		if !strings.Contains(text, "targets:") {
			continue
		}
		n++
		file := filepath.Join(dir, "alertscale.yml")
		text = strings.ReplaceAll(text, "/run/secrets/hook", token)
		require.NoError(t, os.WriteFile(file, []byte("drivers: {rancher: {}}\n"+text), 0o600))
		out, err := exec.CommandContext(t.Context(), program, "check", file).CombinedOutput()
		require.NoError(t, err, "%s\n%s", text, out)
		require.Contains(t, string(out), "SUCCESS: 1 driver, 1 target, 1 rule found")
	}
	require.Equal(t, 3, n, "one for each receiver hook, and one for what posts to them")
}

// A composition is a docker-compose.yml of version 2, as far as it matters here.
type composition struct {
	Version  string
	Services map[string]struct {
		Image       string
		Command     []string
		Volumes     []string
		VolumesFrom []string `json:"volumes_from"`
		Environment map[string]string
		Labels      map[string]string
		NetworkMode string `json:"network_mode"`
		Ports       []string
	}
	Volumes map[string]struct{ Driver string }
}

// A catalogFile is a rancher-compose.yml of version 2.
type catalogFile struct {
	Version string
	Catalog struct {
		Name, Version, UUID string
		Questions           []struct {
			Variable, Type string
			Required       bool
			Default        any
		}
	}
	Services map[string]struct {
		Scale       *int
		HealthCheck struct {
			Port        int
			RequestLine string `json:"request_line"`
		} `json:"health_check"`
	}
}

// template returns the two files of the catalog template.
func template(t *testing.T) (c composition, r catalogFile) {
	t.Helper()
	for file, into := range map[string]any{"docker-compose.yml": &c, "rancher-compose.yml": &r} {
		require.NoError(t, yaml.UnmarshalStrict([]byte(shipped.File(t, "rancher/catalog/0/"+file)), &map[string]any{}), file)
		require.NoError(t, yaml.Unmarshal([]byte(shipped.File(t, "rancher/catalog/0/"+file)), into), file)
	}
	return c, r
}

// rancherCatalog checks that the catalog template is whole: images, sidekicks, volumes, keys, questions.
func rancherCatalog(t *testing.T) {
	c, r := template(t)
	require.Equal(t, []string{"2", "2"}, []string{c.Version, r.Version})

	configured := map[string]string{"prometheus": "/etc/prom-conf", "alertmanager": "/etc/alertmanager", "alertscale": "/etc/alertscale"}
	store := map[string]string{"prometheus": "/prometheus", "alertmanager": "/alertmanager", "alertscale": "/data"}
	for name, folder := range configured {
		service, conf := c.Services[name], name+"-conf"
		require.Equal(t, conf, service.Labels["io.rancher.sidekicks"])
		require.Equal(t, []string{conf}, service.VolumesFrom)
		require.Equal(t, []string{folder}, c.Services[conf].Volumes)
		require.Equal(t, "${CONF_IMAGE}", c.Services[conf].Image)
		require.Equal(t, "none", c.Services[conf].NetworkMode)
		require.Equal(t, []string{name + "-data:" + store[name]}, service.Volumes)
		require.Equal(t, "local", c.Volumes[name+"-data"].Driver)
		require.Equal(t, "${HOST_LABEL}", service.Labels["io.rancher.scheduler.affinity:host_label"], "its volume is on that host")
		require.Equal(t, 1, *r.Services[name].Scale)
		require.Equal(t, `GET "/-/healthy" "HTTP/1.0"`, r.Services[name].HealthCheck.RequestLine)
	}
	require.Len(t, c.Services, 2*len(configured)+1, "and cadvisor")
	require.Equal(t, "true", c.Services["cadvisor"].Labels["io.rancher.scheduler.global"])
	for name := range r.Services {
		require.Contains(t, c.Services, name)
	}

	scaler := c.Services["alertscale"]
	require.Equal(t, "true", scaler.Labels["io.rancher.container.create_agent"])
	require.Equal(t, "environment", scaler.Labels["io.rancher.container.agent.role"])
	require.Empty(t, scaler.Ports, "whoever can post to it can scale")
	require.Empty(t, scaler.Command, "its image says where file and store are")
	require.Empty(t, scaler.Environment, "what is there is what Rancher gives it")
	require.Equal(t, map[string]string{"HOSTS_SECRET_KEY": "${HOSTS_SECRET_KEY}"}, c.Services["alertscale-conf"].Environment)
	dockerfile, err := os.ReadFile(filepath.Join(shipped.Dir, "../Dockerfile"))
	require.NoError(t, err)
	require.Contains(t, string(dockerfile), `CMD ["serve", "--config.file=/etc/alertscale/alertscale.yml", "--storage=file:/data/`)

	// Each variable is asked for, and nothing is asked for in vain. Rancher would read more into $ and {{.
	text := shipped.File(t, "rancher/catalog/0/docker-compose.yml")
	used := map[string]bool{}
	for _, found := range regexp.MustCompile(`\$\{([A-Z_]+)\}`).FindAllStringSubmatch(text, -1) {
		used[found[1]] = true
	}
	var asked []string
	for _, q := range r.Catalog.Questions {
		asked = append(asked, q.Variable)
		hosts := q.Variable == "HOSTS_SECRET_KEY"
		require.Equal(t, !hosts, q.Required, q.Variable)
		require.Equal(t, hosts, q.Type == "password", q.Variable)
	}
	require.ElementsMatch(t, slices.Collect(maps.Keys(used)), asked)
	require.NotContains(t, text, "{{")
	require.Equal(t, strings.Count(text, "${"), strings.Count(text, "$"))

	var entry struct{ Name, Description, Version, Category string }
	require.NoError(t, yaml.UnmarshalStrict([]byte(shipped.File(t, "rancher/catalog/config.yml")), &entry))
	require.Equal(t, []string{r.Catalog.Name, r.Catalog.Version}, []string{entry.Name, entry.Version})
}

// rancherConfiguration checks that the configuration and the template fit together: files, names, ports.
func rancherConfiguration(t *testing.T) {
	c, r := template(t)
	var prometheus struct {
		Alerting struct {
			Alertmanagers []struct {
				StaticConfigs []struct{ Targets []string } `json:"static_configs"`
			}
		}
		ScrapeConfigs []struct {
			DNS []struct {
				Names []string
				Port  int
			} `json:"dns_sd_configs"`
			StaticConfigs []struct{ Targets []string } `json:"static_configs"`
		} `json:"scrape_configs"`
	}
	require.NoError(t, yaml.Unmarshal([]byte(shipped.File(t, "rancher/prometheus.yml")), &prometheus))
	require.Equal(t, []string{"alertmanager:9093"}, prometheus.Alerting.Alertmanagers[0].StaticConfigs[0].Targets)
	require.Equal(t, []string{"cadvisor"}, prometheus.ScrapeConfigs[0].DNS[0].Names)
	require.Equal(t, []string{"alertscale:9098"}, prometheus.ScrapeConfigs[1].StaticConfigs[0].Targets)

	var alertmanager struct {
		Receivers []struct {
			Webhooks []struct{ URL string } `json:"webhook_configs"`
		}
	}
	require.NoError(t, yaml.Unmarshal([]byte(shipped.File(t, "rancher/config.yml")), &alertmanager))
	require.Equal(t, "http://alertscale:9098/webhook", alertmanager.Receivers[1].Webhooks[0].URL)
	for name, port := range map[string]int{"alertmanager": 9093, "alertscale": 9098, "prometheus": 9090} {
		require.Contains(t, c.Services, name)
		require.Equal(t, port, r.Services[name].HealthCheck.Port)
	}

	// The image of the configuration has each file where the command of its service looks for it.
	dockerfile := shipped.File(t, "rancher/Dockerfile")
	for _, copied := range []string{
		"COPY prometheus.yml rules.conf /etc/prom-conf/", "COPY config.yml /etc/alertmanager/", "COPY alertscale.yml /etc/alertscale/",
	} {
		require.Contains(t, dockerfile, copied+"\n")
	}
	require.Contains(t, c.Services["prometheus"].Command, "--config.file=/etc/prom-conf/prometheus.yml")
	require.Contains(t, c.Services["alertmanager"].Command, "--config.file=/etc/alertmanager/config.yml")
}

// rancherSecretKey runs what the image of the configuration runs: the answer to the catalog becomes the file that
// the comment in alertscale.yml names, and no answer no file.
func rancherSecretKey(t *testing.T) {
	var command []string
	line := regexp.MustCompile(`(?m)^CMD (.*)$`).FindStringSubmatch(shipped.File(t, "rancher/Dockerfile"))
	require.NotNil(t, line)
	require.NoError(t, yaml.Unmarshal([]byte(line[1]), &command))
	require.Equal(t, []string{"sh", "-c"}, command[:2])

	named := regexp.MustCompile(`(?m)^  # rancher: \{access_key: ABC, secret_key_file: /etc/alertscale/(\S+)\}$`).
		FindStringSubmatch(shipped.File(t, "rancher/alertscale.yml"))
	require.NotNil(t, named)
	for _, secret := range []string{"", "%s $x 'made up'"} {
		dir := t.TempDir()
		script := shipped.Replace(t, command[2], "/etc/alertscale/", dir+"/", "exec tail -f /dev/null", "true", "chown 65534:65534", ": chown")
		run := exec.CommandContext(t.Context(), "sh", "-c", script)
		run.Env = append(os.Environ(), "HOSTS_SECRET_KEY="+secret)
		out, err := run.CombinedOutput()
		require.NoError(t, err, "%s", out)
		text, err := os.ReadFile(filepath.Join(dir, named[1]))
		if secret == "" {
			require.ErrorIs(t, err, os.ErrNotExist)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, secret, string(text))
		info, err := os.Stat(filepath.Join(dir, named[1]))
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode())
	}
}
