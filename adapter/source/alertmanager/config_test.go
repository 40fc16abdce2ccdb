package alertmanager

import (
	"encoding/base64"
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/rules/yamldoc"
)

func read(t *testing.T, text string) *Config {
	t.Helper()
	doc, root := yamldoc.Parse(filepath.Join("dir", "a.yml"), []byte(text))
	c := ReadConfig(root)
	require.NoError(t, doc.Err())
	return c
}

func TestReadConfig(t *testing.T) {
	c := read(t, "urls: ['http://a:9093', 'https://b/am//', 'http://c/a%2Fb']")
	require.Equal(t, []string{"http://a:9093", "https://b/am", "http://c/a%2Fb"}, c.URLs)
	require.Equal(t, time.Minute, c.Check)
	require.False(t, c.HTTP.FollowRedirects)
	c = read(t, "urls: [http://a]\ncheck: 90s\nauthorization: {credentials_file: token}\n"+
		"tls_config: {ca_file: ca.pem, cert_file: c.pem, key_file: /k.pem, server_name: s, insecure_skip_verify: true, min_version: TLS12, max_version: TLS13}")
	require.Equal(t, 90*time.Second, c.Check)
	require.Equal(t, "Bearer", c.HTTP.Authorization.Type)
	require.Equal(t, filepath.Join("dir", "token"), c.HTTP.Authorization.CredentialsFile, "beside the file")
	require.NoError(t, c.HTTP.Validate())
	require.NoError(t, c.HTTP.TLSConfig.Validate())
	require.Equal(t, []string{"dir/ca.pem", "dir/c.pem", "/k.pem", "s"},
		[]string{c.HTTP.TLSConfig.CAFile, c.HTTP.TLSConfig.CertFile, c.HTTP.TLSConfig.KeyFile, c.HTTP.TLSConfig.ServerName})
	require.True(t, c.HTTP.TLSConfig.InsecureSkipVerify)
}

func TestSame(t *testing.T) {
	const text = "urls: [http://a]\nbasic_auth: {username: u, password: p}\n"
	require.True(t, read(t, text).Same(read(t, "\n"+text)), "wherever they stand")
	for _, other := range []string{"urls: [http://b]\nbasic_auth: {username: u, password: p}", text + "check: 2m", "urls: [http://a]\nbasic_auth: {username: u, password: q}"} {
		require.False(t, read(t, text).Same(read(t, other)), other)
	}
}

// TestCredentials: what a request shows is in the file, as it is when the request is made.
func TestCredentials(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	write := func(text string) { require.NoError(t, os.WriteFile(file, []byte(text), 0o600)) }
	basic := func(text string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(text)) }
	for _, test := range []struct{ block, first, second string }{
		{"basic_auth: {username: u, password: p}", basic("u:p"), basic("u:p")},
		{"basic_auth: {username: u, password_file: FILE}", basic("u:one"), basic("u:two")},
		{"basic_auth: {username_file: FILE, password: p}", basic("one:p"), basic("two:p")},
		{"authorization: {credentials: c}", "Bearer c", "Bearer c"},
		{"authorization: {type: Token, credentials_file: FILE}", "Token one", "Token two"},
	} {
		f := newFake(t, in("active", busy))
		write("one\n")
		a := newAsker(t, strings.ReplaceAll(test.block, "FILE", file), Options{}, f)
		require.Equal(t, []string{"firing"}, a.ask(t, busy))
		require.Equal(t, test.first, f.auth)
		write("two\n")
		a.passes(mostKeep)
		a.ask(t, busy)
		require.Equal(t, test.second, f.auth)
	}
}

func TestNew_MissingFiles(t *testing.T) {
	for block, want := range map[string]string{
		"basic_auth: {username: u, password_file: /nonexistent/p}": "basic_auth: password_file: open /nonexistent/p: no such file or directory",
		"basic_auth: {username_file: /nonexistent/u}":              "basic_auth: username_file: open /nonexistent/u: no such file or directory",
		"authorization: {credentials_file: /nonexistent/c}":        "authorization: credentials_file: open /nonexistent/c: no such file or directory",
		"tls_config: {ca_file: /nonexistent/ca}":                   "open /nonexistent/ca: no such file or directory",
	} {
		_, err := New(read(t, "urls: [http://a]\n"+block), Options{})
		require.ErrorContains(t, err, want)
	}
}

func TestTLS(t *testing.T) {
	f := newFake(t, in("active", busy))
	secure := httptest.NewTLSServer(f)
	defer secure.Close()
	f.URL = secure.URL
	require.Equal(t, []string{"unknown"}, newAsker(t, "", Options{}, f).ask(t, busy), "nobody vouches for it")
	ca := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw}), 0o600))
	require.Equal(t, []string{"firing"}, newAsker(t, "tls_config: {ca_file: "+ca+"}", Options{}, f).ask(t, busy))
}
