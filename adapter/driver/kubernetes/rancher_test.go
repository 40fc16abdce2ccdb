package kubernetes

import (
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/driver/drivertest"
	"alertscale/rules/yamldoc"
)

const rancherPath = "/k8s/clusters/c-m-abc12"

// behindRancher serves a fake as a cluster of a Rancher, and returns the block of the file for it.
func behindRancher(t testing.TB, f *fake) *Rancher {
	t.Helper()
	front := httptest.NewUnstartedServer(http.StripPrefix(rancherPath, f))
	front.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that are to fail
	front.StartTLS()
	t.Cleanup(front.Close)
	f.with(func() { f.token = "token-abcde:secret" })
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: front.Certificate().Raw})
	return &Rancher{URL: front.URL, Cluster: "c-m-abc12", TokenFile: textFile(t, "token-abcde:secret\n"), CAFile: textFile(t, string(ca))}
}

func textFile(t testing.TB, text string) string {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return file
}

func newRancherDriver(t testing.TB, r *Rancher, now func() time.Time) *Driver {
	d, err := New(Config{Rancher: r, QPS: 1e6, Burst: 1e6}, Options{Version: "1.2.3", Now: now})
	require.NoError(t, err)
	return d
}

func TestConformanceViaRancher(t *testing.T) {
	t.Setenv("KUBECONFIG", "/nonexistent/k") // which is not asked
	f := newFake(t, true)
	drivertest.Run(t, harness(f, newRancherDriver(t, behindRancher(t, f), time.Now)))
}

func TestReadRancher(t *testing.T) {
	doc, root := yamldoc.Parse("a.yml", []byte("qps: 5\nrancher:\n  url: https://rancher.example.com/v3/\n  token_file: /t\n  cluster: c-m-abc12\n  ca_file: /ca\n"))
	require.Equal(t, Config{QPS: 5, Rancher: &Rancher{URL: "https://rancher.example.com", TokenFile: "/t", Cluster: "c-m-abc12", CAFile: "/ca"}}, ReadConfig(root))
	require.NoError(t, doc.Err())
}

func TestFaultsOfRancher(t *testing.T) {
	const (
		rest    = ", token_file: /t, cluster: local}"
		wantURL = "want https://HOST, with a path only where the server is behind one"
	)
	for text, want := range map[string]string{
		"rancher:": `a.yml:1: rancher: url is missing: where Rancher is, such as https://rancher.example.com
a.yml:1: rancher: token_file is missing: a file with a token of Rancher, such as /run/secrets/rancher
a.yml:1: rancher: cluster is missing: the id of the cluster, such as c-m-abc12`,
		"rancher: https://r": `a.yml:1: rancher: is "https://r", want a mapping`,
		"kubeconfig: /k\ncontext: c\nrancher: {url: 'https://r'" + rest: `a.yml:1: has both rancher and kubeconfig; keep one: each says which cluster it is
a.yml:2: has both rancher and context; keep one: each says which cluster it is`,
		"rancher: {url: 'https://r', token: x" + rest:              `a.yml:1: rancher: unknown key "token"`,
		"rancher: {url: 'ftp://r'" + rest:                          `a.yml:1: rancher: url: "ftp://r" is no http or https URL; ` + wantURL,
		"rancher: {url: rancher.example.com" + rest:                `a.yml:1: rancher: url: "rancher.example.com" is no http or https URL; ` + wantURL,
		"rancher: {url: 'https://:443'" + rest:                     `a.yml:1: rancher: url: "https://:443" is no http or https URL; ` + wantURL,
		"rancher: {url: 'https://token-a:hunter2@r'" + rest:        `a.yml:1: rancher: url: has credentials in it; put a token into token_file`,
		"rancher: {url: 'https://hunter2@%zz'" + rest:              `a.yml:1: rancher: url: is no URL; ` + wantURL,
		"rancher: {url: 'https://r/dashboard/c/local'" + rest:      `a.yml:1: rancher: url: "https://r/dashboard/c/local" is not where Rancher is, but something in it; ` + wantURL,
		"rancher: {url: 'https://r/v1'" + rest:                     `a.yml:1: rancher: url: "https://r/v1" is not where Rancher is, but something in it; ` + wantURL,
		"rancher: {url: 'https://r/?x'" + rest:                     `a.yml:1: rancher: url: "https://r/?x" is not where Rancher is, but something in it; ` + wantURL,
		"rancher: {url: '', cluster: '', token_file: ''}":          "a.yml:1: rancher: url: is empty\na.yml:1: rancher: cluster: is empty\na.yml:1: rancher: token_file: is empty",
		"rancher: {url: 'http://r', token_file: /t, cluster: X}":   `a.yml:1: rancher: cluster: "X" is no id of a cluster; want the one in Rancher's URL of it, such as c-m-abc12, or local`,
		"rancher: {url: 'http://r', token_file: /t, cluster: ..}":  `a.yml:1: rancher: cluster: ".." is no id of a cluster; want the one in Rancher's URL of it, such as c-m-abc12, or local`,
		"rancher: {url: 'http://r', token_file: /t, cluster: a/b}": `a.yml:1: rancher: cluster: "a/b" is no id of a cluster; want the one in Rancher's URL of it, such as c-m-abc12, or local`,
	} {
		doc, root := yamldoc.Parse("a.yml", []byte(text+"\n"))
		ReadConfig(root)
		require.EqualError(t, doc.Err(), want, text)
	}
}

func TestFilesOfRancher(t *testing.T) {
	const wantToken = "want a token as Rancher shows it, such as token-abcde:secret"
	token, empty, two := textFile(t, "token-abcde:secret"), textFile(t, " \n"), textFile(t, "a b")
	for _, test := range []struct{ token, ca, want string }{
		{"/nonexistent/t", "", "rancher.token_file: open /nonexistent/t: no such file or directory"},
		{empty, "", "rancher.token_file: " + empty + " is empty; " + wantToken},
		{two, "", "rancher.token_file: " + two + " has white space in it; " + wantToken},
		{token, "/nonexistent/ca", "rancher.ca_file: open /nonexistent/ca: no such file or directory"},
		{token, two, "rancher.ca_file: " + two + " has no certificate in PEM"},
	} {
		_, err := New(Config{Rancher: &Rancher{URL: "https://r", Cluster: "local", TokenFile: test.token, CAFile: test.ca}}, Options{Now: time.Now})
		require.EqualError(t, err, test.want)
	}
}
