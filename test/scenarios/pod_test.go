package scenarios

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// container is what matters here of the container alertscale of a workload.
type container struct {
	Name           string
	Args           []string
	Env            []variable
	LivenessProbe  probe
	ReadinessProbe probe
}

type variable struct {
	Name, Value string
	ValueFrom   struct {
		SecretKeyRef struct {
			Name, Key string
			Optional  bool
		}
	}
}

type probe struct {
	Exec           struct{ Command []string }
	TimeoutSeconds int
}

// pod runs that container as a process, with its volumes in folders.
type pod struct {
	container
	program string
	address string
	folders []string          // path in the container, and where it is, by turns
	secret  map[string]string // what variables are taken from
}

// newPod returns one that is not running.
func newPod(t *testing.T, program string, workload *unstructured.Unstructured) *pod {
	t.Helper()
	all, _, err := unstructured.NestedSlice(workload.Object, "spec", "template", "spec", "containers")
	require.NoError(t, err)
	text, err := json.Marshal(all)
	require.NoError(t, err)
	var containers []container
	require.NoError(t, json.Unmarshal(text, &containers))
	p := &pod{program: program, address: fmt.Sprintf("localhost:%d", stack.FreePort(t))}
	for _, c := range containers {
		if c.Name == "alertscale" {
			p.container = c
		}
	}
	require.NotEmpty(t, p.Args, "no container alertscale")
	return p
}

// volume puts files where the container has a volume, and returns the folder.
func (p *pod) volume(t *testing.T, path string, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	p.folders = append(p.folders, path+"/", dir+"/") // the slash: one path may begin as another does
	return dir
}

// command runs the program as the container would.
func (p *pod) command(t *testing.T, args ...string) *exec.Cmd {
	elsewhere := strings.NewReplacer(p.folders...)
	cmd := exec.CommandContext(t.Context(), p.program)
	for _, arg := range args {
		cmd.Args = append(cmd.Args, elsewhere.Replace(arg))
	}
	url := "http://localhost:9098"
	for _, v := range p.Env {
		if v.ValueFrom.SecretKeyRef.Key != "" {
			value, set := p.secret[v.ValueFrom.SecretKeyRef.Key]
			require.True(t, set || v.ValueFrom.SecretKeyRef.Optional, v.Name)
			v.Value = value
		}
		if v.Name == "ALERTSCALE_URL" && v.Value != "" {
			url = v.Value
		} else if v.Value != "" {
			cmd.Env = append(cmd.Env, v.Name+"="+elsewhere.Replace(v.Value))
		}
	}
	cmd.Env = append(cmd.Env, "KUBECONFIG="+account(t), "ALERTSCALE_URL="+strings.Replace(url, "localhost:9098", p.address, 1))
	return cmd
}

// probes runs a probe as the kubelet does, and returns what it says.
func (p *pod) probes(t *testing.T, probe probe) error {
	t.Helper()
	require.Equal(t, "/alertscale", probe.Exec.Command[0])
	require.Greater(t, probe.TimeoutSeconds, 3, "the program is to give up before the kubelet does")
	out, err := p.command(t, probe.Exec.Command[1:]...).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, out)
	}
	return err
}

// start starts the container, and returns how to end it.
func (p *pod) start(t *testing.T) (end func()) {
	t.Helper()
	var out strings.Builder
	cmd := p.command(t, append(p.Args, "--web.listen-address="+p.address)...)
	cmd.Stdout, cmd.Stderr = &out, &out
	require.NoError(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	return func() {
		t.Helper()
		require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
		select {
		case err := <-ended:
			require.NoError(t, err, out.String())
		case <-time.After(wait):
			require.Fail(t, "does not end")
		}
	}
}

// runs starts the container, waits until its probes find it alive and ready, and ends it.
func (p *pod) runs(t *testing.T) {
	t.Helper()
	require.Error(t, p.probes(t, p.LivenessProbe), "it does not run")
	end := p.start(t)
	stack.Eventually(t, wait, func() error {
		return errors.Join(p.probes(t, p.ReadinessProbe), p.probes(t, p.LivenessProbe))
	})
	end()
}
