package client

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"alertscale/adapter/web"

	"github.com/go-kit/log"
	toolkit "github.com/prometheus/exporter-toolkit/web"
	"github.com/stretchr/testify/require"
)

// users are those of a web configuration: alertmanager, with the password secret.
const users = "basic_auth_users: {alertmanager: $2a$04$IjlWK9iD2h2zL0OBQo1De.pqYvDCDrQoMij3ctMbbtclK2fw1rM0y}\n"

// serve runs alertscale's own server, with a web configuration.
func serve(t *testing.T, core *fakeCore, dir, webConfig string) *site {
	t.Helper()
	file, addresses, systemd := filepath.Join(dir, "web.yml"), []string{"127.0.0.1:0"}, false
	write(t, file, webConfig)
	listening, o := make(chan net.Addr, 1), handler(core, nil)
	s := web.NewServer(web.ServerOptions{
		Handler: web.New(*o), Logger: log.NewNopLogger(), Listening: func(a net.Addr) { listening <- a },
		Flags: &toolkit.FlagConfig{WebListenAddresses: &addresses, WebConfigFile: &file, WebSystemdSocket: &systemd},
	})
	ended := make(chan error, 1)
	go func() { ended <- s.Run() }()
	t.Cleanup(func() { s.Shutdown(nil) })
	select {
	case a := <-listening:
		return &site{"http://" + a.String()}
	case err := <-ended:
		require.NoError(t, err)
		return nil
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
}

// selfSigned writes a certificate for the name alertscale, which is its own CA, and its key.
func selfSigned(t *testing.T, dir string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "alertscale"}, DNSNames: []string{"alertscale"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), BasicConstraintsValid: true, IsCA: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, key.Public(), key)
	require.NoError(t, err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	write(t, filepath.Join(dir, "tls.crt"), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	write(t, filepath.Join(dir, "tls.key"), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})))
}

// httpConfig uses a file of credentials and TLS.
func httpConfig(t *testing.T, dir, name, text string) func(*Options) {
	t.Helper()
	write(t, filepath.Join(dir, name), text)
	return func(o *Options) { o.HTTPConfig = filepath.Join(dir, name) }
}

func at(u string) func(*Options) { return func(o *Options) { o.URL = u } }

// TestPasswordAndTLS asks a server that asks for both.
func TestPasswordAndTLS(t *testing.T) {
	dir := t.TempDir()
	selfSigned(t, dir)
	write(t, filepath.Join(dir, "password"), "secret\n")
	core, _ := newCore()
	s := serve(t, core, dir, users+"tls_server_config: {cert_file: tls.crt, key_file: tls.key}\n")
	address := strings.TrimPrefix(s.url, "http://")
	tls := at("https://" + address)
	const trusted = "tls_config: {ca_file: tls.crt, server_name: alertscale}\n"
	var all strings.Builder
	for _, c := range []struct {
		title  string
		change []func(*Options)
	}{
		{"right", []func(*Options){tls, httpConfig(t, dir, "right.yml", trusted+"basic_auth: {username: alertmanager, password_file: password}\n")}},
		{"no TLS", nil},
		{"no CA", []func(*Options){tls}},
		{"another name", []func(*Options){tls, httpConfig(t, dir, "name.yml", "tls_config: {ca_file: tls.crt}\n")}},
		{"a CA, and no password", []func(*Options){tls, httpConfig(t, dir, "nobody.yml", trusted)}},
		{"a wrong password", []func(*Options){tls, httpConfig(t, dir, "wrong.yml", trusted+"basic_auth: {username: alertmanager, password: wrong}\n")}},
		{"a bearer token", []func(*Options){tls, httpConfig(t, dir, "bearer.yml", trusted+"authorization: {credentials: secret}\n")}},
		{"a password in the url", []func(*Options){
			at("https://alertmanager:secret@" + address), httpConfig(t, dir, "ca.yml", trusted),
		}},
		{"no file of the password", []func(*Options){tls, httpConfig(t, dir, "lost.yml", trusted+"basic_auth: {username: a, password_file: lost}\n")}},
		{"a key that is none", []func(*Options){httpConfig(t, dir, "key.yml", "basic_aut: {}\n")}},
		{"no such file", []func(*Options){func(o *Options) { o.HTTPConfig = filepath.Join(dir, "none.yml") }}},
	} {
		all.WriteString("# " + c.title + "\n" + s.run(targets, c.change...))
	}
	golden(t, "password-and-tls.txt", strings.ReplaceAll(all.String(), dir, "DIR"))
}

func TestPassword(t *testing.T) {
	core, _ := newCore()
	dir := t.TempDir()
	s := serve(t, core, dir, users)
	address := strings.TrimPrefix(s.url, "http://")
	golden(t, "password.txt", s.run(targets)+s.run(targets, at("http://alertmanager:secret@"+address))+
		s.run(targets, at("http://alertmanager:wrong@"+address))+s.run(pause("swarm:service/queue", "both", "2h")))
}

// TestSomebodyElse asks what is no alertscale, or has it under a path.
func TestSomebodyElse(t *testing.T) {
	core, decisions := newCore()
	ours := web.New(*handler(core, decisions))
	mux := http.NewServeMux()
	mux.Handle("/under/a/path/", http.StripPrefix("/under/a/path", ours))
	mux.HandleFunc("/page/", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>\n<title>Log in</title>")) })
	mux.HandleFunc("/prometheus/", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"status":"success","data":{"activeTargets":[]}}`))
	})
	mux.HandleFunc("/others/", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"status":"success","data":[{"ref":1}]}`))
	})
	mux.HandleFunc("/down/", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no healthy upstream", http.StatusServiceUnavailable)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	s := &site{server.URL}
	var all strings.Builder
	for _, path := range []string{"", "/under/a/path", "/under/a/path/", "/under/a/path/api/v1", "/page", "/prometheus", "/others", "/down"} {
		all.WriteString("# " + path + "\n" + s.run(targets, at(s.url+path)))
	}
	golden(t, "somebody-else.txt", all.String())
}

// TestUnreachable asks where nobody answers.
func TestUnreachable(t *testing.T) {
	hang := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hang }))
	t.Cleanup(slow.Close)
	t.Cleanup(func() { close(hang) })
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, free.Close())
	core, decisions := newCore()
	s := start(t, core, decisions)
	for address, says := range map[string]string{
		"http://" + free.Addr().String():                 "connection refused: is alertscale running there? --url (or ALERTSCALE_URL) says where to ask\n",
		"http://nowhere.invalid:9098":                    ": check --url (or ALERTSCALE_URL)\n",
		strings.Replace(s.url, "http://", "https://", 1): "server gave HTTP response to HTTPS client: it speaks no TLS: --url begins with http://\n",
		slow.URL:          ": no answer within 50ms: check --url, or raise --timeout\n",
		"ftp://localhost": `alertscale: --url "ftp://localhost" is no address such as http://localhost:9098` + "\n",
		"":                `alertscale: --url "" is no address such as http://localhost:9098` + "\n",
	} {
		quick := func(o *Options) {
			if address == slow.URL {
				o.Timeout = 50 * time.Millisecond
			}
		}
		require.Contains(t, s.run(targets, at(address), quick), says, address)
	}
	require.Contains(t, s.run(targets, at(strings.TrimPrefix(s.url, "http://"))), "swarm:service/queue", "http:// may be left out")
}

// TestHealthcheck probes a server as containers are probed, with and without what it asks for.
func TestHealthcheck(t *testing.T) {
	dir := t.TempDir()
	selfSigned(t, dir)
	write(t, filepath.Join(dir, "password"), "secret")
	core := &fakeCore{}
	open := start(t, core, nil)
	asks := serve(t, core, t.TempDir(), users)
	secure := serve(t, core, dir, users+"tls_server_config: {cert_file: tls.crt, key_file: tls.key}\n")
	tls := at(strings.Replace(secure.url, "http://", "https://", 1))
	told := httpConfig(t, dir, "http.yml", "basic_auth: {username: alertmanager, password_file: password}\n")
	var all strings.Builder
	probe := func(title string, s *site, h HealthcheckOptions, change ...func(*Options)) {
		for _, h.Ready = range []bool{false, true} {
			kind := map[bool]string{false: "alive", true: "ready"}[h.Ready]
			all.WriteString("# " + kind + ": " + title + "\n" + s.run(func(o Options) error { return Healthcheck(context.Background(), o, h) }, change...))
		}
	}
	probe("no password is asked for", open, HealthcheckOptions{})
	probe("a password is asked for, and not told", asks, HealthcheckOptions{})
	probe("a password is asked for, and told", asks, HealthcheckOptions{}, told)
	probe("TLS, and the probe speaks none", secure, HealthcheckOptions{})
	probe("TLS, and the certificate is self-signed", secure, HealthcheckOptions{}, tls)
	probe("TLS, any certificate, no password", secure, HealthcheckOptions{SkipVerify: true}, tls)
	probe("TLS, any certificate, a password", secure, HealthcheckOptions{SkipVerify: true}, tls, told)
	probe("under another path", open, HealthcheckOptions{}, at(open.url+"/alertscale"))
	o := handler(core, nil)
	o.Place.Prefix = "/ops/alertscale"
	prefixed := httptest.NewServer(web.New(*o))
	t.Cleanup(prefixed.Close)
	probe("under a prefix, and not told", &site{prefixed.URL}, HealthcheckOptions{})
	probe("under a prefix, and told", &site{prefixed.URL}, HealthcheckOptions{}, at(prefixed.URL+"/ops/alertscale/"))
	all.WriteString("# targets: under a prefix, and not told\n" + (&site{prefixed.URL}).run(targets))
	core.ready = context.DeadlineExceeded
	probe("not ready", open, HealthcheckOptions{})
	golden(t, "healthcheck.txt", strings.ReplaceAll(all.String(), dir, "DIR"))
}
