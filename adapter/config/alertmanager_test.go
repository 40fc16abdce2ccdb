package config

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"alertscale/adapter/source/alertmanager"
	"alertscale/rules"
)

// TestAlertmanager: a block that is alike keeps its client over a reload; one whose files cannot be read changes nothing.
func TestAlertmanager(t *testing.T) {
	dir := t.TempDir()
	path, secret := filepath.Join(dir, "alertscale.yml"), filepath.Join(dir, "password")
	write := func(block string) { require.NoError(t, os.WriteFile(path, []byte(block+small), 0o600)) }
	require.NoError(t, os.WriteFile(secret, []byte("one"), 0o600))
	const block = "alertmanager:\n  urls: [http://a:9093/prefix]\n  basic_auth: {username: u, password_file: password}\n"
	write(block)
	r := newReloading(t, path)
	first := r.conns.Alertmanager()
	require.NotNil(t, first)
	require.Equal(t, time.Minute, r.conns.file.Alertmanager.Check)

	write("# moved\n" + block)
	require.NoError(t, r.Reload())
	require.Same(t, first, r.conns.Alertmanager())
	write(strings.Replace(block, "/prefix", "", 1))
	require.NoError(t, r.Reload())
	second := r.conns.Alertmanager()
	require.NotSame(t, first, second)

	require.NoError(t, os.Remove(secret))
	write(block)
	require.ErrorContains(t, r.Reload(), path+":2: alertmanager: basic_auth: password_file: open "+secret)
	require.Same(t, second, r.conns.Alertmanager())
	write("")
	require.NoError(t, r.Reload())
	require.Nil(t, r.conns.Alertmanager())
	require.NoError(t, os.WriteFile(secret, []byte("one"), 0o600))
	write(block)
	require.NoError(t, r.Reload())
	require.NotNil(t, r.conns.Alertmanager(), "after a file that had none")
}

// TestAlertmanager_Options: look-ups are counted, and say who asks.
func TestAlertmanager_Options(t *testing.T) {
	var agent string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		agent = r.UserAgent()
		http.NotFound(w, r)
	}))
	defer server.Close()
	path := filepath.Join(t.TempDir(), "alertscale.yml")
	require.NoError(t, os.WriteFile(path, []byte("alertmanager: {urls: ['"+server.URL+"']}\n"+small), 0o600))
	r := newReloading(t, path)
	reg := prometheus.NewRegistry()
	r.Version, r.Lookups = "1.2.3", alertmanager.NewMetrics(reg)
	r.conns = nil
	require.NoError(t, r.Reload())
	r.conns.Alertmanager().Ask(t.Context(), []rules.Labels{{{Name: "a", Value: "b"}}})
	require.Equal(t, "alertscale/1.2.3", agent)
	require.NoError(t, testutil.GatherAndCompare(reg, strings.NewReader(`
# HELP alertscale_alertmanager_lookups_total Alerts that were looked up at Alertmanager, by what came of it: firing, gone, or unknown where none answered.
# TYPE alertscale_alertmanager_lookups_total counter
alertscale_alertmanager_lookups_total{outcome="firing"} 0
alertscale_alertmanager_lookups_total{outcome="gone"} 0
alertscale_alertmanager_lookups_total{outcome="unknown"} 1
`)))
}

func TestAlertmanager_SecretsAreNotShown(t *testing.T) {
	for _, auth := range []string{"basic_auth: {username: u, password: hunter2}", "authorization: {credentials: hunter2}", "authorization:\n    type: Token\n    credentials: hunter2"} {
		f, err := Parse("x.yml", []byte("alertmanager:\n  urls: [http://a]\n  "+auth+"\n"+small), LoadOptions{})
		require.NoError(t, err)
		require.NotContains(t, f.Text(), "hunter2")
		require.Contains(t, f.Text(), "urls: ['http://a']")
	}
}
