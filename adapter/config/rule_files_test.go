package config

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"alertscale/adapter/controller"

	"github.com/go-kit/log"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
)

// writeFiles writes files of a folder.
func writeFiles(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
}

// ruleNames are the names of a file's rules, in their order.
func ruleNames(f *File) (names []string) {
	for _, r := range f.Rules.Rules {
		names = append(names, r.Name)
	}
	return names
}

const (
	driverOnly = "drivers: {sim: {type: simulator, workloads: {web: 3}}}\n"
	webOnly    = "targets: {web: {driver: sim, name: web, max: 5}}\n"
)

// rulesNamed is a list of rules on the target web.
func rulesNamed(names ...string) string {
	text := "rules:\n"
	for _, name := range names {
		text += "  - {name: " + name + ", matchers: [a=" + name + "], target: web, up: 1}\n"
	}
	return text
}

// TestRuleFiles: the main file comes first, then the others in the order of the patterns and of their names, each once.
func TestRuleFiles(t *testing.T) {
	dir := t.TempDir()
	abs := filepath.Join(t.TempDir(), "elsewhere.yml")
	writeFiles(t, dir, map[string]string{
		"alertscale.yml": driverOnly + "rule_files: ['teams/*/rules.yml', last.yml, 'rules/*.yml', '*.yml', 'rules/[ab].yml', " + abs + ", 'odd[1].yml']\n" +
			rulesNamed("main"),
		"rules/b.yml":              rulesNamed("b1", "b2"),
		"rules/a.yml":              rulesNamed("a"),
		"rules/.a.yml":             "hidden",
		"rules/a.yml~":             "a backup",
		"rules/folder.yml/x.yml":   "a folder",
		"last.yml":                 rulesNamed("last"),
		"odd[1].yml":               rulesNamed("odd"),
		"teams/one/rules.yml":      webOnly,
		"teams/..2026/rules.yml":   "hidden",
		"teams/a.txt":              "no folder",
		"..data/behind.yml":        rulesNamed("behind"),
		"rules/nothing/but/is.yml": "too deep",
	})
	require.NoError(t, os.WriteFile(abs, []byte(rulesNamed("elsewhere")), 0o600))
	require.NoError(t, os.Symlink(filepath.Join("..", "..data", "behind.yml"), filepath.Join(dir, "rules", "z.yml")))
	require.NoError(t, os.Symlink(filepath.Join("..", "rules"), filepath.Join(dir, "teams", "two")))
	require.NoError(t, os.Symlink(filepath.Join("rules", "a.yml"), filepath.Join(dir, "again.yml")))
	require.NoError(t, os.Symlink("alertscale.yml", filepath.Join(dir, "self.yml")))
	require.NoError(t, os.Symlink("nobody@host", filepath.Join(dir, "rules", ".#lock.yml")))
	f, err := Load(filepath.Join(dir, "alertscale.yml"), LoadOptions{})
	require.NoError(t, err)
	require.Equal(t, []string{"main", "last", "a", "b1", "b2", "behind", "odd", "elsewhere"}, ruleNames(f))
	require.Len(t, f.RuleFiles, 7)
	require.Equal(t, filepath.Join(dir, "teams", "one", "rules.yml"), f.RuleFiles[0].Name)
	require.Equal(t, filepath.Join(dir, "rules", "b.yml"), f.Rules.Rules[4].Place().File)
	require.Equal(t, 3, f.Rules.Rules[4].Place().Line)
	require.Equal(t, `rules[1] "b2"`, f.Rules.Rules[4].Where())
	require.Equal(t, 4, f.Rules.Rules[4].Index)
	require.Empty(t, f.Unmatched)
}

// TestRuleFiles_AFolderLikeAPattern: only what the file says is a pattern.
func TestRuleFiles_AFolderLikeAPattern(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "[ab] *", `c\d`)
	writeFiles(t, dir, map[string]string{
		"alertscale.yml": driverOnly + webOnly + "rule_files: [rules/*.yml, b.yml]\n", "rules/a.yml": rulesNamed("a"), "b.yml": rulesNamed("b"),
	})
	f, err := Load(filepath.Join(dir, "alertscale.yml"), LoadOptions{})
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b"}, ruleNames(f))
	require.Equal(t, filepath.Join(dir, "rules", "a.yml"), f.RuleFiles[0].Name)
	require.Contains(t, foldersOf(f.state.patterns[0]), filepath.Join(dir, "rules"))
}

// TestRuleFiles_OddFiles: a file that has no end, or cannot be read, is not waited for.
func TestRuleFiles_OddFiles(t *testing.T) {
	dir := t.TempDir()
	main := filepath.Join(dir, "alertscale.yml")
	writeFiles(t, dir, map[string]string{"alertscale.yml": driverOnly + "rule_files: ['*.y*']\n" + webOnly + rulesNamed("main")})
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "pipe.yml"), 0o600))
	require.NoError(t, os.Symlink("nowhere", filepath.Join(dir, "link.yml")))
	_, err := Load(main, LoadOptions{})
	require.EqualError(t, err, main+":2: rule_files[0]: "+dir+"/link.yml: there is no such file\n"+
		main+":2: rule_files[0]: "+dir+"/pipe.yml is no regular file")
}

// TestRuleFiles_NoMatch: a pattern that matches nothing so far is warned of, and there need be no rules then.
func TestRuleFiles_NoMatch(t *testing.T) {
	dir := t.TempDir()
	main := filepath.Join(dir, "alertscale.yml")
	writeFiles(t, dir, map[string]string{"alertscale.yml": driverOnly + "rule_files:\n  - rules/*.yml\n  - a.yml\n", "a.yml": webOnly})
	f, warnings, err := Lint(main, LoadOptions{})
	require.NoError(t, err)
	require.Empty(t, f.Rules.Rules)
	require.Equal(t, []string{filepath.Join(dir, "rules", "*.yml")}, f.Unmatched)
	require.Len(t, warnings, 2)
	require.EqualError(t, warnings[0], main+":3: warning: rule_files[0]: rules/*.yml matches no file")
	require.EqualError(t, warnings[1], dir+"/a.yml:1: warning: targets.web: no rule names it, so nothing scales it")

	var logged bytes.Buffer
	r := &Reloader{Path: main, Logger: log.NewLogfmtLogger(&logged), Metrics: controller.NewMetrics(prometheus.NewRegistry(), 1)}
	_, err = r.Load()
	require.NoError(t, err)
	require.Equal(t, `level=warn msg="a pattern of rule_files matches no file" file=`+main+" pattern="+dir+"/rules/*.yml\n", logged.String())
}

// TestRuleFiles_Lint: warnings have the file and the line of what they are about.
func TestRuleFiles_Lint(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{
		"alertscale.yml": driverOnly + webOnly + "rule_files: [b.yml]\n" + rulesNamed("first"),
		"b.yml": "rules:\n  - {name: much, matchers: [a=b], target: web, set: 9}\n  - {name: more, matchers: [a=b], target: web, up: 1, repeat: 1m}\n" +
			"  - {name: undo, matchers: [a=first], target: web, down: 1}\n",
	})
	_, warnings, err := Lint(filepath.Join(dir, "alertscale.yml"), LoadOptions{})
	require.NoError(t, err)
	var all []string
	for _, w := range warnings {
		all = append(all, strings.TrimPrefix(w.Error()[:strings.LastIndex(w.Error(), `": `)], dir))
	}
	require.Equal(t, []string{`/b.yml:2: warning: rules[0] "much`, `/b.yml:3: warning: rules[1] "more`, `/b.yml:4: warning: rules[2] "undo`}, all)
}

// TestRuleFiles_Shown: each is shown under its name, without what must not be.
func TestRuleFiles_Shown(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("LONG_SECRET", secretValue)
	t.Setenv("WORKLOADS", "3")
	const secretRule = "rules:\n  - {name: '${LONG_SECRET}', matchers: ['a=\"${LONG_SECRET}\"'], target: web, up: 1}\n"
	writeFiles(t, dir, map[string]string{
		"alertscale.yml": "drivers:\n  sim: {type: simulator, workloads: {web: '${WORKLOADS}'}} # hunter2\nrule_files: [rules/*.yml]\n" + webOnly,
		"rules/a.yml":    "# hunter2\n" + secretRule,
	})
	f, err := Load(filepath.Join(dir, "alertscale.yml"), LoadOptions{ExpandEnv: true})
	require.NoError(t, err)
	require.Equal(t, []string{secretValue}, ruleNames(f))
	require.Equal(t, map[string]string{dir + "/rules/a.yml": secretRule}, f.RuleTexts())
	require.Equal(t, "drivers:\n  sim: {type: simulator, workloads: {web: '${WORKLOADS}'}}\nrule_files: [rules/*.yml]\n"+webOnly, f.Text())
}

// TestExpandedSecretsAreNotTold: what cannot be used for want of a file is told as it is written.
func TestExpandedSecretsAreNotTold(t *testing.T) {
	t.Setenv("LONG_SECRET", secretValue)
	f, err := Parse("a.yml", []byte(small+"hooks: {a: {token_file: '/none/${LONG_SECRET}'}}\n"), LoadOptions{ExpandEnv: true})
	require.NoError(t, err)
	require.Equal(t, "/none/"+secretValue, f.Hooks[0].TokenFile)
	_, err = Connect(f, nil, Options{})
	require.ErrorContains(t, err, "a.yml:4: hooks.a: ")
	require.ErrorContains(t, err, "/none/${LONG_SECRET}")
	require.NotContains(t, err.Error(), "hunter2")
	require.ErrorIs(t, err, os.ErrNotExist)
}
