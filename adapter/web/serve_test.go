package web

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"
	toolkit "github.com/prometheus/exporter-toolkit/web"
	"github.com/stretchr/testify/require"

	"alertscale/rules"
	"alertscale/rules/engine"
)

// running is a server on a free port.
type running struct {
	*Server
	address string
	ended   chan error // what Run returned
}

func start(t *testing.T, core *fakeCore, webConfig string, change ...func(*Server)) *running {
	t.Helper()
	return startLogging(t, core, webConfig, log.NewNopLogger(), change...)
}

func startLogging(t *testing.T, core *fakeCore, webConfig string, logger log.Logger, change ...func(*Server)) *running {
	t.Helper()
	listening := make(chan net.Addr, 1)
	r := &running{ended: make(chan error, 1)}
	r.Server = NewServer(ServerOptions{
		Handler: newSite(core), Flags: flags(webConfig, "127.0.0.1:0"), Logger: logger,
		Listening: func(a net.Addr) { listening <- a },
	})
	for _, c := range change {
		c(r.Server)
	}
	go func() { r.ended <- r.Run() }()
	t.Cleanup(func() { r.Shutdown(nil) })
	select {
	case a := <-listening:
		r.address = a.String()
	case err := <-r.ended:
		t.Fatalf("run: %v", err)
	}
	return r
}

// TestToolkitLogsThroughOurLogger checks that no key is duplicated, and that the level filter holds.
func TestToolkitLogsThroughOurLogger(t *testing.T) {
	var text strings.Builder
	logger := log.With(log.NewLogfmtLogger(log.NewSyncWriter(&text)), "ts", "T", "caller", "C")
	s := startLogging(t, &fakeCore{}, "", logger)
	s.Shutdown(nil)
	require.NoError(t, <-s.ended)
	require.Contains(t, text.String(), `level=info ts=T caller=C msg="Listening on" address=`+s.address+"\n")

	text.Reset()
	s = startLogging(t, &fakeCore{}, "", level.NewFilter(logger, level.AllowWarn()))
	s.Shutdown(nil)
	require.NoError(t, <-s.ended)
	require.Empty(t, text.String())
}

// TestFailedHandshakesAreOneMessage checks that what net/http logs is the message of a line, as a whole.
func TestFailedHandshakesAreOneMessage(t *testing.T) {
	webConfig, _ := tlsFiles(t)
	lines := make(chan []any, 100)
	s := startLogging(t, &fakeCore{}, webConfig, log.LoggerFunc(func(keyvals ...any) error {
		lines <- keyvals
		return nil
	}))
	_, err := http.Get("https://" + s.address + "/-/healthy")
	require.Error(t, err, "nobody knows the certificate")
	for line := range lines {
		if text := fmt.Sprint(line...); strings.Contains(text, "handshake") {
			require.Len(t, line, 4)
			require.Equal(t, "level warn msg", fmt.Sprint(line[0], " ", line[1], " ", line[2]))
			require.Regexp(t, `^http: TLS handshake error from 127\.0\.0\.1:\d+: remote error: tls: bad certificate$`, line[3])
			return
		}
	}
}

func flags(webConfig string, addresses ...string) *toolkit.FlagConfig {
	return &toolkit.FlagConfig{WebListenAddresses: &addresses, WebConfigFile: &webConfig, WebSystemdSocket: ptr(false)}
}

func TestServeTLSAndBasicAuth(t *testing.T) {
	webConfig, pool := tlsFiles(t)
	s := start(t, &fakeCore{}, webConfig)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}}
	for password, want := range map[string]int{"secret": 200, "wrong": 401, "": 401} {
		r, err := http.NewRequestWithContext(t.Context(), "POST", "https://"+s.address+"/webhook", strings.NewReader(minimal))
		require.NoError(t, err)
		if password != "" {
			r.SetBasicAuth("alertmanager", password)
		}
		response, err := client.Do(r)
		require.NoError(t, err)
		readAll(t, response)
		require.Equal(t, want, response.StatusCode, password)
	}
	response, err := http.Get("http://" + s.address + "/-/healthy")
	require.NoError(t, err)
	readAll(t, response)
	require.Equal(t, 400, response.StatusCode, "plain HTTP")
}

// tlsFiles puts a certificate beside a copy of the web config.
func tlsFiles(t *testing.T) (webConfig string, pool *x509.CertPool) {
	t.Helper()
	dir := t.TempDir()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), BasicConstraintsValid: true, IsCA: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, key.Public(), key)
	require.NoError(t, err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	crt := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	config, err := os.ReadFile("testdata/web-config.yml")
	require.NoError(t, err)
	for name, text := range map[string][]byte{
		"server.crt":     crt,
		"server.key":     pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}),
		"web-config.yml": config,
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), text, 0o600))
	}
	pool = x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(crt))
	return filepath.Join(dir, "web-config.yml"), pool
}

func TestServeSaysWhatIsWrong(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	bad := filepath.Join(t.TempDir(), "web.yml")
	require.NoError(t, os.WriteFile(bad, []byte("tls_server_confg: {}\n"), 0o600))
	tests := []struct {
		name  string
		flags *toolkit.FlagConfig
		want  string
	}{
		{"port taken", flags("", taken.Addr().String()), `listen on "` + taken.Addr().String() +
			`": the port is taken: stop what listens there, or choose another with --web.listen-address: listen tcp`},
		{"one of two taken", flags("", "127.0.0.1:0", taken.Addr().String()), "the port is taken"},
		{"no such address", flags("", "127.0.0.1:http:1"), `listen on "127.0.0.1:http:1": choose another address with --web.listen-address`},
		{"no port of vsock", flags("", "vsock://:http"), `serve on "vsock://:http": parse`},
		{"no address", flags(""), "set --web.listen-address"},
		{"no web config", flags("/nowhere/web.yml", "127.0.0.1:0"), "--web.config.file /nowhere/web.yml: open"},
		{"bad web config", flags(bad, "127.0.0.1:0"), "field tls_server_confg not found"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := NewServer(ServerOptions{Handler: newSite(&fakeCore{}), Flags: test.flags, Logger: log.NewNopLogger()})
			require.ErrorContains(t, s.Run(), test.want)
			s.Shutdown(nil)
		})
	}
}

// TestShutdownFinishesWhatIsInFlight checks that a request is answered that came before the shutdown,
// that none is accepted after, and that Run returns only then.
func TestShutdownFinishesWhatIsInFlight(t *testing.T) {
	began, finish := make(chan struct{}), make(chan struct{})
	s := start(t, &fakeCore{handle: func(context.Context, *rules.Event) []engine.Decision {
		close(began)
		<-finish
		return []engine.Decision{{Ref: "done", Verdict: engine.Scaled}}
	}}, "")
	answered := make(chan string, 1)
	go func() {
		r, err := http.Post("http://"+s.address+"/webhook", "application/json", strings.NewReader(minimal))
		if err != nil {
			answered <- err.Error()
			return
		}
		answered <- readAll(t, r)
	}()
	<-began
	go s.Shutdown(nil)
	require.Eventually(t, func() bool {
		c, err := net.Dial("tcp", s.address)
		if err == nil {
			_ = c.Close()
		}
		return err != nil
	}, 5*time.Second, time.Millisecond)
	select {
	case err := <-s.ended:
		t.Fatalf("run returned %v with a request in flight", err)
	case <-time.After(20 * time.Millisecond):
	}
	close(finish)
	require.Contains(t, <-answered, `"ref":"done"`)
	require.NoError(t, <-s.ended)
}

func TestShutdownEndsWithItsTimeout(t *testing.T) {
	began, finish := make(chan struct{}), make(chan struct{})
	defer close(finish)
	s := start(t, &fakeCore{handle: func(context.Context, *rules.Event) []engine.Decision {
		close(began)
		<-finish
		return nil
	}}, "", func(s *Server) { s.ShutdownTimeout = 50 * time.Millisecond })
	failed := make(chan error, 1)
	go func() {
		_, err := http.Post("http://"+s.address+"/webhook", "application/json", strings.NewReader(minimal))
		failed <- err
	}()
	<-began
	s.Shutdown(errors.New("a signal"))
	require.NoError(t, <-s.ended)
	require.Error(t, <-failed)
}

func TestShutdownBeforeRun(t *testing.T) {
	s := NewServer(ServerOptions{Handler: newSite(&fakeCore{}), Flags: flags("", "127.0.0.1:0"), Logger: log.NewNopLogger()})
	s.Shutdown(nil)
	require.NoError(t, s.Run())
}

// TestSenderHangsInTheBody checks that a sender that stops in the midst of a body is answered, with a
// status that makes Alertmanager send again, and that others do not wait for it.
func TestSenderHangsInTheBody(t *testing.T) {
	s := start(t, &fakeCore{}, "", func(s *Server) { s.parts[0].server.ReadTimeout = 300 * time.Millisecond })
	hanging, err := net.Dial("tcp", s.address)
	require.NoError(t, err)
	defer hanging.Close()
	_, err = io.WriteString(hanging, "POST /webhook HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{\"version\":")
	require.NoError(t, err)

	r, err := http.Post("http://"+s.address+"/webhook", "application/json", strings.NewReader(minimal))
	require.NoError(t, err)
	readAll(t, r)
	require.Equal(t, 200, r.StatusCode)

	require.NoError(t, hanging.SetReadDeadline(time.Now().Add(10*time.Second)))
	text, err := io.ReadAll(hanging)
	require.NoError(t, err, "the connection is closed")
	require.True(t, strings.HasPrefix(string(text), "HTTP/1.1 503 "), string(text))
	require.Contains(t, string(text), `"errorType":"unavailable","error":"the body did not arrive in time"`)
}
