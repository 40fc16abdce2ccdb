package scenarios

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"alertscale/test/shipped"
	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// TestExamples checks the files of examples/ with the programs that they are for.
func TestExamples(t *testing.T) {
	for _, check := range []struct {
		component stack.Component
		command   string
		says      string
	}{
		{stack.Prometheus, "promtool check rules --lint=all --lint-fatal rules.conf", "SUCCESS: 4 rules found"},
		{stack.Prometheus, "promtool test rules rules_test.yml", "SUCCESS"},
		{stack.Alertmanager, "amtool check-config config.yml", "SUCCESS"},
		{stack.Alertmanager027, "amtool check-config config.yml", "SUCCESS"},
	} {
		t.Run(strings.Fields(check.command)[0]+" "+string(check.component), func(t *testing.T) {
			args := strings.Fields(check.command)
			out, err := stack.Run(t, shipped.Dir, check.component, args[0], args[1:]...)
			require.NoError(t, err, out)
			require.Contains(t, out, check.says)
			require.NotContains(t, out, "FAILED")
		})
	}
	t.Run("routes", routes)
	t.Run("prometheus.yml", prometheusFile)
	t.Run("alertscale check", checked)
}

// routes checks that config.yml sends the alerts of rules.conf to alertscale, and on to the routes below.
func routes(t *testing.T) {
	rules := shipped.File(t, "rules.conf")
	for alert, receivers := range map[string]string{
		"DeploymentBusy": "alertscale", "DeploymentIdle": "alertscale", "SomethingElse": "nobody",
	} {
		require.Equal(t, receivers == "alertscale", strings.Contains(rules, "- alert: "+alert+"\n"))
		out, err := stack.Run(t, shipped.Dir, stack.Alertmanager, "amtool", "config", "routes", "test",
			"--config.file=config.yml", "--verify.receivers="+receivers, "alertname="+alert, "namespace=shop", "deployment=web")
		require.NoError(t, err, out)
	}
}

// prometheusFile checks prometheus.yml with the files that it names, of which those that a pod is given
// stand elsewhere here.
func prometheusFile(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	const pod = "/var/run/secrets/kubernetes.io/serviceaccount"
	config := shipped.File(t, "prometheus.yml")
	require.Contains(t, config, pod)
	write("prometheus.yml", strings.ReplaceAll(config, pod, dir))
	write("rules.conf", shipped.File(t, "rules.conf"))
	write("token", token)
	write("ca.crt", string(cluster.API.CA))
	out, err := stack.Run(t, dir, stack.Prometheus, "promtool", "check", "config", "--lint=all", "--lint-fatal", "prometheus.yml")
	require.NoError(t, err, out)
	require.Contains(t, out, "SUCCESS: 1 rule files found")
}

// checked runs alertscale's own check, on the shipped file and on the files of this package.
func checked(t *testing.T) {
	program := shipped.Build(t)
	for _, file := range []string{filepath.Join(shipped.Dir, "alertscale.yml"), "testdata/once.yml", "testdata/kinds.yml"} {
		out, err := exec.CommandContext(t.Context(), program, "check", file).CombinedOutput()
		require.NoError(t, err, "%s", out)
		require.Contains(t, string(out), "SUCCESS")
	}
}
