package swarm

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// image is what the tests' containers are of. It was never in a registry.
const image = "alertscale-idle"

// docker is an engine of the tests' own, in namespaces of its own: neither its networks, nor its mounts, nor
// its processes are seen outside or outlive it.
type docker struct {
	host string // as DOCKER_HOST
	dir  string // what it keeps, and its socket
	http *http.Client
}

// startDocker starts an engine, makes it the manager of a new swarm, and gives it the image.
func startDocker(t stack.T) *docker {
	t.Helper()
	dir := t.TempDir()
	socket := filepath.Join(dir, "docker.sock")
	d := &docker{host: "unix://" + socket, dir: dir, http: &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		},
	}}}
	d.launch(t, dir, "--host="+d.host, "--data-root="+filepath.Join(dir, "data"), "--exec-root="+filepath.Join(dir, "exec"),
		"--pidfile="+filepath.Join(dir, "pid"))
	stack.Eventually(t, time.Minute, func() error { return d.call(t, http.MethodGet, "/_ping", nil, nil) })
	// Its containers are in control groups, which are not of a namespace.
	t.Cleanup(func() { _ = d.call(t, http.MethodPost, "/swarm/leave?force=true", nil, nil) })
	require.NoError(t, d.call(t, http.MethodPost, "/swarm/init", map[string]any{
		"ListenAddr": "127.0.0.1:2377", "AdvertiseAddr": "127.0.0.1",
		// A machine that stalls for a moment is no node that has gone: its tasks stay.
		"Spec": map[string]any{"Dispatcher": map[string]any{"HeartbeatPeriod": 5 * time.Minute}},
	}, nil))
	d.image(t, image, []file{{name: "idle", text: built(t, "./idle")}})
	return d
}

// inside prepares the namespaces for the daemon and becomes it.
const inside = `mount --make-rprivate / && mount -t proc proc /proc && ip link set lo up && exec dockerd "$@"`

// launch runs the daemon until the tests have ended.
func (d *docker) launch(t stack.T, dir string, args ...string) {
	t.Helper()
	log, err := os.Create(filepath.Join(dir, "dockerd.log"))
	require.NoError(t, err)
	cmd := exec.Command("sh", append([]string{"-c", inside, "dockerd"}, args...)...)
	cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = log, log, apart()
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = log.Close()
		if text, err := os.ReadFile(log.Name()); err == nil && t.Failed() {
			t.Logf("the end of the log of dockerd:\n%s", tail(text, 16<<10))
		}
	})
}

// call calls the API. The body is a reader of an archive, or something to be sent as JSON.
func (d *docker) call(t stack.T, method, path string, body, into any) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
	defer cancel()
	kind := "application/x-tar"
	archive, ok := body.(io.Reader)
	if !ok && body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		kind, archive = "application/json", bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://docker"+path, archive)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", kind)
	res, err := d.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	switch {
	case err != nil:
		return err
	case res.StatusCode >= http.StatusBadRequest:
		return fmt.Errorf("%s %s: %s: %s", method, path, res.Status, text)
	case into != nil:
		return json.Unmarshal(text, into)
	}
	return nil
}
