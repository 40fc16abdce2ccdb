package kubernetes

import (
	"fmt"
	"strings"

	"alertscale/adapter/driver/internal/block"
	"alertscale/rules/yamldoc"
)

// Rancher is the way to a cluster that a Rancher 2 manages, in the place of a kubeconfig.
type Rancher struct {
	URL       string // where Rancher is, without a slash at the end
	TokenFile string // a file that holds a token of Rancher, token-abcde:…; it is read again
	Cluster   string // the id of the cluster
	CAFile    string // PEM of the certificates that Rancher's is to be signed by; empty: those of the system
}

const exampleURL = "https://rancher.example.com"

// readRancher reads the block. All of it but the CA is required.
func readRancher(n yamldoc.Node) *Rancher {
	r := &Rancher{}
	n.Fields([]yamldoc.Field{
		{Key: "url", Read: func(n yamldoc.Node) { r.URL = readRancherURL(n) }},
		{Key: "token_file", Read: func(n yamldoc.Node) { r.TokenFile = n.File() }},
		{Key: "cluster", Read: func(n yamldoc.Node) { r.Cluster = block.Text(n, checkCluster) }},
		{Key: "ca_file", Read: func(n yamldoc.Node) { r.CAFile = n.File() }},
	})
	if !n.IsMap() && !n.IsNull() {
		return r // which is a fault already
	}
	for _, missing := range [...]struct{ key, what string }{
		{"url", "where Rancher is, such as " + exampleURL},
		{"token_file", "a file with a token of Rancher, such as /run/secrets/rancher"},
		{"cluster", "the id of the cluster, such as c-m-abc12"},
	} {
		if !n.Has(missing.key) {
			n.Faultf("%s is missing: %s", missing.key, missing.what)
		}
	}
	return r
}

// readRancherURL reads where Rancher is.
func readRancherURL(n yamldoc.Node) string {
	text := block.Text(n, func(text string) error { _, err := block.RancherURL(text); return err })
	base, _ := block.RancherURL(text) // of none it is none
	return base
}

// checkCluster refuses what is no id of a cluster. It becomes a part of a path.
func checkCluster(id string) error {
	if strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789-.") != "" || strings.Trim(id, ".") == "" {
		return fmt.Errorf("%q is no id of a cluster; want the one in Rancher's URL of it, such as c-m-abc12, or local", id)
	}
	return nil
}

// excludeOthers says of a driver's block with a Rancher that there is no use for what names a server by another way.
func excludeOthers(n yamldoc.Node) {
	for _, key := range [...]string{"kubeconfig", "context"} {
		if p := n.Peek(key); p != nil {
			p.Faultf("has both rancher and %s; keep one: each says which cluster it is", key)
		}
	}
}
