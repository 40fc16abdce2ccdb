package stack

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// build keeps the path of alertscale for all tests of this process.
var build struct {
	once sync.Once
	path string
	err  error
}

// alertscaleProgram returns the path of alertscale, built once in a run.
func alertscaleProgram(t T) string {
	t.Helper()
	build.once.Do(func() { build.path, build.err = buildAlertscale() })
	must(t, build.err)
	return build.path
}

// buildAlertscale builds alertscale, and names it for what it contains: what
// another process builds from a tree that has changed meanwhile does not take
// its place.
func buildAlertscale() (string, error) {
	root, err := moduleRoot()
	if err != nil {
		return "", err
	}
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	work, err := os.MkdirTemp(cache, ".work-*")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(work)
	built := filepath.Join(work, "alertscale")
	_, err = goCommand(context.Background(), filepath.Dir(root), "build", "-buildvcs=false", "-o", built, ".")
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(built)
	if err != nil {
		return "", err
	}
	path := filepath.Join(cache, fmt.Sprintf("%s%.6x", alertscalePrefix, sha256.Sum256(text)))
	forgetOld(cache)
	return path, os.Rename(built, path)
}

const alertscalePrefix = "alertscale-"

// forgetOld removes programs that earlier runs have built, a day ago or more.
func forgetOld(cache string) {
	entries, err := os.ReadDir(cache)
	if err != nil {
		return
	}
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && strings.HasPrefix(e.Name(), alertscalePrefix) && time.Since(info.ModTime()) > 24*time.Hour {
			os.Remove(filepath.Join(cache, e.Name()))
		}
	}
}
