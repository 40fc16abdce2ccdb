package swarm

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"alertscale/test/shipped"
	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// An agent runs the roles of dockercoins as processes. Of worker and rng it runs as many as the services of the swarm count,
// and plays the swarm's DNS for those who ask for rng, and for Prometheus.
type agent struct {
	t       *testing.T
	program string
	dir     string
	flags   []string // where the roles find each other

	mu      sync.Mutex
	running map[string][]*role
	turn    int // of the rngs
}

// A role is a process, where it listens.
type role struct {
	address string
	cmd     *exec.Cmd
}

// startCoinProcesses is startCoins without containers, but for those of the two services, which do nothing.
func startCoinProcesses(t *testing.T, d *docker) *coins {
	t.Helper()
	for _, name := range []string{"dockercoins_worker", "dockercoins_rng"} {
		require.NoError(t, d.call(t, http.MethodPost, "/services/create", map[string]any{
			"Name":         name,
			"TaskTemplate": map[string]any{"ContainerSpec": map[string]any{"Image": image, "Command": []string{"/idle"}}},
			"Mode":         map[string]any{"Replicated": map[string]any{"Replicas": 1}},
		}, nil))
		t.Cleanup(func() { require.NoError(t, d.call(t, http.MethodDelete, "/services/"+name, nil, nil)) })
	}
	ag := &agent{t: t, program: shipped.Dockercoins(t), dir: t.TempDir(), running: map[string][]*role{}}
	ag.start(d)
	a := ag.watched(d)
	c := &coins{
		load: func(t *testing.T, coins string) { ag.command(t, "load", coins) },
		log:  func(*testing.T) string { return a.Log() },
	}
	c.load(t, fmt.Sprint(coinsWanted))
	c.lookOn(t, d, exec.Command(ag.program, append([]string{"watch", "--interval=1s"}, ag.flags...)...))
	return c
}

// start runs what there is one of, and follows the services with the others.
func (a *agent) start(d *docker) {
	front := httptest.NewServer(http.HandlerFunc(a.rng))
	a.t.Cleanup(front.Close)
	ctx, cancel := context.WithCancel(a.t.Context())
	var done sync.WaitGroup
	a.t.Cleanup(func() {
		cancel()
		done.Wait()
		for _, name := range []string{"worker", "rng", "hasher", "store"} {
			a.scale(name, 0)
		}
	})
	a.scale("hasher", 1)
	a.scale("store", 1)
	a.flags = []string{"--rng=" + front.URL, "--hasher=http://" + a.running["hasher"][0].address, "--store=http://" + a.running["store"][0].address}
	done.Go(func() {
		for ctx.Err() == nil {
			for _, name := range []string{"rng", "worker"} {
				if n, err := counted(a.t, d, "dockercoins_"+name); err == nil {
					a.scale(name, n)
				}
			}
			time.Sleep(200 * time.Millisecond)
		}
	})
}

// scale starts and ends processes of a role until there are so many.
func (a *agent) scale(name string, n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for len(a.running[name]) < n {
		r := &role{address: fmt.Sprintf("127.0.0.1:%d", stack.FreePort(a.t))}
		r.cmd = exec.Command(a.program, append([]string{name, "--listen=" + r.address}, a.flags...)...)
		r.cmd.Stderr = os.Stderr
		if err := r.cmd.Start(); err != nil {
			a.t.Errorf("%s: %v", name, err)
			return
		}
		a.running[name] = append(a.running[name], r)
	}
	for all := a.running[name]; len(all) > n; all = a.running[name] {
		last := all[len(all)-1]
		a.running[name] = all[:len(all)-1]
		_ = last.cmd.Process.Signal(os.Interrupt)
		_ = last.cmd.Wait()
	}
}

// rng passes a request on to the rng whose turn it is.
func (a *agent) rng(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	all := a.running["rng"]
	a.turn++
	address := ""
	if len(all) > 0 {
		address = all[a.turn%len(all)].address
	}
	a.mu.Unlock()
	if address == "" {
		http.Error(w, "there is no rng", http.StatusServiceUnavailable)
		return
	}
	httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: address}).ServeHTTP(w, r)
}

// discovered tells Prometheus of all that run.
func (a *agent) discovered(w http.ResponseWriter, _ *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	targets := []string{}
	for _, all := range a.running {
		for _, r := range all {
			targets = append(targets, r.address)
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode([]map[string]any{{"targets": targets}})
}

// watched starts Prometheus, Alertmanager and alertscale on the files of the stack, with their addresses in the place of names.
func (a *agent) watched(d *docker) *stack.Alertscale {
	t, files := a.t, hastyCoins(a.t)
	discovery := httptest.NewServer(http.HandlerFunc(a.discovered))
	t.Cleanup(discovery.Close)
	scaler := stack.NewAlertscale(t, stack.AlertscaleOptions{})
	am := stack.StartAlertmanager(t, stack.AlertmanagerOptions{
		Config: shipped.Replace(t, files["config.yml"], "http://alertscale:9098", scaler.URL),
	})
	write(t, filepath.Dir(scaler.Config), filepath.Base(scaler.Config), shipped.Replace(t, files["swarm/alertscale.yml"],
		"  swarm: {}\n", "  swarm: {host: '"+d.host+"'}\n", "http://alertmanager:9093", am.URL))
	scaler.Start(t)
	stack.StartPrometheus(t, stack.PrometheusOptions{
		Rules: files["rules.conf"],
		Config: shipped.Replace(t, files["swarm/prometheus.yml"], "[rules.conf]", "[rules.yml]", "alertmanager:9093", am.Address,
			"alertscale:9098", strings.TrimPrefix(scaler.URL, "http://"), "dns_sd_configs", "http_sd_configs",
			"names: [tasks.worker, tasks.rng, tasks.hasher, tasks.store, tasks.webui]\n        type: A\n        port: 8080",
			"url: "+discovery.URL),
	})
	return scaler
}

// command runs a command of the application, which may have to wait until there is somebody to tell.
func (a *agent) command(t *testing.T, args ...string) {
	t.Helper()
	stack.Eventually(t, wait, func() error {
		out, err := exec.CommandContext(t.Context(), a.program, append(args, a.flags...)...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	})
}
