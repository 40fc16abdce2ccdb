package config

import (
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"alertscale/adapter/controller"
	"alertscale/adapter/sink/remote"
	"alertscale/adapter/source/alertmanager"
	"alertscale/adapter/source/hook"
	"alertscale/adapter/source/sender"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"
)

// Reloader makes the file the active one when it is told to, or when the file changes on disk. A bad file
// changes nothing.
type Reloader struct {
	Path    string
	Options LoadOptions
	Version string // of alertscale
	Logger  log.Logger
	Metrics *controller.Metrics
	Lookups *alertmanager.Metrics      // nil: look-ups are not counted
	Sinks   *remote.Set                // nil: those of the file are told nothing
	Check   func(*File) error          // whether a file goes with how the process was started; nil: any does
	Use     func(*controller.Snapshot) // makes a file the active one

	hooks   atomic.Pointer[map[string]*hook.Hook] // of the active file
	senders atomic.Pointer[sender.Senders]        // likewise

	mu    sync.Mutex // one reload at a time
	conns *Connections
	read  state         // what was last read, good or bad
	again chan struct{} // tells Watch of a reload: there may be other folders to watch
}

// Load reads the file for the first time.
func (r *Reloader) Load() (*Connections, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.again = make(chan struct{}, 1)
	defer debug.FreeOSMemory() // reading takes several times the memory of what is kept
	err := r.load()
	r.Metrics.Reloaded(err == nil, time.Now())
	if err == nil {
		r.senders.Store(r.conns.posts)
	}
	return r.conns, err
}

// Reload reads the file again. Where it returns an error, the old file stays active.
func (r *Reloader) Reload() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer debug.FreeOSMemory()
	err := r.load()
	r.Metrics.Reloaded(err == nil, time.Now())
	select {
	case r.again <- struct{}{}:
	default:
	}
	if err != nil {
		_ = level.Error(r.Logger).Log("msg", "the configuration is not reloaded; the old one stays active", "file", r.Path, "err", err)
		return err
	}
	r.Use(r.conns.File())
	r.senders.Store(r.conns.posts) // once the rules know whom they let in
	_ = level.Info(r.Logger).Log("msg", "configuration reloaded", "file", r.Path)
	return nil
}

// load does all that can fail before anything is changed.
func (r *Reloader) load() error {
	text, err := readMain(r.Path)
	if err != nil {
		return fmt.Errorf("%w; --config.file says where it is", err)
	}
	f, _, err := parse(r.Path, text, r.Options)
	r.read = f.state
	if err != nil {
		return err
	}
	for _, pattern := range f.Unmatched {
		_ = level.Warn(r.Logger).Log("msg", "a pattern of rule_files matches no file", "file", r.Path, "pattern", f.Written(pattern))
	}
	if r.Check != nil {
		if err := r.Check(f); err != nil {
			return err
		}
	}
	conns, err := Connect(f, r.conns, Options{Version: r.Version, Logger: r.Logger, Lookups: r.Lookups})
	if err != nil {
		return err
	}
	f.print()
	r.conns = conns
	r.hooks.Store(&conns.hooks)
	r.Sinks.Use(conns.sinks, f.Rules)
	return nil
}

// Hook returns a hook of the active file.
func (r *Reloader) Hook(name string) (*hook.Hook, bool) {
	h, ok := (*r.hooks.Load())[name]
	return h, ok
}

// Sender returns the sender of the active file whose token is shown, empty where it is nobody's. Without senders in the
// file none is asked for.
func (r *Reloader) Sender(shown string) (name string, asked bool) {
	all := r.senders.Load()
	if all == nil {
		return "", false
	}
	return all.Find(shown), true
}

// Config returns the text of the active file, and those of its rule files by their names.
func (r *Reloader) Config() (text string, ruleFiles map[string]string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.conns.file.Text(), r.conns.file.RuleTexts()
}
