// Package rancher2 is the driver of the pools of machines that a Rancher 2 server makes clusters of: the machine
// pools of its RKE2 and K3s clusters, and the node pools of RKE1 clusters. It changes nothing of them but the
// quantity.
package rancher2

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"alertscale/adapter/driver/internal/block"
	"alertscale/rules/yamldoc"
)

// Secret is a text that shows itself to nobody who prints it.
type Secret = block.Secret

// Config is the driver's block of the file.
type Config struct {
	URL       string // of the server: https://rancher.example.com, with or without /v3
	Token     Secret // token-abcde:secret, as Rancher shows it once
	TokenFile string // a file that holds the token, in place of Token; read again when it changes
	CAFile    string // PEM: who signs the certificate of the server; empty: whom the system trusts

	// ClusterNamespace is where the server keeps its clusters.provisioning.cattle.io; empty: fleet-default.
	ClusterNamespace string
}

const defaultNamespace = "fleet-default"

// ReadConfig reads the block. What is wrong with it becomes a fault of the document.
func ReadConfig(n yamldoc.Node) Config {
	var c Config
	block.Read(n, []yamldoc.Field{
		{Key: "url", Read: func(n yamldoc.Node) { c.URL = block.Text(n, checkURL) }},
		{Key: "token", Read: func(n yamldoc.Node) { c.Token = Secret(block.Text(n, checkToken)) }},
		{Key: "token_file", Read: func(n yamldoc.Node) { c.TokenFile = n.File() }},
		{Key: "ca_file", Read: func(n yamldoc.Node) { c.CAFile = n.File() }},
		{Key: "cluster_namespace", Read: func(n yamldoc.Node) { c.ClusterNamespace = block.Text(n, checkNamespace) }},
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

func checkURL(text string) error {
	_, err := block.RancherURL(text)
	return err
}

func checkToken(text string) error { return block.CheckRancherToken(Secret(text)) }

func checkNamespace(text string) error {
	if badPart(text) {
		return fmt.Errorf("%q is no namespace; Rancher's own is %s", text, defaultNamespace)
	}
	return nil
}

var (
	errNoURL   = errors.New("url is missing: where the Rancher server is, such as https://rancher.example.com")
	errNoToken = errors.New("token_file, or token, is missing: an API key of Rancher, such as token-abcde:secret")
	errTwo     = errors.New("has both token and token_file; keep one")
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

// complete refuses a block that nobody read from a file, and fills in what it leaves open.
func (c Config) complete() (Config, error) {
	if c.URL == "" {
		return c, errNoURL
	}
	base, err := block.RancherURL(c.URL)
	if err != nil {
		return c, fmt.Errorf("url: %w", err)
	}
	if err := oneToken(c.Token != "", c.TokenFile != ""); err != nil {
		return c, err
	}
	if err := block.CheckRancherToken(c.Token); err != nil {
		return c, fmt.Errorf("token: %w", err)
	}
	c.URL, c.ClusterNamespace = base, cmp.Or(c.ClusterNamespace, defaultNamespace)
	if err := checkNamespace(c.ClusterNamespace); err != nil {
		return c, fmt.Errorf("cluster_namespace: %w", err)
	}
	return c, nil
}

// badPart reports whether a text would make another path of the API.
func badPart(text string) bool {
	return text == "" || text == "." || text == ".." || strings.ContainsAny(text, "/%?#: \t")
}
