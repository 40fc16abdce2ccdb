package figures

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// program is one that runs, and whose use of the machine is measured.
type program struct {
	cmd   *exec.Cmd
	url   string
	log   string        // path of what it writes
	ready time.Duration // after which it was
}

// serving says how alertscale is to serve. Its folder has the store, and the file where config is empty.
type serving struct {
	path, dir, config string
	text              string // of the file
	kubeconfig        string
	args              []string
}

// serve starts alertscale, and waits until it is ready.
func serve(t *testing.T, o serving) *program {
	t.Helper()
	if o.config == "" {
		o.config = filepath.Join(o.dir, "alertscale.yml")
		require.NoError(t, os.WriteFile(o.config, []byte(o.text), 0o600))
	}
	address := freeAddress(t)
	args := append([]string{
		"serve", "--config.file=" + o.config, "--storage=file:" + filepath.Join(o.dir, "alertscale.db"),
		"--web.listen-address=" + address, "--web.enable-pprof",
	}, o.args...)
	return launch(t, address, o.kubeconfig, o.path, args...)
}

func freeAddress(t *testing.T) string { return fmt.Sprintf("127.0.0.1:%d", stack.FreePort(t)) }

// launch starts a program that listens on an address, and waits until it is ready.
func launch(t *testing.T, address, kubeconfig, path string, args ...string) *program {
	t.Helper()
	out, err := os.CreateTemp(t.TempDir(), "log")
	require.NoError(t, err)
	defer out.Close()
	p := &program{cmd: exec.CommandContext(t.Context(), path, args...), url: "http://" + address, log: out.Name()}
	p.cmd.Env = []string{"KUBECONFIG=" + kubeconfig}
	p.cmd.Stdout, p.cmd.Stderr = out, out
	begin := time.Now()
	require.NoError(t, p.cmd.Start())
	for !p.isReady() {
		if time.Since(begin) > time.Minute {
			p.kill()
			require.Fail(t, "not ready", p.said())
		}
		time.Sleep(time.Millisecond)
	}
	p.ready = time.Since(begin)
	t.Cleanup(p.kill)
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

// end asks the program to end, and waits until it has.
func (p *program) end(t *testing.T) {
	t.Helper()
	require.NoError(t, p.cmd.Process.Signal(os.Interrupt))
	require.NoError(t, p.cmd.Wait(), p.said())
}

// kill ends the program where it still runs.
func (p *program) kill() {
	if p.cmd.ProcessState == nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	}
}

// said returns the end of what the program wrote.
func (p *program) said() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	lines := strings.SplitAfter(string(text), "\n")
	return strings.Join(lines[max(0, len(lines)-20):], "")
}
