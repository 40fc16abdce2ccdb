package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestHelp: what the program says of itself, and to who calls it wrongly, is in testdata, rewritten by -update.
func TestHelp(t *testing.T) {
	program := filepath.Join(t.TempDir(), "alertscale")
	out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput()
	require.NoError(t, err, "%s", out)
	compare(t, "testdata/help.txt", called(t, program, "--help-long"))
	compare(t, "testdata/serve-help.txt", called(t, program, "serve --help"))
	var wrong strings.Builder
	for _, args := range []string{
		"scale", "serve --config=alertscale.yml", "serve --config.file=nobody.yml", "serve --config.file=testdata/sim.yml --storage=redis:x",
		"--config.file=testdata/sim.yml --storage=file:", "--config.file=testdata/faults.yml", "check", "check nobody.yml", "test", "replay", "replay --config.file=testdata/sim.yml nobody.jsonl",
		"explain --config.file=testdata/sim.yml", "explain --config.file=nobody.yml --labels=alertname=WebBusy",
		"pause", "pause swarm:service/web", "resume", "targets --output=xml", "decisions --limit=many", "demo --speed=0", "healthcheck --url=http://127.0.0.1:1",
		"rules --url=http://127.0.0.1:1",
	} {
		fmt.Fprintf(&wrong, "$ alertscale %s\n%s\n", args, called(t, program, args))
	}
	compare(t, "testdata/wrong.txt", wrong.String())
}

// logLine is a line of the log, which has the time.
var logLine = regexp.MustCompile("(?m)^level=.*\n")

// called is what the program prints beside its log, and its exit code where that is not 0.
func called(t *testing.T, program, args string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, strings.Fields(args)...)
	cmd.Env = []string{"COLUMNS=80", "HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH")}
	out, err := cmd.CombinedOutput()
	out = logLine.ReplaceAll(out, nil)
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return string(out) + exit.Error() + "\n"
	}
	require.NoError(t, err)
	return string(out)
}

func compare(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(got), 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}
