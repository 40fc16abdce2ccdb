package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"alertscale/adapter/config"

	"github.com/oklog/run"
	toolkit "github.com/prometheus/exporter-toolkit/web"
	"github.com/stretchr/testify/require"
)

// TestTimeZonesComeWithTheProgram looks at what is built into it: the image has no files but the program's, and a time
// interval may have a location.
func TestTimeZonesComeWithTheProgram(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	require.NoError(t, err)
	require.Contains(t, strings.Fields(string(out)), "time/tzdata")
}

// TestSendersDoNotGoWithPasswords: the toolkit would answer every bearer token with 401.
func TestSendersDoNotGoWithPasswords(t *testing.T) {
	const rest = "targets: {web: {driver: kubernetes, kind: Deployment, namespace: shop, name: web, max: 2}}\n" +
		"rules: [{name: up, matchers: [a=b], target: web, up: 1}]\n"
	path := filepath.Join(t.TempDir(), "web.yml")
	s := &service{options: &options{web: &toolkit.FlagConfig{WebConfigFile: &path}}}
	check := func(web, text string) error {
		require.NoError(t, os.WriteFile(path, []byte(web), 0o600))
		f, err := config.Parse("a.yml", []byte(text), config.LoadOptions{})
		require.NoError(t, err)
		return s.checkSenders(f)
	}
	const users, senders = "basic_auth_users: {am: x}\n", "senders:\n  prod: {token_file: t}\n"
	require.NoError(t, check(users, rest))
	require.NoError(t, check("tls_server_config: {}\n", senders+rest))
	require.EqualError(t, check(users, senders+rest), "a.yml:2: senders: show bearer tokens, and --web.config.file "+path+
		" has basic_auth_users, which refuses them; take one of both out")
}

// TestASignalBeforeAllRuns: it is waited for only later, and stops the process in order all the same.
func TestASignalBeforeAllRuns(t *testing.T) {
	stop := notified(syscall.SIGTERM)
	require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGTERM))
	require.ErrorIs(t, waitForSignal(t.Context(), stop), run.ErrSignal)
}
