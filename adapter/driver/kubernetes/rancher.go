package kubernetes

import (
	"net/url"
	"slices"
	"strings"

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
		{Key: "cluster", Read: func(n yamldoc.Node) { r.Cluster = readCluster(n) }},
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

// readRancherURL reads where Rancher is. What people copy from a browser's address bar has the path of a page.
func readRancherURL(n yamldoc.Node) string {
	text := strings.TrimSuffix(strings.TrimRight(n.Text(), "/"), "/v3") // which Rancher shows beside its keys
	if text == "" {
		return ""
	}
	u, err := url.Parse(text)
	if err != nil {
		n.Faultf("is no URL; want %s", exampleURL) // the text may have a secret in it
		return ""
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	switch {
	case u.User != nil:
		n.Faultf("has credentials in it; put a token into token_file")
	case u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		n.Faultf("%q is no http or https URL; want %s", text, exampleURL)
	case u.RawQuery != "" || u.Fragment != "" || slices.Contains([]string{"dashboard", "g", "k8s", "login", "v1"}, first):
		n.Faultf("%q is not where Rancher is, but something in it; want %s", text, exampleURL)
	}
	return text
}

// readCluster reads the id of a cluster, which becomes a part of a path.
func readCluster(n yamldoc.Node) string {
	id := n.Text()
	if id != "" && (strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789-.") != "" || strings.Trim(id, ".") == "") {
		n.Faultf("%q is no id of a cluster; want the one in Rancher's URL of it, such as c-m-abc12, or local", id)
	}
	return id
}

// excludeOthers says of a driver's block with a Rancher that there is no use for what names a server by another way.
func excludeOthers(n yamldoc.Node) {
	for _, key := range [...]string{"kubeconfig", "context"} {
		if p := n.Peek(key); p != nil {
			p.Faultf("has both rancher and %s; keep one: each says which cluster it is", key)
		}
	}
}
