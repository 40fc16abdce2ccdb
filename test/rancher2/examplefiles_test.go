package rancher2

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"alertscale/test/shipped"
	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/util/yaml"
)

func testdata(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return string(text)
}

// scaledTo looks for the line of alertscale's log that tells of a change.
func scaledTo(a *stack.Alertscale, ref, change string) error {
	for line := range strings.Lines(a.Log()) {
		if strings.Contains(line, "verdict=scaled") && strings.Contains(line, ref) && strings.Contains(line, change) {
			return nil
		}
	}
	return fmt.Errorf("no %s %s in:\n%s", ref, change, a.Log())
}

// TestExampleRules checks the rules of the PrometheusRule with promtool, and that those about Deployments are the
// ones of examples/rules.conf.
func TestExampleRules(t *testing.T) {
	all := ruleGroups(t, "rancher/rancher2/prometheusrule.yaml", "spec", "groups")
	require.Equal(t, ruleGroups(t, "rules.conf", "groups"), all[:1])

	dir := t.TempDir()
	_, text, found := strings.Cut(shipped.File(t, "rancher/rancher2/prometheusrule.yaml"), "\nspec:\n")
	require.True(t, found)
	write(t, filepath.Join(dir, "rules.conf"), text)
	write(t, filepath.Join(dir, "deployments_test.yml"), shipped.File(t, "rules_test.yml"))
	write(t, filepath.Join(dir, "nodes_test.yml"), testdata(t, "nodes_test.yml"))
	for _, command := range []string{
		"check rules --lint=all --lint-fatal rules.conf", "test rules deployments_test.yml", "test rules nodes_test.yml",
	} {
		out, err := stack.Run(t, dir, stack.Prometheus, "promtool", strings.Fields(command)...)
		require.NoError(t, err, out)
		require.Contains(t, out, "SUCCESS")
	}
}

// ruleGroups returns what stands at a path of a shipped file.
func ruleGroups(t *testing.T, file string, path ...string) []any {
	t.Helper()
	var at any
	require.NoError(t, yaml.Unmarshal([]byte(shipped.File(t, file)), &at))
	for _, key := range path {
		at = at.(map[string]any)[key]
	}
	return at.([]any)
}

// TestExampleFile checks alertscale.yml as it is, and with the cluster that it shows in a comment.
func TestExampleFile(t *testing.T) {
	program, file := shipped.Build(t), filepath.Join(t.TempDir(), "alertscale.yml")
	text := shipped.File(t, "rancher/rancher2/alertscale.yml")
	for shown, says := range map[string]string{
		text: "SUCCESS: 2 drivers, 3 targets, 6 rules found",
		shipped.Replace(t, text, "  # staging:", "  staging:", "  #   type: kubernetes", "    type: kubernetes",
			"  #   rancher: {", "    rancher: {"): "SUCCESS: 3 drivers, 3 targets, 6 rules found",
	} {
		write(t, file, shown)
		out, err := exec.CommandContext(t.Context(), program, "check", file).CombinedOutput()
		require.NoError(t, err, "%s", out)
		require.Contains(t, string(out), says)
	}
}
