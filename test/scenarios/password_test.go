package scenarios

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"alertscale/test/shipped"
	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// TestManifestsWithAPassword applies and runs both ways to run alertscale with the component that gives it a password,
// with TLS and without. The probes find it alive and ready; where they were not told the password, they find it alive.
func TestManifestsWithAPassword(t *testing.T) {
	program := shipped.Build(t)
	for way, workload := range map[string]stack.Object{
		"standalone": {Kind: "Deployment", Namespace: shipped.Namespace, Name: "alertscale"},
		"sidecar":    {Kind: "StatefulSet", Namespace: shipped.Namespace, Name: "alertmanager"},
	} {
		manifests := withPassword(t, way)
		t.Run(way, func(t *testing.T) { applied(t, manifests, workload) })
		for name, secret := range map[string]map[string]string{"a password": password(t), "TLS": withTLS(t, password(t))} {
			t.Run(way+" with "+name, func(t *testing.T) {
				p := newPod(t, program, find(t, objects(t, manifests), workload.Kind, workload.Name))
				p.secret = secret
				p.volume(t, "/etc/alertscale-web", secret)
				p.volume(t, "/etc/alertscale", map[string]string{"alertscale.yml": shipped.File(t, "alertscale.yml")})
				p.volume(t, "/data", nil)
				p.runs(t)
				forgetful(t, p)
			})
		}
	}
}

// TestAlertmanagerWithAPassword checks config.yml with the lines for a password and TLS, as the page says to have them.
func TestAlertmanagerWithAPassword(t *testing.T) {
	text := shipped.File(t, "config.yml")
	begin := strings.Index(text, "        # http_config:\n")
	require.Positive(t, begin)
	text = text[:begin] + strings.ReplaceAll(text[begin:], "        # ", "        ")
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "config.yml"), []byte(text), 0o600))
	out, err := stack.Run(t, dir, stack.Alertmanager, "amtool", "check-config", "config.yml")
	require.NoError(t, err, out)
	for _, line := range []string{"\n        http_config:\n", "\n            password_file: /run/secrets/alertscale/password\n", "\n            server_name: alertscale\n"} {
		require.Contains(t, text, line)
	}
}

// forgetful starts a pod of which the probes know neither the password nor the address.
func forgetful(t *testing.T, p *pod) {
	t.Helper()
	p.Env = nil
	end := p.start(t)
	stack.Eventually(t, wait, func() error { return p.probes(t, p.LivenessProbe) })
	require.ErrorContains(t, p.probes(t, p.ReadinessProbe), "localhost:")
	end()
}

// withPassword renders the examples with one of the two ways and the component, as their kustomization.yaml shows it.
func withPassword(t *testing.T, way string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS(shipped.Dir)))
	text := shipped.Replace(t, shipped.File(t, "kustomization.yaml"),
		"  - kubernetes/sidecar ", "  - kubernetes/"+way+" ", "# components: [", "components: [")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "kustomization.yaml"), []byte(text), 0o600))
	return stack.Render(t, dir)
}

// password returns the files of the Secret as docs/operations.md has them, for a password whose hash is known here.
func password(t *testing.T) map[string]string {
	t.Helper()
	secret := map[string]string{"password": "secret"}
	for _, f := range regexp.MustCompile("(?ms)^`([a-z.]+)`:\\n\\n```yaml\\n(.*?)^```").FindAllStringSubmatch(operations(t), -1) {
		secret[f[1]] = f[2]
	}
	secret["web.yml"] = shipped.Replace(t, secret["web.yml"], "HASH", "$2a$04$IjlWK9iD2h2zL0OBQo1De.pqYvDCDrQoMij3ctMbbtclK2fw1rM0y")
	return secret
}

// withTLS adds to them what the page says about TLS, with a certificate of its command.
func withTLS(t *testing.T, secret map[string]string) map[string]string {
	t.Helper()
	for _, name := range []string{"web.yml", "http.yml"} {
		secret[name] = shipped.Replace(t, secret[name], "# tls", "tls")
	}
	command := regexp.MustCompile("(?ms)^```\\n(openssl .*?)^```").FindStringSubmatch(operations(t))
	require.NotNil(t, command)
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "sh", "-ec", command[1])
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	for _, name := range []string{"tls.crt", "tls.key", "ca.crt"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		secret[name] = string(text)
	}
	url := regexp.MustCompile(`--from-literal=url=(\S+)`).FindStringSubmatch(operations(t))
	require.NotNil(t, url)
	secret["url"] = url[1]
	return secret
}

// operations returns the page that says how to.
func operations(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/operations.md")
	require.NoError(t, err)
	return string(page)
}
