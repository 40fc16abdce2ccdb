package config

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const hooked = "hooks:\n  deploy: {token_file: secrets/hook, labels: {action: up}, for: 1h30m}\n" + small

func TestHooks(t *testing.T) {
	dir := t.TempDir()
	path, token := filepath.Join(dir, "alertscale.yml"), filepath.Join(dir, "secrets", "hook")
	require.NoError(t, os.Mkdir(filepath.Dir(token), 0o700))
	require.NoError(t, os.WriteFile(token, []byte("one\n"), 0o600))
	require.NoError(t, os.WriteFile(path, []byte(hooked), 0o600))
	r := newReloading(t, path)
	h, ok := r.Hook("deploy")
	require.True(t, ok)
	require.True(t, h.Allows("one"))
	require.Equal(t, 90*time.Minute, h.For)
	_, ok = r.Hook("other")
	require.False(t, ok)

	// The token is read at every reload; where it cannot be, all stays as it was.
	require.NoError(t, os.WriteFile(token, []byte("two"), 0o600))
	require.NoError(t, r.Reload())
	h, _ = r.Hook("deploy")
	require.True(t, h.Allows("two") && !h.Allows("one"))
	require.NoError(t, os.Remove(token))
	require.ErrorContains(t, r.Reload(), path+":2: hooks.deploy: token_file: open "+token)
	r.healthy(t, "0")
	h, _ = r.Hook("deploy")
	require.True(t, h.Allows("two"))

	require.NoError(t, os.WriteFile(path, []byte(small), 0o600))
	require.NoError(t, r.Reload())
	_, ok = r.Hook("deploy")
	require.False(t, ok)
}

func TestHooksEachHaveTheirToken(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "alertscale.yml")
	for _, token := range []string{"one", "two"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, token), []byte(token), 0o600))
	}
	require.NoError(t, os.WriteFile(path, []byte("hooks: {a: {token_file: one}, b: {token_file: two, for: 1m}}\n"+small), 0o600))
	r := newReloading(t, path)
	a, _ := r.Hook("a")
	b, _ := r.Hook("b")
	require.True(t, a.Allows("one") && b.Allows("two") && !a.Allows("two") && !b.Allows("one"))
	require.Equal(t, []time.Duration{5 * time.Minute, time.Minute}, []time.Duration{a.For, b.For})
}
