package chaos

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// steps is a file under which an alert Busy takes steps of a size.
func steps(size int) string {
	return strings.Replace(anyDeployment, "up: 1}", fmt.Sprintf("up: %d}", size), 1)
}

// badSteps is one with a fault in line 11.
var badSteps = strings.Replace(steps(9), "target: any, up", "target: ani, up", 1)

// fault is what is said of badSteps.
func fault(a *stack.Alertscale) string {
	return a.Config + `:11: rules[0] "busy": target "ani" is not defined, did you mean "any"?`
}

// A way is one to make another file the active one.
type way func(t *testing.T, a *stack.Alertscale, config string)

// TestReload makes other files the active one by each of the ways that there are.
func TestReload(t *testing.T) {
	for _, test := range []struct {
		name   string
		first  way // how the first file comes into place; nil: it is there
		change way
	}{
		{name: "SIGHUP", change: func(t *testing.T, a *stack.Alertscale, config string) {
			writeUnnoticed(t, a, config)
			a.Signal(t, syscall.SIGHUP)
		}},
		{name: "POST", change: func(t *testing.T, a *stack.Alertscale, config string) {
			writeUnnoticed(t, a, config)
			code, body := a.Post(t, "/-/reload", "")
			if config == badSteps {
				require.Equal(t, 500, code)
				require.Contains(t, body, fault(a)+"\n")
			} else {
				require.Equal(t, 200, code, body)
			}
		}},
		{name: "rename", change: func(t *testing.T, a *stack.Alertscale, config string) { a.WriteConfig(t, config) }},
		{name: "write", change: func(t *testing.T, a *stack.Alertscale, config string) {
			require.NoError(t, os.WriteFile(a.Config, []byte(config), 0o600))
		}},
		{name: "ConfigMap", first: mount, change: mount},
		{name: "beside a file that changes", change: besideAnother},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			reloaded(t, test.first, test.change)
		})
	}
}

// besideAnother changes the file while another one in its folder changes all the time.
func besideAnother(t *testing.T, a *stack.Alertscale, config string) {
	done, ended := make(chan struct{}), make(chan struct{})
	defer func() { close(done); <-ended }()
	go func() {
		defer close(ended)
		for tick := time.Tick(20 * time.Millisecond); ; {
			_ = os.WriteFile(filepath.Join(a.Dir(), "other"), []byte(time.Now().String()), 0o600)
			select {
			case <-done:
				return
			case <-tick:
			}
		}
	}()
	a.WriteConfig(t, config)
	stack.Eventually(t, 10*time.Second, func() error { return hasRead(a, config) })
}

// writeUnnoticed changes the file by another name that it has in another folder, so that nobody is told.
func writeUnnoticed(t *testing.T, a *stack.Alertscale, config string) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "config")
	require.NoError(t, os.Link(a.Config, name))
	require.NoError(t, os.WriteFile(name, []byte(config), 0o600))
}

// mount puts a file in place as the kubelet does with a key of a ConfigMap: the file is a link into
// ..data, which is a link to a folder, and replaced as a whole.
func mount(t *testing.T, a *stack.Alertscale, config string) {
	t.Helper()
	dir, file := filepath.Dir(a.Config), filepath.Base(a.Config)
	data := filepath.Join(dir, "..data")
	next, err := os.MkdirTemp(dir, "..2026_")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(next, file), []byte(config), 0o600))
	before, _ := os.Readlink(data)
	require.NoError(t, os.Symlink(filepath.Base(next), data+"_tmp"))
	require.NoError(t, os.Rename(data+"_tmp", data))
	if before != "" {
		require.NoError(t, os.RemoveAll(filepath.Join(dir, before)))
		return
	}
	require.NoError(t, os.Remove(a.Config))
	require.NoError(t, os.Symlink(filepath.Join("..data", file), a.Config))
}

// hasRead reports whether a file was read: it is active, or refused where it is bad.
func hasRead(a *stack.Alertscale, config string) error {
	text, bad := a.Log(), config == badSteps
	at := strings.LastIndex(text, "configuration")
	if at < 0 || bad != strings.Contains(text[at:], "is not reloaded") {
		return fmt.Errorf("%s: not read yet", a.Config)
	}
	return nil
}

func reloaded(t *testing.T, first, change way) {
	s := newShop(t, 10, "web")
	a := stack.NewAlertscale(t, stack.AlertscaleOptions{Config: steps(1), Kubeconfig: account(t)})
	if first != nil {
		first(t, a, steps(1))
	}
	a.Start(t)
	in := func(config string, successful int) {
		t.Helper()
		stack.Eventually(t, 15*time.Second, func() error {
			_, active := a.Get(t, "/api/v1/status/config")
			_, metrics := a.Get(t, "/metrics")
			if want := strings.Split(strings.SplitAfter(config, "up: ")[1], "}")[0]; !strings.Contains(active, "up: "+want+"}") {
				return fmt.Errorf("active: %s", active)
			}
			if want := fmt.Sprintf("\nalertscale_config_last_reload_successful %d\n", successful); !strings.Contains(metrics, want) {
				return fmt.Errorf("not %s", want)
			}
			return nil
		})
	}
	step := func(to int) alert {
		t.Helper()
		fires := s.firing("Busy", "web")
		got := post(t, a, 200, "scaled", fires)
		require.Equal(t, to, *got.Data.Decisions[0].To)
		require.Equal(t, to, admin.Scale(t, s.object("web")))
		return fires
	}
	in(steps(1), 1)
	fires := step(11)

	change(t, a, steps(2))
	in(steps(2), 1)
	post(t, a, 200, "duplicate", fires) // its episode goes on
	post(t, a, 200, "resolved", fires.resolved())
	post(t, a, 200, "resolved", step(13).resolved())

	change(t, a, badSteps)
	in(steps(2), 0)
	require.Contains(t, a.Log(), strings.ReplaceAll(fault(a), `"`, `\"`))
	code, body := a.Post(t, "/-/reload", "")
	require.Equal(t, 500, code)
	require.Equal(t, fault(a)+"\nThe rules that were active stay active.\n", body)
	in(steps(2), 0)
	post(t, a, 200, "resolved", step(15).resolved())

	change(t, a, steps(3))
	in(steps(3), 1)
	step(18)
}

// TestReloadRuleFiles replaces rule files as the kubelet does with those of a ConfigMap, whose variables are the environment's.
func TestReloadRuleFiles(t *testing.T) {
	s := newShop(t, 10, "web")
	targets, rules, _ := strings.Cut(anyDeployment, "rules:")
	a := stack.NewAlertscale(t, stack.AlertscaleOptions{
		Config: "rule_files: ['rules/*.yml']" + targets, Kubeconfig: account(t), Args: []string{"--config.expand-env"}, Env: []string{"STEP=3"},
	})
	mounted := &stack.Alertscale{Process: a.Process, Config: filepath.Join(filepath.Dir(a.Config), "rules", "a.yml")}
	require.NoError(t, os.Mkdir(filepath.Dir(mounted.Config), 0o700))
	require.NoError(t, os.WriteFile(mounted.Config, nil, 0o600))
	inFile := func(up string) string { return "rules:" + strings.Replace(rules, "up: 1}", "up: "+up+"}", 1) }
	mount(t, mounted, inFile("1"))
	a.Start(t)
	steps := func(up string, to int) {
		t.Helper()
		stack.Eventually(t, 15*time.Second, func() error {
			if _, active := a.Get(t, "/api/v1/status/config"); !strings.Contains(active, "up: "+up+"}") {
				return fmt.Errorf("active: %s", active)
			}
			return nil
		})
		fires := s.firing("Busy", "web")
		require.Equal(t, to, *post(t, a, 200, "scaled", fires).Data.Decisions[0].To)
		post(t, a, 200, "resolved", fires.resolved())
	}
	steps("1", 11)
	mount(t, mounted, inFile("2"))
	steps("2", 13)

	mount(t, mounted, inFile("'${NONE}'"))
	stack.Eventually(t, 15*time.Second, func() error {
		if a.Metric(t, "alertscale_config_last_reload_successful") != 0 {
			return fmt.Errorf("not read yet")
		}
		return nil
	})
	require.Contains(t, a.Log(), mounted.Config+`:2: rules[0] \"busy\": up: has ${NONE}, and NONE is not set`)
	steps("2", 15)

	mount(t, mounted, inFile("'${STEP}'"))
	steps("'${STEP}'", 18)
}

// TestReloadCredentials reads the kubeconfig again with the file. Where that cannot be used, the old one
// stays in use.
func TestReloadCredentials(t *testing.T) {
	s := newShop(t, 3, "web")
	before, after := stack.ProxyAPIServer(t, api), stack.ProxyAPIServer(t, api)
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	use := func(from string) {
		t.Helper()
		text, err := os.ReadFile(from)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(kubeconfig, text, 0o600))
	}
	use(accountVia(t, before))
	a := stack.StartAlertscale(t, stack.AlertscaleOptions{Config: "drivers:\n  kubernetes: {kubeconfig: " + kubeconfig + "}" + anyDeployment})
	fires := s.firing("Busy", "web")
	post(t, a, 200, "scaled", fires)
	post(t, a, 200, "resolved", fires.resolved())
	require.Empty(t, after.Requests(nil))

	require.NoError(t, os.Remove(kubeconfig))
	code, body := a.Post(t, "/-/reload", "")
	require.Equal(t, 500, code)
	require.Contains(t, body, a.Config+":2: drivers.kubernetes: kubeconfig "+kubeconfig+": no such file\n")
	fires = s.firing("Busy", "web")
	post(t, a, 200, "scaled", fires)
	post(t, a, 200, "resolved", fires.resolved())
	require.Empty(t, after.Requests(nil))

	use(accountVia(t, after))
	before.Forget()
	a.Signal(t, syscall.SIGHUP)
	stack.Eventually(t, wait, func() error {
		if !strings.Contains(a.Log(), "configuration reloaded") {
			return fmt.Errorf("not reloaded yet")
		}
		return nil
	})
	post(t, a, 200, "scaled", s.firing("Busy", "web"))
	require.NotEmpty(t, after.Requests(nil))
	require.Empty(t, before.Requests(nil))
	require.Equal(t, 6, admin.Scale(t, s.object("web")))
}
