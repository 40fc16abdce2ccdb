package figures

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"alertscale/test/shipped"

	"github.com/stretchr/testify/require"
)

// alone is what the figures share that need no API server.
type alone struct {
	*testing.T        // that of all of them
	path       string // of alertscale, as the Dockerfile builds it
	bare       string // of the program that it is compared with
	table      table
	last       []func(*testing.T) // what is measured over minutes, while the others are
}

// TestProgramFigures measures alertscale by itself, mostly with the simulator.
func TestProgramFigures(t *testing.T) {
	needProc(t)
	a := &alone{T: t, path: shipped.Build(t), bare: buildBare(t)}
	for _, figure := range []struct {
		name    string
		measure func(*testing.T, *alone)
	}{
		{"repeat", repeat},
		{"recorded", recorded},
		{"rules", manyRules},
		{"growth", growth},
		{"fresh", fresh},
		{"start", manyRefs},
		{"file", largeFile},
		{"files", manyFiles},
		{"last", func(t *testing.T, a *alone) {
			for _, f := range a.last {
				f(t)
			}
		}},
	} {
		t.Run(figure.name, func(t *testing.T) { figure.measure(t, a) })
	}
	t.Logf("\n%s", &a.table)
}

// buildBare builds the program of the folder bare as alertscale is built.
func buildBare(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bare")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-trimpath", "-ldflags=-s -w", "-o", path, "./bare")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return path
}
