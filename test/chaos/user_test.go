package chaos

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// simulated is a file that needs no cluster.
const simulated = `
drivers:
  simulator: {workloads: {web: 3}}
targets:
  web: {driver: simulator, name: web, max: 20}
rules:
  - {name: busy, matchers: ['alertname="Busy"'], target: web, up: 2}
`

// A user runs alertscale in a folder with a file alertscale.yml.
type user struct {
	program string
	dir     string
	env     []string
	as      *syscall.SysProcAttr
}

// newUser builds the program once for all tests.
func newUser(t *testing.T, config string) *user {
	t.Helper()
	u := &user{program: program(t), dir: t.TempDir()}
	u.env = []string{"HOME=" + u.dir}
	require.NoError(t, os.WriteFile(filepath.Join(u.dir, "alertscale.yml"), []byte(config), 0o600))
	return u
}

var built string

func program(t *testing.T) string {
	t.Helper()
	if built != "" {
		return built
	}
	// Others than root must be able to run it.
	dir, err := os.MkdirTemp("", "alertscale-chaos-")
	require.NoError(t, err)
	cleanUp(func() { os.RemoveAll(dir) })
	require.NoError(t, os.Chmod(dir, 0o755))
	path := filepath.Join(dir, "alertscale")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", path, ".")
	cmd.Dir, cmd.Env = "../..", append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	built = path
	return path
}

// run runs alertscale until it ends, and returns all that it wrote and its exit code.
func (u *user) run(t *testing.T, args ...string) (string, int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, u.program, args...)
	cmd.Dir, cmd.Env, cmd.SysProcAttr = u.dir, u.env, u.as
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	require.NoError(t, ctx.Err(), "it runs on:\n%s", &out)
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) {
		require.NoError(t, err)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

// said returns what alertscale says at its end, without its log.
func said(out string) string {
	var lines []string
	for line := range strings.Lines(out) {
		if !strings.HasPrefix(line, "level=") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

// refuses wants alertscale to end with exit code 1 and some words on what to do.
func (u *user) refuses(t *testing.T, words string, args ...string) {
	t.Helper()
	if len(args) == 0 || strings.HasPrefix(args[0], "--") {
		args = append([]string{"--web.listen-address=127.0.0.1:0"}, args...)
	}
	out, code := u.run(t, args...)
	require.Equal(t, 1, code, out)
	require.Contains(t, said(out), words)
	require.NotContains(t, out, "goroutine ")
}

func TestUserTypo(t *testing.T) {
	u := newUser(t, strings.NewReplacer("target: web", "target: wbe", "max: 20", "max: twenty").Replace(simulated))
	faults := `alertscale.yml:5: targets.web: max: "twenty" is not a whole number
alertscale.yml:7: rules[0] "busy": target "wbe" is not defined, did you mean "web"?
`
	out, code := u.run(t)
	require.Equal(t, 1, code)
	require.Equal(t, "alertscale: the configuration cannot be used:\n"+faults, said(out))
	out, code = u.run(t, "check", "alertscale.yml")
	require.Equal(t, 1, code)
	require.Equal(t, "Checking alertscale.yml\n  FAILED:\n"+faults, out)
	require.NoFileExists(t, filepath.Join(u.dir, "data"))
}

func TestUserFlags(t *testing.T) {
	u := newUser(t, simulated)
	for _, test := range []struct{ words, args string }{
		{"record to nowhere/history.jsonl: open nowhere/history.jsonl: no such file", "--history=nowhere/history.jsonl"},
		{"--storage=etcd://localhost:2379/alertscale is not supported yet; there are file:PATH and memory:", "--storage=etcd://localhost:2379/alertscale"},
		{"--storage=kubernetes://monitoring is not supported yet", "--storage=kubernetes://monitoring"},
		{"--storage=fiel:x.db is no storage; there are file:PATH", "--storage=fiel:x.db"},
		{"--config.file says where it is", "--config.file=nowhere.yml"},
		{"--web.config.file nowhere.yml: ", "--web.config.file=nowhere.yml"},
		{"unknown long flag '--dryrun'", "--dryrun"},
		{"enum value must be one of debug,info,warn,error, got 'loud'", "--log.level=loud"},
		{"read the notification: open nowhere.json: no such file", "explain nowhere.json"},
		{"read the tests: open nowhere.test.yml: no such file", "test nowhere.test.yml"},
		{"read the recording: open nowhere.jsonl: no such file", "replay nowhere.jsonl"},
	} {
		u.refuses(t, test.words, strings.Fields(test.args)...)
	}
}

func TestUserPortTaken(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	u := newUser(t, simulated)
	u.refuses(t, "the port is taken: stop what listens there, or choose another with --web.listen-address",
		"serve", "--web.listen-address="+taken.Addr().String())
}

func TestUserCluster(t *testing.T) {
	u := newUser(t, anyDeployment)
	u.refuses(t, "alertscale.yml:1: drivers.kubernetes: no cluster is configured: set kubeconfig in the driver's block or KUBECONFIG, "+
		"put one at ~/.kube/config, or run in a pod with a service account")

	u.env = append(u.env, "KUBECONFIG=/nowhere/config")
	u.refuses(t, "KUBECONFIG /nowhere/config: no such file")

	text := filepath.Join(u.dir, "text")
	require.NoError(t, os.WriteFile(text, []byte("just a text"), 0o600))
	u.env = append(u.env, "KUBECONFIG="+text)
	u.refuses(t, "KUBECONFIG: error loading config file \""+text)

	u = newUser(t, "drivers: {kubernetes: {context: production}}"+anyDeployment)
	u.env = append(u.env, "KUBECONFIG="+account(t))
	u.refuses(t, `has no context "production"; it has test`)
}

// TestUserUnreachable starts, and says what is wrong to those who notify it and in the log.
func TestUserUnreachable(t *testing.T) {
	s := newShop(t, 3, "web")
	for name, test := range map[string]struct{ kubeconfig, why string }{
		"nobody listens": {stack.WriteKubeconfig(t, "https://127.0.0.1:1", api.CA, token), "dial tcp 127.0.0.1:1: connect: connection refused"},
		"another CA":     {stack.WriteKubeconfig(t, api.URL, nil, token), "certificate signed by unknown authority"},
		"bad token":      {stack.WriteKubeconfig(t, api.URL, api.CA, "stale"), "Unauthorized"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := stack.StartAlertscale(t, stack.AlertscaleOptions{Config: anyDeployment, Kubeconfig: test.kubeconfig})
			got := post(t, a, 503, "failed", s.firing("Busy", "web"))
			require.Contains(t, got.Error, test.why)
			a.WaitLog(t, test.why)
			require.NotContains(t, a.Log()+got.Error, token)
		})
	}
}

func TestUserStore(t *testing.T) {
	t.Run("locked", func(t *testing.T) {
		a := stack.StartAlertscale(t, stack.AlertscaleOptions{Config: simulated})
		u := newUser(t, simulated)
		path := filepath.Join(a.Dir(), "data", "alertscale.db")
		u.refuses(t, "open store "+path+": another process has it open, most likely another alertscale; stop that one, "+
			"or give this one another file with --storage=file:PATH", "--storage=file:"+path)
		code, _ := a.Get(t, "/-/ready")
		require.Equal(t, 200, code)
	})
	t.Run("damaged", func(t *testing.T) {
		a := stack.StartAlertscale(t, stack.AlertscaleOptions{Config: simulated})
		post(t, a, 200, "scaled", shop("x").firing("Busy", "web"))
		a.Stop(t)
		path := filepath.Join(a.Dir(), "data", "alertscale.db")
		whole, err := os.ReadFile(path)
		require.NoError(t, err)
		u := newUser(t, simulated)
		flipped := bytes.ReplaceAll(whole, []byte(`"State":`), []byte(`"Stat":,`))
		flipped = bytes.ReplaceAll(flipped, []byte(`"state":`), []byte(`"stat":,`))
		require.NotEqual(t, whole, flipped)
		for name, bad := range map[string][]byte{
			"cut off": whole[:len(whole)/2], "text": bytes.Repeat([]byte("a text, long enough\n"), 2000), "flipped": flipped,
		} {
			require.NoError(t, os.WriteFile(path, bad, 0o600))
			u.refuses(t, "put a copy of it back, or move it away to start with no memory", "--storage=file:"+path)
			after, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, bad, after, "%s: it is left as it was", name)
		}
	})
	t.Run("read-only", func(t *testing.T) {
		u := newUser(t, simulated)
		readOnly := filepath.Join(filepath.Dir(u.program), "read-only")
		require.NoError(t, os.Mkdir(readOnly, 0o555))
		config := filepath.Join(filepath.Dir(u.program), "alertscale.yml")
		require.NoError(t, os.WriteFile(config, []byte(simulated), 0o644))
		u.dir = readOnly
		if os.Geteuid() == 0 {
			u.as = nobody(t)
		}
		u.refuses(t, "must be able to write there: mount a volume, or choose another file with --storage=file:PATH",
			"--config.file="+config)
		u.refuses(t, "open store "+readOnly+"/alertscale.db: ", "--config.file="+config, "--storage=file:"+readOnly+"/alertscale.db")
	})
}

// nobody is one who may not write everywhere, as root may.
func nobody(t *testing.T) *syscall.SysProcAttr {
	if runtime.GOOS != "linux" {
		t.Skip("root may write everywhere")
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
}
