package block_test

import (
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/driver/internal/block"
	"alertscale/rules/yamldoc"
)

// Every block may have a type and a timeout; of its own keys a misspelled one is a fault with a hint.
func TestRead(t *testing.T) {
	doc, root := yamldoc.Parse("a.yml", []byte("type: x\ntimeout: 5s\nurl: http://a\nurll: http://b\n"))
	got := ""
	block.Read(root, []yamldoc.Field{{Key: "url", Read: func(n yamldoc.Node) { got = n.Text() }}})
	require.Equal(t, "http://a", got)
	require.EqualError(t, doc.Err(), `a.yml:4: unknown key "urll", did you mean "url"?`)
}

func TestText(t *testing.T) {
	doc, root := yamldoc.Parse("a.yml", []byte("good: a\nbad: b\nempty: ''\nlist: [a]\n"))
	check := func(text string) error {
		require.NotEmpty(t, text)
		if text == "b" {
			return errors.New("is no a; want a")
		}
		return nil
	}
	for key, want := range map[string]string{"good": "a", "bad": "", "empty": "", "list": ""} {
		require.Equal(t, want, block.Text(*root.Peek(key), check), key)
	}
	require.EqualError(t, doc.Err(), "a.yml:2: is no a; want a\na.yml:3: is empty\na.yml:4: is a list, want a single value")
}

func TestSecretsShowThemselvesToNobody(t *testing.T) {
	secret := struct{ Key block.Secret }{"hush"}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		require.NotContains(t, fmt.Sprintf(verb, secret), "hush")
	}
	shown, err := json.Marshal(secret)
	require.NoError(t, err)
	require.JSONEq(t, `{"Key": "<secret>"}`, string(shown))
	require.Empty(t, block.Secret("").String(), "where there is none, that is shown")
}

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestReadSecret(t *testing.T) {
	secret, err := block.ReadSecret(file(t, " hush\n"))
	require.NoError(t, err)
	require.Equal(t, "hush", string(secret))
	empty := file(t, " \n")
	_, err = block.ReadSecret(empty)
	require.EqualError(t, err, empty+" is empty")
	_, err = block.ReadSecret("/nonexistent/s")
	require.EqualError(t, err, "open /nonexistent/s: no such file or directory")
}

func TestReadRancherToken(t *testing.T) {
	const want = "want a token as Rancher shows it, such as token-abcde:secret"
	token, err := block.ReadRancherToken(file(t, "token-abcde:hush\n"))
	require.NoError(t, err)
	require.Equal(t, "token-abcde:hush", string(token))
	empty, two := file(t, "\n"), file(t, "Bearer hush")
	_, err = block.ReadRancherToken(empty)
	require.EqualError(t, err, empty+" is empty; "+want)
	_, err = block.ReadRancherToken(two)
	require.EqualError(t, err, two+" has white space in it; "+want)
	_, err = block.ReadRancherToken("/nonexistent/t")
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestReadCA(t *testing.T) {
	pool, err := block.ReadCA("")
	require.NoError(t, err)
	require.Nil(t, pool, "without a file, the system's authorities are trusted")
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	pool, err = block.ReadCA(file(t, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))))
	require.NoError(t, err)
	require.NotNil(t, pool)
	junk := file(t, "junk")
	_, err = block.ReadCA(junk)
	require.EqualError(t, err, junk+" has no certificate in PEM")
	_, err = block.ReadCA("/nonexistent/ca")
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestRancherURL(t *testing.T) {
	for text, want := range map[string]string{
		"https://rancher.example.com":            "https://rancher.example.com",
		"https://rancher.example.com/":           "https://rancher.example.com",
		"https://rancher.example.com/v3":         "https://rancher.example.com",
		"https://rancher.example.com:8443//v3//": "https://rancher.example.com:8443",
		"http://proxy/rancher":                   "http://proxy/rancher",
		"http://proxy/rancher/v3/":               "http://proxy/rancher",
		"http://proxy/a%2Fb/v3":                  "http://proxy/a%2Fb",
	} {
		got, err := block.RancherURL(text)
		require.NoError(t, err)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "rancher", "ftp://r", "https://:443", "https://a:hush@r", "https://a:hush@%zz", "https://r/dashboard/home", "https://r/?x", "https://r/#x"} {
		got, err := block.RancherURL(text)
		require.Error(t, err, text)
		require.NotContains(t, err.Error(), "hush")
		require.Empty(t, got)
	}
}
