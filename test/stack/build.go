package stack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Build returns the folder that holds the programs of a component, after
// building them where that has not been done on this machine. Of several
// processes that ask at the same time one builds, and one component at a time.
func Build(ctx context.Context, c Component) (string, error) {
	dir, err := c.folder()
	if err != nil {
		return "", err
	}
	if exists(dir) {
		return dir, nil
	}
	unlock, err := lock(filepath.Join(filepath.Dir(dir), "build.lock"))
	if err != nil {
		return "", fmt.Errorf("build %s: %w", c, err)
	}
	defer unlock()
	if exists(dir) {
		return dir, nil
	}
	start := time.Now()
	fmt.Fprintf(os.Stderr, "building %s (once on this machine; this may take minutes)\n", filepath.Base(dir))
	if err := buildInto(ctx, c, dir); err != nil {
		return "", fmt.Errorf("build %s: %w", c, err)
	}
	fmt.Fprintf(os.Stderr, "built %s in %s\n", filepath.Base(dir), time.Since(start).Round(time.Second))
	return dir, nil
}

// buildInto builds in a folder beside dir, and gives it the name dir at the
// end, so that a folder of that name is always whole. The caller holds the
// lock, so what else is being built there was left by a process that is gone.
func buildInto(ctx context.Context, c Component, dir string) error {
	cutShort, _ := filepath.Glob(filepath.Join(filepath.Dir(dir), ".build-*"))
	for _, old := range cutShort {
		os.RemoveAll(old)
	}
	work, err := os.MkdirTemp(filepath.Dir(dir), ".build-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	r := recipes()[c]
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	source := filepath.Join(root, "components", string(c))
	module, err := moduleDir(ctx, source, r.module)
	if err != nil {
		return err
	}
	if r.source != nil {
		if source, err = r.source(module, work); err != nil {
			return err
		}
	}
	version, err := c.Version()
	if err != nil {
		return err
	}
	out := filepath.Join(work, "out")
	if err := buildPrograms(ctx, r, version, source, out); err != nil {
		return err
	}
	if r.extra != nil {
		if err := r.extra(module, out); err != nil {
			return err
		}
	}
	return os.Rename(out, dir)
}

func buildPrograms(ctx context.Context, r recipe, version, source, out string) error {
	flags := "-s -w"
	if r.version != "" {
		// Kubernetes wants its v, Prometheus none.
		if strings.HasPrefix(r.version, "k8s.io/") {
			version = "v" + version
		}
		flags += " -X " + r.version + "=" + version
	}
	for _, name := range slices.Sorted(maps.Keys(r.programs)) {
		_, err := goCommand(ctx, source, "build", "-trimpath", "-ldflags", flags,
			"-o", filepath.Join(out, name), r.programs[name])
		if err != nil {
			return err
		}
	}
	return nil
}

// moduleDir returns the folder of a module that the go.mod in dir requires,
// after downloading it where it is not there.
func moduleDir(ctx context.Context, dir, module string) (string, error) {
	out, err := goCommand(ctx, dir, "mod", "download", "-json", module)
	if err != nil {
		return "", err
	}
	var answer struct{ Dir string }
	if err := json.Unmarshal(out, &answer); err != nil {
		return "", fmt.Errorf("go mod download %s: %w", module, err)
	}
	return answer.Dir, nil
}

// goCommand runs the go command, at low priority where there is a nice: a
// build uses all cores for minutes. It needs no C compiler.
func goCommand(ctx context.Context, dir string, args ...string) ([]byte, error) {
	argv := append([]string{"go"}, args...)
	if nice, err := exec.LookPath("nice"); err == nil {
		argv = append([]string{nice}, argv...)
	}
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // So that it tidies up.
	cmd.WaitDelay = 5 * time.Second
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off", "PWD="+dir)
	out, err := cmd.Output()
	if err == nil {
		return out, nil
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = fmt.Errorf("%w\n%s", err, exit.Stderr)
	}
	return nil, fmt.Errorf("go %s: %w", strings.Join(args, " "), err)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
