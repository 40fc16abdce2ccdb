package config_test

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestReference checks that the table of docs/reference.md has every key of the file: every one that the code reads.
func TestReference(t *testing.T) {
	read := keysRead(t, "rules", "adapter/config", "adapter/driver", "adapter/sink", "adapter/source")
	page, err := os.ReadFile("../../docs/reference.md")
	require.NoError(t, err)
	written := map[string]bool{}
	for line := range strings.Lines(string(page)) {
		if !strings.HasPrefix(line, "| ") {
			continue
		}
		for _, code := range regexp.MustCompile("`[^`]*`").FindAllString(line, -1) {
			for _, key := range regexp.MustCompile(`[a-z][a-zA-Z_0-9]+`).FindAllString(code, -1) {
				written[key] = true
			}
		}
	}
	for key := range read {
		require.True(t, written[key], "docs/reference.md does not have the key %q", key)
	}
}

// keysRead returns the keys that the code in some folders reads, without those of tests and of what is stored.
func keysRead(t *testing.T, folders ...string) map[string]bool {
	t.Helper()
	keys := map[string]bool{}
	reads := regexp.MustCompile(`Key: "([a-zA-Z_]+)"|\.Child\("([a-zA-Z_]+)"\)`)
	for _, folder := range folders {
		root := os.DirFS("../../" + folder)
		require.NoError(t, fs.WalkDir(root, ".", func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := fs.ReadFile(root, path)
			for _, m := range reads.FindAllStringSubmatch(string(text), -1) {
				keys[m[1]+m[2]] = true
			}
			return err
		}))
	}
	require.Greater(t, len(keys), 50)
	return keys
}
