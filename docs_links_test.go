package main

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"

	"alertscale/rules/engine"

	"github.com/stretchr/testify/require"
)

// TestConcepts: docs/concepts.md says of each verdict what it means and what to do.
func TestConcepts(t *testing.T) {
	page, err := os.ReadFile("docs/concepts.md")
	require.NoError(t, err)
	for _, v := range engine.Verdicts() {
		require.Regexp(t, "(?m)^\\| `"+string(v)+"` \\| [^|]+ \\| [^|]+ \\|$", string(page))
	}
	require.Len(t, regexp.MustCompile("(?m)^\\| `").FindAll(page, -1), len(engine.Verdicts()), "there is no other one")
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	fence   = regexp.MustCompile("(?ms)^ *```.*?^ *```$")
)

// TestLinks: what a page refers to in the project is there, with the heading.
func TestLinks(t *testing.T) {
	pages := 0
	require.NoError(t, fs.WalkDir(os.DirFS("."), ".", func(file string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || path.Ext(file) != ".md" {
			return err
		}
		pages++
		for _, found := range link.FindAllStringSubmatch(pageText(t, file), -1) {
			checkLink(t, file, found[1])
		}
		return nil
	}))
	require.Greater(t, pages, 20)
}

func pageText(t *testing.T, file string) string {
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	return fence.ReplaceAllString(string(text), "")
}

func checkLink(t *testing.T, file, to string) {
	if strings.Contains(to, "://") {
		return
	}
	name, anchor, _ := strings.Cut(to, "#")
	target := file
	if name != "" {
		target = path.Join(path.Dir(file), name)
	}
	_, err := os.Stat(target)
	require.NoError(t, err, "%s: %s", file, to)
	if anchor == "" {
		return
	}
	for _, h := range heading.FindAllStringSubmatch(pageText(t, target), -1) {
		if anchorOf(h[1]) == anchor {
			return
		}
	}
	require.Fail(t, "no such heading", "%s: %s", file, to)
}

// anchorOf is what a heading is referred to by.
func anchorOf(heading string) string {
	kept := regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(heading), "")
	return strings.ReplaceAll(kept, " ", "-")
}
