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

// TestTheCommandsOfPages runs those of pages whose commands need nothing but files, and compares what they print.
func TestTheCommandsOfPages(t *testing.T) {
	program := filepath.Join(t.TempDir(), "alertscale")
	out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput()
	require.NoError(t, err, "%s", out)
	for page, commands := range map[string]int{"docs/testing-rules.md": 4, "docs/checking.md": 3, "docs/upgrades.md": 1} {
		runPage(t, program, page, commands)
	}
}

// runPage runs the commands of a page, of which there are so many at least.
func runPage(t *testing.T, program, page string, commands int) {
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(console.FindAll(text, -1)), commands)
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

// TestTheCommandsOfTheReadme runs those of README.md that need no cluster: none fails.
func TestTheCommandsOfTheReadme(t *testing.T) {
	program := filepath.Join(t.TempDir(), "alertscale")
	out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput()
	require.NoError(t, err, "%s", out)
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	run := map[string]int{}
	for _, found := range regexp.MustCompile(`(?m)^ *go run \. ((check|test|explain|replay) [^#\n]*)`).FindAllSubmatch(text, -1) {
		out, err := exec.CommandContext(t.Context(), program, strings.Fields(string(found[1]))...).CombinedOutput()
		require.NoError(t, err, "%s\n%s", found[1], out)
		run[string(found[2])]++
	}
	require.Equal(t, map[string]int{"check": 2, "test": 1, "explain": 1, "replay": 1}, run)
}
