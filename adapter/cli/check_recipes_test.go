package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	fileOfPage   = regexp.MustCompile("(?ms)^```yaml\n# (rules.conf|alertscale.yml|config.yml)\n(.*?)^```$")
	alertsOfPage = regexp.MustCompile(`(?m)^ +- alert: (\w+)$`)
)

// writePage writes the files of a recipe into a folder. A page that says nothing of Alertmanager takes the configuration of
// the examples, with the names of its own alerts.
func writePage(t *testing.T, page string) (dir string) {
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	files := map[string]string{}
	for _, found := range fileOfPage.FindAllStringSubmatch(string(text), -1) {
		files[found[1]] = found[2]
	}
	if files["config.yml"] == "" {
		shipped, err := os.ReadFile("../../examples/config.yml")
		require.NoError(t, err)
		var names []string
		for _, found := range alertsOfPage.FindAllStringSubmatch(files["rules.conf"], -1) {
			names = append(names, found[1])
		}
		files["config.yml"] = strings.Replace(string(shipped), "DeploymentBusy|DeploymentIdle", strings.Join(names, "|"), 1)
	}
	require.Len(t, files, 3, page)
	dir = t.TempDir()
	for name, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	return dir
}

// TestCheck_ChainOfRecipes: each alert of a recipe reaches its rules, each rule is reached, and there is nothing to warn of.
func TestCheck_ChainOfRecipes(t *testing.T) {
	pages, err := filepath.Glob("../../docs/recipes/*.md")
	require.NoError(t, err)
	checked := 0
	for _, page := range pages {
		if filepath.Base(page) == "README.md" {
			continue
		}
		checked++
		o := chainOptions(writePage(t, page))
		o.LintFails = true
		var out, errOut bytes.Buffer
		require.Zero(t, Check(&out, &errOut, o), "%s: %s", page, errOut.String())
		require.NotContains(t, out.String(), "reaches no rule", page)
		require.Contains(t, out.String(), "reach a rule", page)
	}
	require.GreaterOrEqual(t, checked, 7)
}
