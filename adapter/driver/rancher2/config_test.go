package rancher2

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/rules/yamldoc"
)

func readConfig(t *testing.T, text string) (Config, error) {
	t.Helper()
	doc, root := yamldoc.Parse("a.yml", []byte(text))
	c := ReadConfig(root)
	return c, doc.Err()
}

func TestReadConfig(t *testing.T) {
	c, err := readConfig(t, "type: rancher2\ntimeout: 10s\nurl: https://r/v3\ntoken: token-abcde:hush\nca_file: /ca\ncluster_namespace: fleet-dev\n")
	require.NoError(t, err)
	require.Equal(t, Config{URL: "https://r/v3", Token: "token-abcde:hush", CAFile: "/ca", ClusterNamespace: "fleet-dev"}, c)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		require.NotContains(t, fmt.Sprintf(verb, c), "hush")
	}
	shown, err := json.Marshal(c)
	require.NoError(t, err)
	require.NotContains(t, string(shown), "hush")

	c, err = readConfig(t, "url: https://r\ntoken_file: /run/secrets/rancher\n")
	require.NoError(t, err)
	require.Equal(t, Config{URL: "https://r", TokenFile: "/run/secrets/rancher"}, c)
}

func TestReadConfigFaults(t *testing.T) {
	const (
		file  = "token_file: f\n"
		wantU = "want https://HOST, with a path only where the server is behind one"
	)
	for text, want := range map[string]string{
		file:                                              "a.yml:1: url is missing: where the Rancher server is, such as https://rancher.example.com",
		"url: https://r\n":                                "a.yml:1: token_file, or token, is missing: an API key of Rancher, such as token-abcde:secret",
		"url: https://r\ntoken: a\n" + file:               "a.yml:1: has both token and token_file; keep one",
		file + "url: https://r\ncafile: x\n":              `a.yml:3: unknown key "cafile", did you mean "ca_file"?`,
		file + "url: https://r\nca_file: ''\n":            "a.yml:3: ca_file: is empty",
		file + "url: rancher\n":                           `a.yml:2: url: "rancher" is no http or https URL; ` + wantU,
		file + "url: ftp://rancher\n":                     `a.yml:2: url: "ftp://rancher" is no http or https URL; ` + wantU,
		file + "url: https:///v3\n":                       `a.yml:2: url: "https:///v3" is no http or https URL; ` + wantU,
		file + "url: https://r/v3?x=y\n":                  `a.yml:2: url: "https://r/v3?x=y" is not where Rancher is, but something in it; ` + wantU,
		file + "url: https://r/dashboard/home\n":          `a.yml:2: url: "https://r/dashboard/home" is not where Rancher is, but something in it; ` + wantU,
		file + "url: https://t:hush@r\n":                  "a.yml:2: url: has credentials in it; put a token into token_file",
		file + "url: 'https://t:hu%zz@r'\n":               "a.yml:2: url: is no URL; " + wantU,
		file + "url: https://r\ncluster_namespace: a/b\n": `a.yml:3: cluster_namespace: "a/b" is no namespace; Rancher's own is fleet-default`,
		"url: https://r\ntoken: 'Bearer hush'\n":          "a.yml:2: token: has white space in it; want a token as Rancher shows it, such as token-abcde:secret",
		"url: https://r\ntoken: ''\n":                     "a.yml:2: token: is empty",
	} {
		_, err := readConfig(t, text)
		require.EqualError(t, err, want, text)
		require.NotContains(t, err.Error(), "hu")
	}
}

func TestWhatNewRefuses(t *testing.T) {
	empty, two, none := write(t, " \n"), write(t, "a b\n"), filepath.Join(t.TempDir(), "none")
	good := Config{URL: "https://r", Token: "a:b"}
	for want, change := range map[string]func(*Config){
		"url is missing: where the Rancher server is, such as https://rancher.example.com":                            func(c *Config) { c.URL = "" },
		`url: "r" is no http or https URL; want https://HOST, with a path only where the server is behind one`:        func(c *Config) { c.URL = "r" },
		"token_file, or token, is missing: an API key of Rancher, such as token-abcde:secret":                         func(c *Config) { c.Token = "" },
		"token: has white space in it; want a token as Rancher shows it, such as token-abcde:secret":                  func(c *Config) { c.Token = "a\n" },
		"has both token and token_file; keep one":                                                                     func(c *Config) { c.TokenFile = none },
		"token_file: open " + none + ": no such file or directory":                                                    func(c *Config) { c.Token, c.TokenFile = "", none },
		"token_file: " + empty + " is empty; want a token as Rancher shows it, such as token-abcde:secret":            func(c *Config) { c.Token, c.TokenFile = "", empty },
		"token_file: " + two + " has white space in it; want a token as Rancher shows it, such as token-abcde:secret": func(c *Config) { c.Token, c.TokenFile = "", two },
		"ca_file: open " + none + ": no such file or directory":                                                       func(c *Config) { c.CAFile = none },
		"ca_file: " + two + " has no certificate in PEM":                                                              func(c *Config) { c.CAFile = two },
		`cluster_namespace: ".." is no namespace; Rancher's own is fleet-default`:                                     func(c *Config) { c.ClusterNamespace = ".." },
	} {
		c := good
		change(&c)
		_, err := New(c, Options{Now: time.Now})
		require.EqualError(t, err, want)
	}
}
