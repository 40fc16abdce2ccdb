package config

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// sending is a file with senders beside which their tokens are.
func sending(t *testing.T, text string, tokens map[string]string) (path string) {
	t.Helper()
	dir := t.TempDir()
	for name, token := range tokens {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(token), 0o600))
	}
	path = filepath.Join(dir, "alertscale.yml")
	require.NoError(t, os.WriteFile(path, []byte(text+small), 0o600))
	return path
}

func TestSenders(t *testing.T) {
	path := sending(t, "senders: {prod: {token_file: a}, dev: {token_file: b, rules: ['x*']}}\n", map[string]string{"a": "one\n", "b": "two"})
	r := newReloading(t, path)
	who := func(token, name string, asked bool) {
		t.Helper()
		gotName, gotAsked := r.Sender(token)
		require.Equal(t, []any{name, asked}, []any{gotName, gotAsked})
	}
	who("one", "prod", true)
	who("two", "dev", true)
	who("three", "", true)
	who("", "", true)
	text, _ := r.Config()
	require.NotContains(t, text, "one")

	// Tokens are read at every reload; where one cannot be, all stays as it was.
	token := filepath.Join(filepath.Dir(path), "a")
	require.NoError(t, os.WriteFile(token, []byte("three"), 0o600))
	who("one", "prod", true)
	require.NoError(t, r.Reload())
	who("one", "", true)
	who("three", "prod", true)
	for text, want := range map[string]string{
		"two":   path + ":1: senders.dev: token_file: " + filepath.Join(filepath.Dir(path), "b") + ` holds the token of sender "prod" too; give each its own`,
		" \n":   path + ":1: senders.prod: token_file: " + token + " is empty, so that anybody could post; write a token into it",
		"a b\n": path + ":1: senders.prod: token_file: " + token + " holds more than one word; want nothing but the token",
	} {
		require.NoError(t, os.WriteFile(token, []byte(text), 0o600))
		err := r.Reload()
		require.EqualError(t, err, want)
		require.NotContains(t, err.Error(), "three")
		r.healthy(t, "0")
		who("three", "prod", true)
	}

	require.NoError(t, os.WriteFile(path, []byte(small), 0o600))
	require.NoError(t, r.Reload())
	who("three", "", false)
}

func TestAFileThatDoesNotGoWithTheProcessIsRefused(t *testing.T) {
	path := sending(t, "senders: {prod: {token_file: a}}\n", map[string]string{"a": "one"})
	r := newReloading(t, path)
	r.Check = func(f *File) error {
		require.Len(t, f.Senders, 1)
		return errors.New("it is not to be")
	}
	require.EqualError(t, r.Reload(), "it is not to be")
	name, _ := r.Sender("one")
	require.Equal(t, "prod", name)
}

func TestLint_PatternsThatNoRuleIsNamedBy(t *testing.T) {
	_, warnings, err := LintText("a.yml", []byte("senders: {prod: {token_file: a, rules: ['r*', 'none']}, dev: {token_file: b}}\n"+
		"hooks: {deploy: {token_file: c, rules: [other]}}\n"+
		"targets: {a: {driver: kubernetes, kind: Deployment, namespace: n, name: a, max: 2}}\nrules: [{name: r/s, matchers: [a=b], target: a, up: 1}]"), LoadOptions{})
	require.NoError(t, err)
	var all []string
	for _, w := range warnings {
		all = append(all, w.Error())
	}
	require.Equal(t, []string{
		"a.yml:1: warning: senders.prod: rules[0]: no rule has such a name",
		"a.yml:1: warning: senders.prod: rules[1]: no rule has such a name",
		"a.yml:2: warning: hooks.deploy: rules[0]: no rule has such a name",
	}, all)
}
