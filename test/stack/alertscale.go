package stack

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Alertscale is the program under test.
type Alertscale struct {
	*Process
	URL    string
	Config string // Path of its file.
}

// AlertscaleOptions say how alertscale is to be.
type AlertscaleOptions struct {
	Config     string   // The whole file.
	Kubeconfig string   // Path; for KUBECONFIG.
	Storage    string   // For --storage. By default a file in its folder.
	Under      string   // The path that Args put it under.
	Args       []string // After those above.
	Env        []string
}

// StartAlertscale builds the program from the tree that the test is in, starts
// it, and waits until it is ready.
func StartAlertscale(t T, o AlertscaleOptions) *Alertscale {
	t.Helper()
	a := NewAlertscale(t, o)
	a.Start(t)
	return a
}

// NewAlertscale is StartAlertscale without the start.
func NewAlertscale(t T, o AlertscaleOptions) *Alertscale {
	t.Helper()
	dir, listen := t.TempDir(), address(FreePort(t))
	a := &Alertscale{URL: "http://" + listen + o.Under, Config: filepath.Join(dir, "alertscale.yml")}
	must(t, os.WriteFile(a.Config, []byte(o.Config), 0o644))
	if o.Storage == "" {
		o.Storage = "file:" + filepath.Join(dir, "data", "alertscale.db")
	}
	if o.Kubeconfig != "" {
		o.Env = append(o.Env, "KUBECONFIG="+o.Kubeconfig)
	}
	a.Process = newProcess(t, spec{
		name: "alertscale",
		path: alertscaleProgram(t),
		dir:  dir,
		env:  o.Env,
		tail: 64 << 10,
		args: append([]string{
			"serve",
			"--config.file=" + a.Config,
			"--storage=" + o.Storage,
			"--web.listen-address=" + listen,
		}, o.Args...),
		ready: answers(http.DefaultClient, a.URL+"/-/ready"),
	})
	return a
}

// Address returns its host:port.
func (a *Alertscale) Address() string { return strings.TrimPrefix(a.URL, "http://") }

// WriteConfig puts another file in the place of the one it has. It is not told.
func (a *Alertscale) WriteConfig(t T, config string) {
	t.Helper()
	next := a.Config + ".next"
	must(t, os.WriteFile(next, []byte(config), 0o644))
	must(t, os.Rename(next, a.Config))
}

// Get returns the status and the body that a path is answered with.
func (a *Alertscale) Get(t T, path string) (int, string) {
	t.Helper()
	return a.request(t, http.MethodGet, path, "")
}

// Post posts a body to a path, and returns the status and the body of the
// answer.
func (a *Alertscale) Post(t T, path, body string) (int, string) {
	t.Helper()
	return a.request(t, http.MethodPost, path, body)
}

func (a *Alertscale) request(t T, method, path, body string) (int, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, a.URL+path, bytes.NewBufferString(body))
	must(t, err)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	must(t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	must(t, err)
	return res.StatusCode, string(text)
}

// Metric returns the value of a series of its metrics, written with its labels as they are there, and 0 where there is
// none.
func (a *Alertscale) Metric(t T, series string) float64 {
	t.Helper()
	_, text := a.Get(t, "/metrics")
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(line, series+" "); ok {
			f, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			must(t, err)
			return f
		}
	}
	return 0
}

// WaitMetric waits until a series of its metrics is so large at least.
func (a *Alertscale) WaitMetric(t T, series string, least float64, timeout time.Duration) {
	t.Helper()
	Eventually(t, timeout, func() error {
		if got := a.Metric(t, series); got < least {
			return fmt.Errorf("%s is %g, want %g at least", series, got, least)
		}
		return nil
	})
}
