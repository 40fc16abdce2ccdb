package rancher2

import (
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"alertscale/test/fakerancher2"
	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// A front is a Rancher with the API server behind it.
type front struct {
	*fakerancher2.Server
	token string // of a user who may see everything
}

// newFront starts a Rancher, and registers the API server with it under each of the ids, where everything is
// done in the name of the account that a token of the API server is of.
func newFront(t *testing.T, o fakerancher2.Options, account string, ids ...string) *front {
	t.Helper()
	f := &front{Server: fakerancher2.Start(t, o)}
	for _, id := range ids {
		f.AddCluster(t, id, fakerancher2.Cluster{URL: api.URL, CA: api.CA, Token: account})
	}
	f.token = f.AddToken(fakerancher2.Holder{})
	return f
}

// fileOf writes a text to a file of its own, and returns its path.
func fileOf(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	write(t, path, text)
	return path
}

// write puts a text into a file as a secret is replaced: at once.
func write(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path+".next", []byte(text), 0o600))
	require.NoError(t, os.Rename(path+".next", path))
}

// namespaces numbers them.
var namespaces atomic.Int32

// newNamespace makes a namespace with Deployments of one count.
func newNamespace(t *testing.T, count int, names ...string) string {
	t.Helper()
	namespace := fmt.Sprint("shop-", namespaces.Add(1))
	admin.CreateNamespace(t, namespace)
	for _, name := range names {
		admin.Apply(t, stack.Deployment(namespace, name, count))
	}
	return namespace
}
