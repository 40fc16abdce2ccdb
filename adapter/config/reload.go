package config

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"alertscale/adapter/controller"
	"alertscale/adapter/source/alertmanager"
	"alertscale/adapter/source/hook"

	"github.com/fsnotify/fsnotify"
	"github.com/go-kit/log"
	"github.com/go-kit/log/level"
)

// Reloader makes the file the active one when it is told to, or when the file changes on disk. A bad file
// changes nothing.
type Reloader struct {
	Path    string
	DryRun  bool
	Version string // of alertscale
	Logger  log.Logger
	Metrics *controller.Metrics
	Lookups *alertmanager.Metrics      // nil: look-ups are not counted
	Use     func(*controller.Snapshot) // makes a file the active one

	hooks atomic.Pointer[map[string]*hook.Hook] // of the active file

	mu    sync.Mutex // one reload at a time
	conns *Connections
	read  [sha256.Size]byte // of what was last read, good or bad
}

// Load reads the file for the first time.
func (r *Reloader) Load() (*Connections, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer debug.FreeOSMemory() // reading takes several times the memory of what is kept
	err := r.load()
	r.Metrics.Reloaded(err == nil, time.Now())
	return r.conns, err
}

// Reload reads the file again. Where it returns an error, the old file stays active.
func (r *Reloader) Reload() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer debug.FreeOSMemory()
	err := r.load()
	r.Metrics.Reloaded(err == nil, time.Now())
	if err != nil {
		_ = level.Error(r.Logger).Log("msg", "the configuration is not reloaded; the old one stays active", "file", r.Path, "err", err)
		return err
	}
	r.Use(r.conns.File())
	_ = level.Info(r.Logger).Log("msg", "configuration reloaded", "file", r.Path)
	return nil
}

// load does all that can fail before anything is changed.
func (r *Reloader) load() error {
	text, err := os.ReadFile(r.Path)
	if err != nil {
		return fmt.Errorf("read the configuration: %w; --config.file says where it is", err)
	}
	r.read = sha256.Sum256(text)
	f, err := Parse(r.Path, text, r.DryRun)
	if err != nil {
		return err
	}
	conns, err := Connect(f, r.conns, Options{Version: r.Version, Logger: r.Logger, Lookups: r.Lookups})
	if err != nil {
		return err
	}
	f.Text()
	r.conns = conns
	r.hooks.Store(&conns.hooks)
	return nil
}

// The pace of Watch: a file that is being written is read when its folder has been quiet for settle, at the
// latest after patience, since others may write there all the time; and one of whose change nobody tells, as
// on some network file systems, is looked at every poll.
const (
	settle   = 200 * time.Millisecond
	patience = 2 * time.Second
	poll     = 30 * time.Second
)

// Watch reloads the file when it changes on disk, until ctx ends. The folder is watched, not the file, so
// that a swap of a link in it is seen, as a Kubernetes ConfigMap does it.
func (r *Reloader) Watch(ctx context.Context) error {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watch %s: %w", r.Path, err)
	}
	defer w.Close()
	if err := w.Add(filepath.Dir(r.Path)); err != nil {
		return fmt.Errorf("watch %s: %w", filepath.Dir(r.Path), err)
	}
	timer := time.NewTimer(settle) // it may have changed since it was loaded
	defer timer.Stop()
	var since time.Time // of the first event that was not looked at yet
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-w.Errors:
			_ = level.Warn(r.Logger).Log("msg", "watching the configuration", "err", err)
		case <-w.Events:
			if since.IsZero() {
				since = time.Now()
			}
			timer.Reset(min(settle, max(0, time.Until(since.Add(patience)))))
		case <-timer.C:
			since = time.Time{}
			r.reloadIfChanged(w)
			timer.Reset(poll)
		}
	}
}

// reloadIfChanged reloads a file whose text is another than the one that was read last.
func (r *Reloader) reloadIfChanged(w *fsnotify.Watcher) {
	if real, err := filepath.EvalSymlinks(r.Path); err == nil {
		_ = w.Add(filepath.Dir(real)) // a link to a folder elsewhere: a change there counts too
	}
	text, err := os.ReadFile(r.Path)
	if err != nil {
		return // it is being replaced; if it is gone for good, the old one stays active
	}
	r.mu.Lock()
	same := sha256.Sum256(text) == r.read
	r.mu.Unlock()
	if !same {
		_ = r.Reload()
	}
}

// Hook returns a hook of the active file.
func (r *Reloader) Hook(name string) (*hook.Hook, bool) {
	h, ok := (*r.hooks.Load())[name]
	return h, ok
}

// Config returns the text of the active file.
func (r *Reloader) Config() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.conns.file.Text()
}
