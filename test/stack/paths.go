package stack

import (
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/mod/modfile"
)

const modulePath = "alertscale/test"

// cacheDir returns the folder that holds what was built, on this machine, for
// whichever copy of the tree.
func cacheDir() (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(base, "alertscale-test")
	return dir, os.MkdirAll(dir, 0o755)
}

// moduleRoot returns the folder of this module. Tests run in the folder of
// their package, so it is that one or one above.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && modfile.ModulePath(text) == modulePath {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("stack: not run from within the module " + modulePath)
		}
		dir = parent
	}
}
