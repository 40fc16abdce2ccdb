package config

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"alertscale/adapter/controller"

	"github.com/go-kit/log"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
)

const small = `drivers: {sim: {type: simulator, workloads: {web: 3}}}
targets: {web: {driver: sim, name: web, max: 5}}
rules: [{name: busy, matchers: [a=b], target: web, up: 1}]
`

// reloading is a reloader whose uses are counted.
type reloading struct {
	*Reloader
	uses atomic.Int32
	last atomic.Pointer[controller.Snapshot]
	reg  *prometheus.Registry
}

func newReloading(t testing.TB, path string) *reloading {
	r := &reloading{Reloader: &Reloader{Path: path}}
	newReloader(t, r)
	return r
}

// newReloader has a reloader read its file.
func newReloader(t testing.TB, r *reloading) {
	r.reg = prometheus.NewRegistry()
	r.Logger, r.Metrics = log.NewNopLogger(), controller.NewMetrics(r.reg, 10)
	r.Use = func(f *controller.Snapshot) { r.last.Store(f); r.uses.Add(1) }
	_, err := r.Load()
	require.NoError(t, err)
}

func (r *reloading) healthy(t *testing.T, want string) {
	t.Helper()
	require.NoError(t, testutil.GatherAndCompare(r.reg, strings.NewReader(`
# HELP alertscale_config_last_reload_successful Whether the last load of the file was successful.
# TYPE alertscale_config_last_reload_successful gauge
alertscale_config_last_reload_successful `+want+"\n"), "alertscale_config_last_reload_successful"))
}

func TestABadFileChangesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "alertscale.yml")
	require.NoError(t, os.WriteFile(path, []byte(small), 0o600))
	r := newReloading(t, path)
	r.healthy(t, "1")
	require.NoError(t, os.WriteFile(path, []byte(small+"oops: 1\n"), 0o600))
	require.ErrorContains(t, r.Reload(), path+`:4: unknown key "oops"`)
	require.Zero(t, r.uses.Load())
	text, ruleFiles := r.Config()
	require.Equal(t, small, text)
	require.Empty(t, ruleFiles)
	r.healthy(t, "0")
	require.NoError(t, os.WriteFile(path, []byte(small), 0o600))
	require.NoError(t, r.Reload())
	require.EqualValues(t, 1, r.uses.Load())
	r.healthy(t, "1")
}

func TestAReloadKeepsTheSimulatorsCounts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "alertscale.yml")
	require.NoError(t, os.WriteFile(path, []byte(small), 0o600))
	r := newReloading(t, path)
	before := r.conns.Driver("sim")
	require.NoError(t, os.WriteFile(path, []byte(strings.ReplaceAll(small, "max: 5", "max: 6")), 0o600))
	require.NoError(t, r.Reload())
	require.Same(t, before, r.conns.Driver("sim"))
	require.NoError(t, os.WriteFile(path, []byte(strings.ReplaceAll(small, "web: 3", "web: 4")), 0o600))
	require.NoError(t, r.Reload())
	require.NotSame(t, before, r.conns.Driver("sim"))
}

// TestWatch: a file that is written in place, one that is put in place by a rename, and the swap of a link as
// a ConfigMap makes it, are all noticed, each once; a bad file and a touched one change nothing.
func TestWatch(t *testing.T) {
	volume := t.TempDir()
	put := func(dir, text string) {
		require.NoError(t, os.MkdirAll(filepath.Join(volume, dir), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(volume, dir, "alertscale.yml"), []byte(text), 0o600))
	}
	put("..1", small)
	require.NoError(t, os.Symlink("..1", filepath.Join(volume, "..data")))
	path := filepath.Join(volume, "alertscale.yml")
	require.NoError(t, os.Symlink(filepath.Join("..data", "alertscale.yml"), path))

	r := newReloading(t, path)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error)
	go func() { ended <- r.Watch(ctx) }()
	max := func() int {
		f := r.last.Load()
		if f == nil {
			return 5
		}
		return f.Rules.Targets["web"].Max
	}
	becomes := func(n int) {
		t.Helper()
		require.Eventually(t, func() bool { return max() == n }, 10*time.Second, 5*time.Millisecond)
	}
	time.Sleep(100 * time.Millisecond) // the watch is set up

	put("..2", strings.ReplaceAll(small, "max: 5", "max: 6"))
	require.NoError(t, os.Symlink("..2", filepath.Join(volume, "..data_tmp")))
	require.NoError(t, os.Rename(filepath.Join(volume, "..data_tmp"), filepath.Join(volume, "..data")))
	becomes(6)

	put("..2", strings.ReplaceAll(small, "max: 5", "max: 7")) // in place, behind the links
	becomes(7)

	require.NoError(t, os.WriteFile(filepath.Join(volume, "new"), []byte(strings.ReplaceAll(small, "max: 5", "max: 8")), 0o600))
	require.NoError(t, os.Rename(filepath.Join(volume, "new"), path))
	becomes(8)
	require.EqualValues(t, 3, r.uses.Load())

	require.NoError(t, os.WriteFile(path, []byte("oops: 1"), 0o600))
	require.Eventually(t, func() bool { return strings.Contains(gather(t, r.reg), "reload_successful 0") }, 10*time.Second, 5*time.Millisecond)
	require.Equal(t, 8, max())
	cancel()
	require.NoError(t, <-ended)
}

// TestWatchAFolderThatIsNeverQuiet: what others write into the folder does not keep the file from being read.
func TestWatchAFolderThatIsNeverQuiet(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "alertscale.yml")
	require.NoError(t, os.WriteFile(path, []byte(small), 0o600))
	r := newReloading(t, path)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error)
	go func() { ended <- r.Watch(ctx) }()
	require.NoError(t, os.WriteFile(path, []byte(strings.ReplaceAll(small, "max: 5", "max: 6")), 0o600))
	require.Eventually(t, func() bool {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "other"), []byte(time.Now().String()), 0o600))
		f := r.last.Load()
		return f != nil && f.Rules.Targets["web"].Max == 6
	}, poll/2, settle/10)
	cancel()
	require.NoError(t, <-ended)
}

func gather(t *testing.T, reg *prometheus.Registry) string {
	families, err := reg.Gather()
	require.NoError(t, err)
	var b strings.Builder
	for _, f := range families {
		if f.GetName() == "alertscale_config_last_reload_successful" {
			if f.GetMetric()[0].GetGauge().GetValue() == 0 {
				b.WriteString("reload_successful 0")
			}
		}
	}
	return b.String()
}
