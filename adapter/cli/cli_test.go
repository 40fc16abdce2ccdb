package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestDemo: the load of the simulated service rises, its alert is posted over HTTP, and the count follows, once.
func TestDemo(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, Demo(&out, DemoOptions{Speed: 600, Duration: 3 * time.Second}))
	require.Contains(t, out.String(), `scaled 3 → 5, "web is busy": 1 alert fires; up 2: 3 → 5`)
	require.Equal(t, 1, strings.Count(out.String(), "scaled 3 → 5"), "a repeat is no second step")
	require.Contains(t, out.String(), `resolved 5 → 5, "web is busy": the last alert is resolved`)
}

func TestDemoOnATerminalHasALiveLine(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, Demo(&out, DemoOptions{Speed: 600, Duration: 2 * time.Second, Terminal: true}))
	require.Contains(t, out.String(), clearLine+"00:")
	require.Contains(t, out.String(), "last: scaled 3 → 5")
	require.Error(t, Demo(&out, DemoOptions{}))
}

func TestCheck(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.yml")
	require.NoError(t, os.WriteFile(bad, []byte("targets: {}\nrulez: []\n"), 0o600))
	var out, errOut bytes.Buffer
	require.Equal(t, 1, Check(&out, &errOut, []string{"../../examples/alertscale.yml", bad}))
	require.Equal(t, "Checking ../../examples/alertscale.yml\n  SUCCESS: 1 driver, 2 targets, 4 rules found\nChecking "+bad+"\n", out.String())
	require.Equal(t, "  FAILED:\n"+bad+":1: rules are missing: which alerts scale which target\n"+
		bad+`:2: unknown key "rulez", did you mean "rules"?`+"\n", errOut.String())
	require.Equal(t, 0, Check(&out, &errOut, []string{"../../examples/alertscale.yml"}))
}
