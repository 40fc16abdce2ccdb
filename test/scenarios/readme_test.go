package scenarios

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"alertscale/test/shipped"
	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// TestDidItWork runs the commands by which README.md has the whole way tried: an alert of amtool's goes through a real
// Alertmanager to alertscale, which says what came of it.
func TestDidItWork(t *testing.T) {
	cluster.Client.CreateNamespace(t, "shop")
	deployments(t, "shop", map[string]int{"web": 3})
	program := shipped.Build(t)
	a := stack.StartAlertscale(t, stack.AlertscaleOptions{Config: shipped.File(t, "alertscale.yml"), Kubeconfig: accountVia(t, stack.ProxyAPIServer(t, cluster.API))})
	am := stack.StartAlertmanager(t, stack.AlertmanagerOptions{Config: hasty(t, a)})

	readme, err := os.ReadFile(filepath.Join(shipped.Dir, "../README.md"))
	require.NoError(t, err)
	block := regexp.MustCompile("(?s)## Did it work\\?\n.*?```\n(.*?)```").FindStringSubmatch(string(readme))
	require.NotNil(t, block)
	says := map[string][]string{
		"decisions": {"scaled 3 → 5", "up 2: 3 → 5", `alertname="DeploymentBusy"`},
		"targets":   {"kubernetes:Deployment/shop/web      5  2-20"},
	}
	for _, line := range strings.Split(strings.TrimSpace(block[1]), "\n") {
		line, _, _ = strings.Cut(line, "#")
		if args := strings.Fields(line); args[0] == "amtool" {
			out, err := stack.Run(t, t.TempDir(), stack.Alertmanager, args[0], strings.Fields(shipped.Replace(t, strings.Join(args[1:], " "), "http://localhost:9093", "http://"+am.Address))...)
			require.NoError(t, err, out)
			continue
		}
		_, command, found := strings.Cut(line, " exec deploy/alertscale -- /alertscale ")
		require.True(t, found, line)
		args := strings.Fields(command)
		stack.Eventually(t, wait, func() error {
			out, err := exec.CommandContext(t.Context(), program, append(args, "--url="+a.URL)...).CombinedOutput()
			for _, text := range says[args[0]] {
				if err == nil && !strings.Contains(string(out), text) {
					err = fmt.Errorf("no %q in:\n%s", text, out)
				}
			}
			return err
		})
		delete(says, args[0])
	}
	require.Empty(t, says, "README.md does not ask")
}
