package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/alecthomas/kingpin/v2"
	"github.com/stretchr/testify/require"
)

// TestADashIsStandardInput: the commands that take files take a dash, too.
func TestADashIsStandardInput(t *testing.T) {
	const rules = "targets: {web: {driver: kubernetes, kind: Deployment, namespace: shop, name: web, max: 9}}\n" +
		"rules: [{name: busy, matchers: ['alertname=\"Busy\"'], target: web, up: 1}]\n"
	file := filepath.Join(t.TempDir(), "alertscale.yml")
	require.NoError(t, os.WriteFile(file, []byte(rules), 0o600))
	for _, c := range []struct {
		args  []string
		input string
	}{
		{[]string{"check", "-"}, rules},
		{[]string{"check", "--format=json", "--rules=-", "--alertmanager-config=examples/config.yml", file}, "groups: [{name: x, rules: [{alert: Busy, expr: 1}]}]"},
		{[]string{"explain", "--config.file=" + file, "-"}, `{"version":"4","status":"firing","alerts":[{"status":"firing","labels":{"alertname":"Busy"}}]}`},
		{[]string{"replay", "--config.file=" + file, "-"}, `{"at":"2026-01-01T00:00:00Z","counts":{"kubernetes:Deployment/shop/web":3}}` + "\n"},
	} {
		swap(t, &os.Stdin, c.input)
		swap(t, &os.Stdout, "")
		app := kingpin.New("alertscale", "")
		commands := []command{checkCommand(app), explainCommand(app), replayCommand(app)}
		chosen, err := app.Parse(c.args)
		require.NoError(t, err)
		for _, made := range commands {
			if made.name == chosen {
				code, err := made.run()
				require.NoError(t, err, c.args)
				require.Zero(t, code, c.args)
			}
		}
	}
}

// swap puts a file with a text in the place of another one until the test ends.
func swap(t *testing.T, file **os.File, text string) {
	before := *file
	t.Cleanup(func() { *file = before })
	path := filepath.Join(t.TempDir(), "swapped")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	var err error
	*file, err = os.OpenFile(path, os.O_RDWR, 0)
	require.NoError(t, err)
}
