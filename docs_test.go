package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the outputs in docs")

// console is a command in a page, and what it prints.
var console = regexp.MustCompile("(?s)```console\n\\$ alertscale ([^\n]*)\n(.*?)```")

// TestDocs runs the commands of the pages in docs, and compares what they print.
func TestDocs(t *testing.T) {
	program := filepath.Join(t.TempDir(), "alertscale")
	out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput()
	require.NoError(t, err, "%s", out)
	pages, err := filepath.Glob("docs/*.md")
	require.NoError(t, err)
	ran := 0
	for _, page := range pages {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		next := console.ReplaceAllFunc(text, func(block []byte) []byte {
			ran++
			args := string(console.FindSubmatch(block)[1])
			return fmt.Appendf(nil, "```console\n$ alertscale %s\n%s```", args, printed(t, program, strings.Fields(args)))
		})
		if *update && !bytes.Equal(text, next) {
			require.NoError(t, os.WriteFile(page, next, 0o644))
			continue
		}
		require.Equal(t, string(text), string(next), page)
	}
	require.GreaterOrEqual(t, ran, 4)
}

// printed is what a command prints.
func printed(t *testing.T, program string, args []string) string {
	cmd := exec.CommandContext(t.Context(), program, args...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		require.True(t, ok, "%v", err)
		return string(out) + exit.Error() + "\n"
	}
	return string(out)
}
