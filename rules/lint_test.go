package rules

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// lintDrivers are drivers as the real ones are.
var lintDrivers = map[string]RefSchema{
	"sim":        {},
	"kubernetes": {Kind: true, Namespace: true, Path: true, Self: []string{"Deployment", "StatefulSet"}},
	"swarm":      {Kinds: map[string]RefSchema{"service": {}}, Self: []string{"service"}},
	"rancher2":   {Kinds: map[string]RefSchema{"machinePool": {Namespace: true}}},
	"cluster":    {Kind: true, Namespace: true, FromLabels: true, Bounds: BoundsBy("annotation"), Self: []string{"Deployment"}},
}

// warningsOf returns the warnings about a file, each on a line.
func warningsOf(t *testing.T, text string) string {
	t.Helper()
	set, src, doc := readSetOf(text, lintDrivers)
	require.NoError(t, doc.Err())
	set.Lint(src)
	var all strings.Builder
	for _, w := range doc.Warnings() {
		all.WriteString(w.Error() + "\n")
	}
	require.NoError(t, doc.Err(), "a warning is no fault")
	return all.String()
}

// TestLint reads files that are warned of. The warnings, all of them, stand beside each.
func TestLint(t *testing.T) {
	files, err := filepath.Glob("testdata/lint-*.yml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yml"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			got := warningsOf(t, string(text))
			beside := strings.TrimSuffix(file, ".yml") + ".txt"
			if *update {
				require.NoError(t, os.WriteFile(beside, []byte(got), 0o644))
			}
			want, err := os.ReadFile(beside)
			require.NoError(t, err)
			require.Equal(t, string(want), got)
		})
	}
}

// TestLint_NothingToWarnOf has what comes close to each of the warnings.
func TestLint_NothingToWarnOf(t *testing.T) {
	text, err := os.ReadFile("testdata/lint-nothing.yml")
	require.NoError(t, err)
	require.Empty(t, warningsOf(t, string(text)))
}
