package cli

import (
	"bytes"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files again")

func TestCheck(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.yml")
	require.NoError(t, os.WriteFile(bad, []byte("targets: {}\nrulez: []\n"), 0o600))
	var out, errOut bytes.Buffer
	require.Equal(t, 1, Check(&out, &errOut, CheckOptions{Files: []string{"../../examples/alertscale.yml", bad}}))
	require.Equal(t, "Checking ../../examples/alertscale.yml\n  SUCCESS: 1 driver, 2 targets, 4 rules found\nChecking "+bad+"\n", out.String())
	require.Equal(t, "  FAILED:\n"+bad+":1: rules are missing: which alerts scale which target\n"+
		bad+`:2: unknown key "rulez", did you mean "rules"?`+"\n", errOut.String())
	require.Equal(t, 0, Check(&out, &errOut, CheckOptions{Files: []string{"../../examples/alertscale.yml"}}))
}

// TestCheck_Warnings: what is probably not meant is told, and is a fault where that is asked for.
func TestCheck_Warnings(t *testing.T) {
	const file = "testdata/warned.yml"
	var out, errOut bytes.Buffer
	require.Equal(t, 0, Check(&out, &errOut, CheckOptions{Files: []string{file}}))
	require.Equal(t, "Checking "+file+"\n  SUCCESS: 1 driver, 2 targets, 4 rules found\n", out.String())
	golden(t, "testdata/warned.txt", errOut.String())
	warned := errOut.String()

	out.Reset()
	errOut.Reset()
	require.Equal(t, 1, Check(&out, &errOut, CheckOptions{Files: []string{file, "../../examples/alertscale.yml"}, LintFails: true}))
	require.Equal(t, "Checking "+file+"\nChecking ../../examples/alertscale.yml\n  SUCCESS: 1 driver, 2 targets, 4 rules found\n", out.String())
	require.Equal(t, "  FAILED:\n"+warned, errOut.String())
}

// TestCheck_Examples: there is nothing to warn of in the files that are shipped.
func TestCheck_Examples(t *testing.T) {
	var files []string
	require.NoError(t, filepath.WalkDir("../../examples", func(path string, d fs.DirEntry, err error) error {
		if filepath.Base(path) == "alertscale.yml" {
			files = append(files, path)
		}
		return err
	}))
	require.GreaterOrEqual(t, len(files), 4)
	var out, errOut bytes.Buffer
	require.Equal(t, 0, Check(&out, &errOut, CheckOptions{Files: files, LintFails: true}), errOut.String())
	require.Empty(t, errOut.String())
}

// golden compares a text with a file, or writes the file.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(got), 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}
