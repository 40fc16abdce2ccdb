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

// TestTheCommandsOfThePage runs those of docs/testing-rules.md, which need nothing but files, and compares what they print.
func TestTheCommandsOfThePage(t *testing.T) {
	const page = "docs/testing-rules.md"
	program := filepath.Join(t.TempDir(), "alertscale")
	out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput()
	require.NoError(t, err, "%s", out)
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(console.FindAll(text, -1)), 4)
	next := console.ReplaceAllFunc(text, func(block []byte) []byte {
		args := string(console.FindSubmatch(block)[1])
		return fmt.Appendf(nil, "```console\n$ alertscale %s\n%s```", args, printed(t, program, strings.Fields(args)))
	})
	if *update {
		require.NoError(t, os.WriteFile(page, next, 0o644))
	}
	require.True(t, *update || bytes.Equal(text, next), "%s says otherwise; with -update it says:\n%s", page, next)
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
