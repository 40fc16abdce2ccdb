package stack

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// program returns the path of a file in a component's folder, after building
// the component where that has not been done.
func program(t T, c Component, name string) string {
	t.Helper()
	ctx := t.Context()
	if limited, ok := t.(interface{ Deadline() (time.Time, bool) }); ok {
		if deadline, ok := limited.Deadline(); ok {
			var cancel context.CancelFunc
			ctx, cancel = context.WithDeadline(ctx, deadline.Add(-15*time.Second))
			defer cancel()
		}
	}
	dir, err := Build(ctx, c)
	if errors.Is(err, context.DeadlineExceeded) {
		fatalf(t, "%v\nbuild it ahead of the tests (go run ./build), or give them time (-timeout)", err)
	}
	must(t, err)
	return filepath.Join(dir, name)
}

// Run runs a program of a component, such as promtool, amtool or kustomize, in
// the folder dir. It returns what the program wrote, and its error where it
// does not exit with 0.
func Run(t T, dir string, c Component, name string, args ...string) (output string, err error) {
	t.Helper()
	return RunOn(t, "", dir, c, name, args...)
}

// RunOn is Run with something on the program's standard input.
func RunOn(t T, input, dir string, c Component, name string, args ...string) (output string, err error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program(t, c, name), args...)
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// Render returns the manifests that kustomize makes of a folder.
func Render(t T, dir string) string {
	t.Helper()
	out, err := Run(t, dir, Kustomize, "kustomize", "build", ".")
	if err != nil {
		fatalf(t, "kustomize build %s: %v\n%s", dir, err, out)
	}
	return strings.TrimSpace(out) + "\n"
}
