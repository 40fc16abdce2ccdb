package chaos

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// TestDryRun decides and reports, and changes nothing, neither the count nor the disk.
func TestDryRun(t *testing.T) {
	s := newShop(t, 3, "web")
	proxy := stack.ProxyAPIServer(t, api)
	a := stack.StartAlertscale(t, stack.AlertscaleOptions{
		Config: anyDeployment, Kubeconfig: accountVia(t, proxy), Args: []string{"--dry-run"},
	})
	fires := s.firing("Busy", "web")
	got := post(t, a, 200, "dry_run", fires)
	require.Equal(t, []int{3, 4}, []int{*got.Data.Decisions[0].From, *got.Data.Decisions[0].To})
	post(t, a, 200, "duplicate", fires)
	_, metrics := a.Get(t, "/metrics")
	require.Contains(t, metrics, `alertscale_decisions_total{rule="busy",verdict="dry_run"} 1`)
	_, decisions := a.Get(t, "/api/v1/decisions?verdict=dry_run")
	require.Contains(t, decisions, s.ref("web"))
	require.Empty(t, proxy.Requests(func(r stack.Request) bool { // who it is may be asked: nothing is stored of it
		return r.Method != http.MethodGet && !strings.HasSuffix(r.Path, "/selfsubjectreviews")
	}))
	require.Equal(t, 3, admin.Scale(t, s.object("web")))
	require.NoDirExists(t, filepath.Join(a.Dir(), "data"))
}

// TestShutdown ends alertscale while a change takes three seconds: it takes nothing more, and finishes that.
func TestShutdown(t *testing.T) {
	s := newShop(t, 3, "web")
	proxy := stack.ProxyAPIServer(t, api)
	watch := admin.WatchReplicas(t, s.object("web"))
	slow := proxy.Inject(stack.Fault{Match: stack.Method(http.MethodPatch), Times: 1, Delay: 3 * time.Second})
	a := stack.StartAlertscale(t, stack.AlertscaleOptions{Config: anyDeployment, Kubeconfig: accountVia(t, proxy)})
	fires := s.firing("Busy", "web")
	answered := later(t, a, fires)
	slow.WaitHits(t, 1, wait)
	a.Signal(t, syscall.SIGTERM)
	stack.Eventually(t, 2*time.Second, func() error {
		conn, err := net.Dial("tcp", strings.TrimPrefix(a.URL, "http://"))
		if err == nil {
			conn.Close()
			return fmt.Errorf("it still takes notifications")
		}
		return nil
	})
	require.Empty(t, watch.Changes())
	require.NoError(t, a.Wait(t, 20*time.Second), "it exits with 0")
	got := <-answered
	require.Equal(t, 200, got.Code, "%+v", got)
	require.Equal(t, []string{"scaled"}, got.verdicts())

	a.Start(t)
	post(t, a, 200, "duplicate", fires)
	watch.Exactly(t, 1, wait, quiet)
	require.Len(t, proxy.Requests(stack.Method(http.MethodPatch)), 1)
}

// TestShutdownTimeout ends alertscale while a change hangs: it waits no longer than it was told to, and the
// next start finds out what became of the change.
func TestShutdownTimeout(t *testing.T) {
	s := newShop(t, 3, "web")
	proxy := stack.ProxyAPIServer(t, api)
	watch := admin.WatchReplicas(t, s.object("web"))
	hung := proxy.Inject(stack.Fault{Match: stack.Method(http.MethodPatch), Times: 1, Hold: stack.BeforeRequest})
	a := stack.StartAlertscale(t, stack.AlertscaleOptions{
		Config: anyDeployment, Kubeconfig: accountVia(t, proxy), Args: []string{"--web.shutdown-timeout=2s"},
	})
	fires := s.firing("Busy", "web")
	answered := later(t, a, fires)
	hung.WaitHeld(t, 1, wait)
	start := time.Now()
	a.Signal(t, syscall.SIGTERM)
	require.Error(t, a.Wait(t, 20*time.Second), "it tells that something was left undone")
	require.Less(t, time.Since(start), 6*time.Second)
	require.Contains(t, a.Log(), "calls to drivers were still under way")
	require.NotEqual(t, 200, (<-answered).Code)

	hung.Release()
	watch.Wait(t, 1, wait)
	a.Start(t)
	require.NoError(t, deliver(t.Context(), a.URL, notification(fires)))
	watch.Exactly(t, 1, wait, quiet)
	require.Equal(t, []int{3, 4}, watch.Values())
}

// TestShutdownKeepsWhatWaits ends alertscale between two tries: the next start goes on.
func TestShutdownKeepsWhatWaits(t *testing.T) {
	s := newShop(t, 3, "web")
	proxy := stack.ProxyAPIServer(t, api)
	watch := admin.WatchReplicas(t, s.object("web"))
	down := proxy.Inject(stack.Fault{Match: ofScale, Status: 503})
	a := stack.StartAlertscale(t, stack.AlertscaleOptions{Config: anyDeployment, Kubeconfig: accountVia(t, proxy)})
	post(t, a, 503, "failed", s.firing("Busy", "web"))
	a.Signal(t, syscall.SIGTERM)
	require.NoError(t, a.Wait(t, 20*time.Second))
	down.Remove()
	require.Empty(t, watch.Changes())
	a.Start(t)
	watch.Exactly(t, 1, wait, quiet)
}

// TestTLS serves with TLS and basic auth, and lets nobody in without.
func TestTLS(t *testing.T) {
	s := newShop(t, 3, "web")
	a := stack.NewAlertscale(t, stack.AlertscaleOptions{
		Config: anyDeployment, Kubeconfig: account(t), Args: []string{"--web.config.file=web-config.yml"},
	})
	// The certificate of the API server is good for loopback.
	for from, to := range map[string]string{
		filepath.Join(api.Dir(), "tls.crt"):         "server.crt",
		filepath.Join(api.Dir(), "tls.key"):         "server.key",
		"../../adapter/web/testdata/web-config.yml": "web-config.yml",
	} {
		text, err := os.ReadFile(from)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(a.Dir(), to), text, 0o600))
	}
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(api.CA))
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	ask := func(method, path, password, body string) (int, error) {
		req, err := http.NewRequestWithContext(t.Context(), method, strings.Replace(a.URL, "http:", "https:", 1)+path, strings.NewReader(body))
		if err != nil {
			return 0, err
		}
		if password != "" {
			req.SetBasicAuth("alertmanager", password)
		}
		res, err := client.Do(req)
		if err != nil {
			return 0, err
		}
		return res.StatusCode, res.Body.Close()
	}
	a.Launch(t)
	stack.Eventually(t, wait, func() error {
		code, err := ask(http.MethodGet, "/-/ready", "secret", "")
		if err == nil && code != 200 {
			err = fmt.Errorf("%d", code)
		}
		return err
	})
	for password, want := range map[string]int{"": 401, "wrong": 401, "secret": 200} {
		for method, path := range map[string]string{http.MethodPost: "/webhook", http.MethodGet: "/metrics"} {
			code, err := ask(method, path, password, notification(s.firing("Nothing", "web")))
			require.NoError(t, err)
			require.Equal(t, want, code, "%s %q", path, password)
		}
	}
	code, _ := a.Get(t, "/-/ready") // plain HTTP
	require.Equal(t, 400, code)
	require.Equal(t, 3, admin.Scale(t, s.object("web")))
	code, err := ask(http.MethodPost, "/webhook", "secret", notification(s.firing("Busy", "web")))
	require.NoError(t, err)
	require.Equal(t, 200, code)
	require.Equal(t, 4, admin.Scale(t, s.object("web")))
}
