package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEveryCommandReadsSeveralFiles, and replaces variables where it is told to.
func TestEveryCommandReadsSeveralFiles(t *testing.T) {
	const dir = "adapter/cli/testdata/files/"
	program := filepath.Join(t.TempDir(), "alertscale")
	out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput()
	require.NoError(t, err, "%s", out)
	other := filepath.Join(t.TempDir(), "other.yml")
	require.NoError(t, os.WriteFile(other, []byte("drivers: {simulator: {}}\nrule_files: [more.yml]\ntargets: {web: {driver: simulator, name: web, max: '${WEB_MAX}'}}\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(other), "more.yml"),
		[]byte("rules: [{name: more, matchers: ['team=web'], target: web, up: 1}]\n"), 0o600))
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"check", dir + "alertscale.yml"}, "2 targets, 2 rules found in 3 files"},
		{[]string{"test", dir + "alertscale.test.yml"}, "SUCCESS: 1 test"},
		{[]string{"explain", "--config.file=" + dir + "alertscale.yml", "--labels=alertname=WebBusy,team=web", "--count=web=3"}, "max 7: 12 → 7"},
		{[]string{"replay", "--config.file=" + dir + "alertscale.yml", dir + "history.jsonl"}, "3 → 7  web is busy"},
		{[]string{"replay", "--config.file=" + dir + "alertscale.yml", "--against=" + other, dir + "history.jsonl"}, "3 → 4    more"},
		{[]string{"serve", "--config.file=" + dir + "alertscale.yml", "--storage=none:"}, "none:"},
	} {
		run := func(args ...string) string {
			cmd := exec.CommandContext(t.Context(), program, args...)
			cmd.Env = []string{"WEB_MAX=7"}
			out, _ := cmd.CombinedOutput()
			return string(out)
		}
		require.Contains(t, run(append(c.args, "--config.expand-env")...), c.want, c.args)
		require.Contains(t, run(c.args...), "alertscale.yml:4: targets.web: max: has ${WEB_MAX}, and variables of the environment are replaced with --config.expand-env only\n", c.args)
		if c.args[0] != "check" && c.args[0] != "test" {
			require.Contains(t, run(append(c.args, c.args[1])...), "flag 'config.file' cannot be repeated: name one file, which may name others by rule_files")
		}
	}
}
