package config

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/stretchr/testify/require"
)

// watching is a reloader that watches the files of a folder.
type watching struct {
	*reloading
	dir string
}

// newWatching watches alertscale.yml and what it names. Files that other tests have beside it are written before.
func newWatching(t *testing.T, files map[string]string) *watching {
	dir := t.TempDir()
	writeFiles(t, dir, files)
	w := &watching{newReloading(t, filepath.Join(dir, "alertscale.yml")), dir}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- w.Watch(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-ended)
	})
	time.Sleep(2 * settle) // until the folders are watched
	return w
}

// becomes waits until the rules of the active file have these names.
func (w *watching) becomes(t *testing.T, names ...string) {
	t.Helper()
	require.Eventually(t, func() bool {
		var now []string
		if f := w.last.Load(); f != nil {
			for _, r := range f.Rules.Rules {
				now = append(now, r.Name)
			}
		}
		return slices.Equal(names, now)
	}, poll/2, 5*time.Millisecond, "%v", names)
}

// refuses waits until what is there was read and refused.
func (w *watching) refuses(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool { return strings.Contains(gather(t, w.reg), "reload_successful 0") }, poll/2, 5*time.Millisecond)
}

func (w *watching) write(t *testing.T, name, text string) {
	t.Helper()
	writeFiles(t, w.dir, map[string]string{name: text})
}

const namingRules = driverOnly + webOnly + "rule_files: ['rules/*.yml']\n"

// TestWatch_RuleFiles: a file that is written, one that is new, one that goes, and a folder that goes and comes back, each once.
func TestWatch_RuleFiles(t *testing.T) {
	t.Parallel()
	w := newWatching(t, map[string]string{"alertscale.yml": namingRules, "rules/b.yml": rulesNamed("b")})
	w.write(t, "rules/b.yml", rulesNamed("b1"))
	w.becomes(t, "b1")
	w.write(t, "rules/a.yml", rulesNamed("a"))
	w.becomes(t, "a", "b1")
	w.write(t, "rules/other.txt", "no rules")
	require.NoError(t, os.Remove(filepath.Join(w.dir, "rules/b.yml")))
	w.becomes(t, "a")
	require.EqualValues(t, 3, w.uses.Load())

	w.write(t, "rules/bad.yml", rulesNamed("a"))
	w.refuses(t)
	require.EqualValues(t, 3, w.uses.Load())
	require.NoError(t, os.Remove(filepath.Join(w.dir, "rules/bad.yml")))
	require.Eventually(t, func() bool { return w.uses.Load() == 4 }, poll/2, 5*time.Millisecond)
	w.becomes(t, "a")
	w.healthy(t, "1")

	require.NoError(t, os.RemoveAll(filepath.Join(w.dir, "rules")))
	w.becomes(t)
	w.write(t, "rules/c.yml", rulesNamed("c"))
	w.becomes(t, "c")
	w.write(t, "rules/c.yml", rulesNamed("c1"))
	w.becomes(t, "c1")
}

// TestWatch_RuleFilesOfAConfigMap: files that are links into a folder which is replaced as a whole, in which a key is new and
// another one is gone.
func TestWatch_RuleFilesOfAConfigMap(t *testing.T) {
	t.Parallel()
	w := newWatching(t, map[string]string{"alertscale.yml": namingRules, "rules/x.yml": rulesNamed("x")})
	mount := func(version string, keys map[string]string) {
		t.Helper()
		rules := filepath.Join(w.dir, "rules")
		for name, text := range keys {
			w.write(t, filepath.Join("rules", version, name), text)
		}
		require.NoError(t, os.Symlink(version, filepath.Join(rules, "..data_tmp")))
		require.NoError(t, os.Rename(filepath.Join(rules, "..data_tmp"), filepath.Join(rules, "..data")))
		for name := range keys {
			if _, err := os.Lstat(filepath.Join(rules, name)); err != nil {
				require.NoError(t, os.Symlink(filepath.Join("..data", name), filepath.Join(rules, name)))
			}
		}
		found, err := filepath.Glob(filepath.Join(rules, "*.yml"))
		require.NoError(t, err)
		for _, link := range found {
			if _, isKey := keys[filepath.Base(link)]; !isKey {
				require.NoError(t, os.Remove(link))
			}
		}
	}
	mount("..1", map[string]string{"a.yml": rulesNamed("a1"), "b.yml": rulesNamed("b1")})
	w.becomes(t, "a1", "b1")
	mount("..2", map[string]string{"a.yml": rulesNamed("a2"), "c.yml": rulesNamed("c2")})
	w.becomes(t, "a2", "c2")
	w.write(t, "rules/..2/a.yml", rulesNamed("a3")) // in place, behind the links
	w.becomes(t, "a3", "c2")
}

// TestWatch_OtherRuleFiles: where the file names others than before, those are watched, and no others.
func TestWatch_OtherRuleFiles(t *testing.T) {
	t.Parallel()
	w := newWatching(t, map[string]string{"alertscale.yml": namingRules, "rules/a.yml": rulesNamed("a"), "teams/one/r.yml": rulesNamed("zero")})
	w.write(t, "alertscale.yml", driverOnly+webOnly+"rule_files: ['teams/*/r.yml']\n")
	w.becomes(t, "zero")
	time.Sleep(3 * settle)
	w.write(t, "teams/one/r.yml", rulesNamed("one"))
	w.becomes(t, "one")
	w.write(t, "alertscale.yml", driverOnly+webOnly+"rule_files: ['teams/*/r.yml', plain/p.yml]\n")
	w.refuses(t)
	w.write(t, "plain/p.yml", rulesNamed("p"))
	w.becomes(t, "one", "p")
	time.Sleep(3 * settle)
	uses := w.uses.Load()
	w.write(t, "rules/a.yml", rulesNamed("a1"))
	w.write(t, "teams/one/r.yml", rulesNamed("first"))
	w.becomes(t, "first", "p")
	w.write(t, "teams/two/r.yml", rulesNamed("two"))
	w.becomes(t, "first", "two", "p")
	require.Equal(t, uses+2, w.uses.Load())

	require.NoError(t, os.Remove(filepath.Join(w.dir, "plain/p.yml")))
	w.refuses(t)
	require.Equal(t, uses+2, w.uses.Load(), "a file that is named and not there changes nothing")
	w.write(t, "plain/p.yml", rulesNamed("p"))
	w.becomes(t, "first", "two", "p")
	require.NoError(t, w.Reload(), "by a signal")
}

// TestFollow: the folders that are watched are those in which something may change, and behind links.
func TestFollow(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{
		"a/alertscale.yml": "", "b/..1/x.yml": "", "b/y.yml": "", "teams/one/r.yml": "", "teams/two/s.yml": "", "other/z": "",
	})
	require.NoError(t, os.Symlink("..1", filepath.Join(dir, "b", "..data")))
	require.NoError(t, os.Symlink(filepath.Join("..data", "x.yml"), filepath.Join(dir, "b", "x.yml")))
	w, err := fsnotify.NewWatcher()
	require.NoError(t, err)
	defer w.Close()
	r := &Reloader{Path: filepath.Join(dir, "a", "alertscale.yml")}
	for _, c := range []struct {
		patterns []string
		want     []string
	}{
		{nil, []string{"a"}},
		{[]string{"b/*.yml"}, []string{"a", "b", "b/..1"}},
		{[]string{"b/x.yml"}, []string{"a", "b", "b/..1"}},
		{[]string{"teams/*/r.yml", "b/y.yml"}, []string{"a", "b", "teams", "teams/one", "teams/two"}},
		{[]string{"none/yet/*.yml"}, []string{".", "a"}},
		{[]string{"teams/three/r.yml", "["}, []string{".", "a", "teams"}},
		{nil, []string{"a"}},
	} {
		var patterns, watched []string
		for _, p := range c.patterns {
			patterns = append(patterns, filepath.Join(dir, p))
		}
		r.follow(w, patterns)
		for _, path := range w.WatchList() {
			path, err := filepath.Rel(dir, path)
			require.NoError(t, err)
			watched = append(watched, path)
		}
		slices.Sort(watched)
		require.Equal(t, c.want, watched, c.patterns)
	}
}

// TestReloadReadsTheEnvironmentAgain: and a variable that is gone changes nothing.
func TestReloadReadsTheEnvironmentAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "alertscale.yml")
	require.NoError(t, os.WriteFile(path, []byte(strings.ReplaceAll(small, "max: 5", "max: '${MAX}'")), 0o600))
	t.Setenv("MAX", "5")
	r := &reloading{Reloader: &Reloader{Path: path, Options: LoadOptions{ExpandEnv: true}}}
	newReloader(t, r)
	t.Setenv("MAX", "6")
	require.NoError(t, r.Reload())
	require.Equal(t, 6, r.last.Load().Rules.Targets["web"].Max)
	require.Contains(t, r.last.Load().Text, "max: '${MAX}'")
	require.NoError(t, os.Unsetenv("MAX"))
	require.ErrorContains(t, r.Reload(), path+":2: targets.web: max: has ${MAX}, and MAX is not set in the environment")
	require.EqualValues(t, 1, r.uses.Load())
	r.healthy(t, "0")
}
