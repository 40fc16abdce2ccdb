package config

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/go-kit/log/level"
)

// The pace of Watch: a file that is being written is read when its folder has been quiet for settle, at the
// latest after patience, since others may write there all the time; and one of whose change nobody tells, as
// on some network file systems, is looked at every poll.
const (
	settle   = 200 * time.Millisecond
	patience = 2 * time.Second
	poll     = 30 * time.Second
)

// Watch reloads the file when it, or one of its rule files, changes on disk, until ctx ends. Folders are watched, not files, so
// that a swap of a link in one is seen, as a Kubernetes ConfigMap does it, and a file that is new.
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
		case <-r.again:
			timer.Reset(settle)
		case <-timer.C:
			since = time.Time{}
			r.reloadIfChanged(w)
			timer.Reset(poll)
		}
	}
}

// reloadIfChanged reloads files whose text is another than what was read last.
func (r *Reloader) reloadIfChanged(w *fsnotify.Watcher) {
	r.mu.Lock()
	read := r.read
	r.mu.Unlock()
	r.follow(w, read.patterns) // first: what changes from here on is seen
	now, err := read.again(r.Path)
	if err != nil {
		return // it is being replaced; if it is gone for good, the old one stays active
	}
	if now != read.sum {
		_ = r.Reload()
	}
}

// follow watches the folders in which a change may concern the files, and no others.
func (r *Reloader) follow(w *fsnotify.Watcher, patterns []string) {
	wanted := foldersOf(r.Path)
	for _, pattern := range patterns {
		wanted = append(wanted, foldersOf(pattern)...)
	}
	keep := map[string]bool{}
	for _, dir := range wanted {
		if !keep[dir] {
			keep[dir] = true
			_ = w.Add(dir) // where it cannot be watched, it is looked at every poll
		}
	}
	for _, dir := range w.WatchList() {
		if !keep[dir] {
			_ = w.Remove(dir)
		}
	}
}

// foldersOf lists the folders that hold what a path or a pattern names, or would hold it, and those that links lead to.
func foldersOf(pattern string) []string {
	parent := filepath.Dir(pattern)
	dirs, err := filepath.Glob(parent)
	if _, statErr := os.Stat(parent); statErr == nil {
		dirs = []string{parent}
	}
	if parent != pattern && (err != nil || len(dirs) == 0 || strings.ContainsAny(parent, special)) {
		dirs = append(dirs, foldersOf(parent)...) // a folder may come
	}
	names, _ := ruleFileNames(pattern)
	for _, name := range names {
		if real, err := filepath.EvalSymlinks(name); err == nil {
			dirs = append(dirs, filepath.Dir(real))
		}
	}
	return dirs
}

// state is what was read, as far as it takes to find out whether something else is there now.
type state struct {
	patterns []string // of rule files, as paths
	sum      [sha256.Size]byte
}

func newState(text []byte) state { return state{sum: sha256.Sum256(text)} }

// add notes what was read of a rule file.
func (s *state) add(name string, text []byte, err error) {
	of := sha256.Sum256(text)
	s.sum = sha256.Sum256(fmt.Appendf(nil, "%x %x %q %t", s.sum, of, name, err == nil))
}

// again reads everything again: the file at a path, and the rule files that it named then.
func (s *state) again(path string) ([sha256.Size]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return s.sum, err
	}
	now, known := newState(text), knownFiles(path)
	for _, pattern := range s.patterns {
		names, _ := ruleFileNames(pattern)
		for _, name := range known.not(names) {
			text, err := readRegular(name)
			now.add(name, text, err)
		}
	}
	return now.sum, nil
}
