package stack

import (
	"os"
	"path/filepath"
	"strings"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// WriteKubeconfig writes a kubeconfig for the server at a URL, and returns its
// path. The CA is for https. (Over plain http client-go sends no token, so
// only a server that wants none can be had that way.)
func WriteKubeconfig(t T, url string, ca []byte, token string) string {
	t.Helper()
	const name = "test"
	config := api.NewConfig()
	cluster := &api.Cluster{Server: url}
	if strings.HasPrefix(url, "https:") {
		cluster.CertificateAuthorityData = ca
	}
	config.Clusters[name] = cluster
	config.AuthInfos[name] = &api.AuthInfo{Token: token}
	config.Contexts[name] = &api.Context{Cluster: name, AuthInfo: name}
	config.CurrentContext = name
	path := filepath.Join(t.TempDir(), "kubeconfig")
	text, err := clientcmd.Write(*config)
	must(t, err)
	must(t, os.WriteFile(path, text, 0o600))
	return path
}
