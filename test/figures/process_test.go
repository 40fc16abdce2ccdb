package figures

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"alertscale/test/shipped"
	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// process measures the program itself, as the Dockerfile builds it, with the shipped file: its size, how
// soon it is ready, and what memory it takes when it idles, connected to the API server.
func process(t *testing.T, b *bench) {
	program := shipped.Build(t)
	info, err := os.Stat(program)
	require.NoError(t, err)
	size := float64(info.Size()) / 1e6
	b.table.add("binary", "<= 35 MB", size <= 35, fmt.Sprintf("%.1f MB", size))

	data := t.TempDir()
	var ready []time.Duration
	var rss float64
	const starts = 11
	for i := range starts {
		p := launch(t, b, program, data)
		if i > 0 { // the first makes the store
			ready = append(ready, p.ready)
		}
		if i == starts-1 {
			rss = p.idle(t, b)
		}
		p.end(t)
	}
	b.table.add("ready after", "<= 100 ms", median(ready) <= 100*time.Millisecond, fmt.Sprintf("%.0f ms", float64(median(ready))/1e6))
	b.table.add("resident when idle, connected", "<= 35 MiB", rss <= 35, fmt.Sprintf("%.1f MiB", rss))
}

// program is one that runs.
type program struct {
	cmd   *exec.Cmd
	url   string
	ready time.Duration
}

// launch starts the program and waits until it is ready.
func launch(t *testing.T, b *bench, path, data string) *program {
	t.Helper()
	address := fmt.Sprintf("127.0.0.1:%d", stack.FreePort(t))
	p := &program{url: "http://" + address}
	p.cmd = exec.CommandContext(t.Context(), path, "serve", "--config.file="+filepath.Join(shipped.Dir, "alertscale.yml"),
		"--storage=file:"+filepath.Join(data, "alertscale.db"), "--web.listen-address="+address)
	p.cmd.Env = []string{"KUBECONFIG=" + stack.WriteKubeconfig(t, b.api.URL, b.api.CA, b.token)}
	begin := time.Now()
	require.NoError(t, p.cmd.Start())
	for !p.isReady() {
		if time.Since(begin) > time.Minute {
			p.end(t)
			require.Fail(t, "not ready")
		}
		time.Sleep(time.Millisecond)
	}
	p.ready = time.Since(begin)
	return p
}

func (p *program) isReady() bool {
	res, err := http.Get(p.url + "/-/ready")
	if err != nil {
		return false
	}
	res.Body.Close()
	return res.StatusCode == http.StatusOK
}

func (p *program) end(t *testing.T) {
	t.Helper()
	require.NoError(t, p.cmd.Process.Signal(os.Interrupt))
	require.NoError(t, p.cmd.Wait())
}

// idle has the program change a Deployment, so that it knows the cluster and is connected to it, and
// returns what it takes in MiB some seconds later.
func (p *program) idle(t *testing.T, b *bench) float64 {
	t.Helper()
	b.admin.Apply(t, "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}")
	b.admin.Apply(t, stack.Deployment("shop", "web", 3))
	s := sender{url: p.url + "/webhook", labels: []map[string]string{{
		"alertname": "DeploymentBusy", "namespace": "shop", "deployment": "web", "severity": "warning",
	}}}
	require.NoError(t, s.fire())
	require.Equal(t, 5, b.admin.Scale(t, stack.Object{Kind: "Deployment", Namespace: "shop", Name: "web"}))
	time.Sleep(5 * time.Second)
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if os.IsNotExist(err) {
		t.Skip("no /proc here")
	}
	require.NoError(t, err)
	found := regexp.MustCompile(`(?m)^VmRSS:\s+(\d+) kB$`).FindSubmatch(status)
	require.NotNil(t, found, "%s", status)
	kib, err := strconv.Atoi(string(found[1]))
	require.NoError(t, err)
	return float64(kib) / 1024
}
