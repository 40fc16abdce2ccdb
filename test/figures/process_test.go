package figures

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"alertscale/test/shipped"
	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// process measures the program itself, as the Dockerfile builds it, with the shipped file: its size, how
// soon it is ready, and what memory it takes when it idles, connected to the API server.
func process(t *testing.T, b *bench) {
	path := shipped.Build(t)
	info, err := os.Stat(path)
	require.NoError(t, err)
	size := float64(info.Size()) / 1e6
	b.table.add("binary", "<= 35 MB", size <= 35, fmt.Sprintf("%.1f MB", size))

	o := serving{
		path: path, dir: t.TempDir(), config: filepath.Join(shipped.Dir, "alertscale.yml"),
		kubeconfig: stack.WriteKubeconfig(t, b.api.URL, b.api.CA, b.token),
	}
	var ready []time.Duration
	var rss float64
	const starts = 11
	for i := range starts {
		p := serve(t, o)
		if i > 0 { // the first makes the store
			ready = append(ready, p.ready)
		}
		if i == starts-1 {
			rss = idle(t, b, p)
		}
		p.end(t)
	}
	b.table.add("ready after", "<= 100 ms", median(ready) <= 100*time.Millisecond, fmt.Sprintf("%.0f ms", float64(median(ready))/1e6))
	b.table.add("resident when idle, connected", "<= 35 MiB", rss <= 35, mib(rss))
}

// idle has the program change a Deployment, so that it knows the cluster and is connected to it, and
// returns what it takes in MiB some seconds later.
func idle(t *testing.T, b *bench, p *program) float64 {
	t.Helper()
	b.admin.Apply(t, "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}")
	b.admin.Apply(t, stack.Deployment("shop", "web", 3))
	s := newSender(p.url, map[string]string{
		"alertname": "DeploymentBusy", "namespace": "shop", "deployment": "web", "severity": "warning",
	})
	require.NoError(t, s.fire())
	require.Equal(t, 5, b.admin.Scale(t, stack.Object{Kind: "Deployment", Namespace: "shop", Name: "web"}))
	time.Sleep(5 * time.Second)
	needProc(t)
	return p.resident(t)
}
