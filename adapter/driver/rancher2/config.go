// Package rancher2 is the driver of the pools of machines that a Rancher 2 server makes clusters of: the machine
// pools of its RKE2 and K3s clusters, and the node pools of RKE1 clusters. It changes nothing of them but the
// quantity.
package rancher2

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"

	"alertscale/rules/yamldoc"
)

// Config is the driver's block of the file.
type Config struct {
	URL       string // of the server: https://rancher.example.com, with or without /v3
	Token     Secret // token-abcde:secret, as Rancher shows it once
	TokenFile string // a file that holds the token, in place of Token; read anew when it changes
	CAFile    string // PEM: who signs the certificate of the server; empty: whom the system trusts

	// ClusterNamespace is where the server keeps its clusters.provisioning.cattle.io; empty: fleet-default.
	ClusterNamespace string
}

const defaultNamespace = "fleet-default"

// ReadConfig reads the block. What is wrong with it becomes a fault of the document.
func ReadConfig(n yamldoc.Node) Config {
	var c Config
	readByCaller := func(yamldoc.Node) {}
	n.Fields([]yamldoc.Field{
		{Key: "type", Read: readByCaller},
		{Key: "timeout", Read: readByCaller},
		{Key: "url", Read: func(n yamldoc.Node) { c.URL = readURL(n) }},
		{Key: "token", Read: func(n yamldoc.Node) { c.Token = readToken(n) }},
		{Key: "token_file", Read: func(n yamldoc.Node) { c.TokenFile = n.File() }},
		{Key: "ca_file", Read: func(n yamldoc.Node) { c.CAFile = n.File() }},
		{Key: "cluster_namespace", Read: func(n yamldoc.Node) { c.ClusterNamespace = readNamespace(n) }},
	})
	if !n.IsMap() && !n.IsNull() {
		return c // which is a fault already
	}
	if !n.Has("url") {
		n.Faultf("%v", errNoURL)
	}
	if err := oneToken(n.Has("token"), n.Has("token_file")); err != nil {
		n.Faultf("%v", err)
	}
	return c
}

func readURL(n yamldoc.Node) string {
	text := n.Text()
	if text == "" {
		return ""
	}
	if _, err := parseURL(text); err != nil {
		n.Faultf("%v", err)
	}
	return text
}

func readToken(n yamldoc.Node) Secret {
	token := Secret(n.Text())
	if err := token.check(); token != "" && err != nil {
		n.Faultf("%v", err)
	}
	return token
}

func readNamespace(n yamldoc.Node) string {
	text := n.Text()
	if text != "" && badPart(text) {
		n.Faultf("%q is no namespace; Rancher's own is %s", text, defaultNamespace)
	}
	return text
}

var (
	errNoURL    = errors.New("url is missing: where the Rancher server is, such as https://rancher.example.com")
	errNoToken  = errors.New("token_file, or token, is missing: an API key of Rancher, such as token-abcde:secret")
	errTwo      = errors.New("has both token and token_file; keep one")
	errBadToken = errors.New("has white space in it; want a token as Rancher shows it, such as token-abcde:secret")
)

func oneToken(token, file bool) error {
	switch {
	case token && file:
		return errTwo
	case !token && !file:
		return errNoToken
	}
	return nil
}

// check refuses what cannot be sent. It does not repeat it.
func (s Secret) check() error {
	if strings.ContainsFunc(string(s), func(r rune) bool { return r <= ' ' || r > '~' }) {
		return errBadToken
	}
	return nil
}

// parseURL returns where the server is, without what users add because Rancher shows it so.
func parseURL(text string) (string, error) {
	const want = "want https://HOST, with a path only where the server is behind one"
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return "", errors.New("is no URL; " + want) // the text may have a secret in it
	case u.User != nil:
		return "", errors.New("has credentials in it; put them in token or token_file")
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return "", fmt.Errorf("%q is no http or https URL; %s", text, want)
	case u.RawQuery != "" || u.Fragment != "" || isPage(u.Path):
		return "", fmt.Errorf("%q is not where Rancher is, but something in it; %s", text, want)
	}
	at := strings.TrimSuffix(path.Clean("/"+u.EscapedPath()), "/")
	return u.Scheme + "://" + u.Host + strings.TrimSuffix(at, "/v3"), nil
}

// isPage tells of what people copy from a browser's address bar.
func isPage(path string) bool {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return slices.Contains([]string{"dashboard", "g", "k8s", "login", "v1"}, first)
}

// complete refuses a block that nobody read from a file, and fills in what it leaves open.
func (c Config) complete() (Config, error) {
	if c.URL == "" {
		return c, errNoURL
	}
	base, err := parseURL(c.URL)
	if err != nil {
		return c, fmt.Errorf("url: %w", err)
	}
	if err := oneToken(c.Token != "", c.TokenFile != ""); err != nil {
		return c, err
	}
	if err := c.Token.check(); err != nil {
		return c, fmt.Errorf("token: %w", err)
	}
	c.URL, c.ClusterNamespace = base, cmp.Or(c.ClusterNamespace, defaultNamespace)
	if badPart(c.ClusterNamespace) {
		return c, fmt.Errorf("cluster_namespace: %q is no namespace; Rancher's own is %s", c.ClusterNamespace, defaultNamespace)
	}
	return c, nil
}

// badPart tells what would make another path of the API.
func badPart(text string) bool {
	return text == "" || text == "." || text == ".." || strings.ContainsAny(text, "/%?#: \t")
}
