package stack

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Times that a program has to become ready, and to end by itself when it is
// asked to.
const (
	startTimeout = time.Minute
	stopTimeout  = 15 * time.Second
)

// A Process is a program that a test runs, and may end and start again with
// the same arguments: on the same port, with the same data.
type Process struct {
	name  string
	path  string
	args  []string
	dir   string
	env   []string // The whole environment.
	log   string
	tail  int64 // How much of the log is shown when a test fails.
	ready func(context.Context) error

	mu   sync.Mutex
	cmd  *exec.Cmd
	done chan struct{} // Closed when cmd has ended.
	err  error         // How it ended.
}

// spec is what a process is made of; the rest is the same for all.
type spec struct {
	name  string
	path  string
	args  []string
	dir   string   // Folder to run in, of its own.
	env   []string // In addition to a bare environment.
	tail  int64    // Default 8 KiB.
	ready func(context.Context) error
}

// start makes the process, starts it, and waits until it is ready.
func start(t T, s spec) *Process {
	t.Helper()
	p := newProcess(t, s)
	p.Start(t)
	return p
}

// newProcess makes a process that is not started yet.
func newProcess(t T, s spec) *Process {
	p := &Process{
		name: s.name, path: s.path, args: s.args, dir: s.dir, ready: s.ready,
		env: append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir, "TMPDIR=" + s.dir}, s.env...),
		log: filepath.Join(s.dir, s.name+".log"), tail: s.tail,
	}
	if p.tail == 0 {
		p.tail = 8 << 10
	}
	t.Cleanup(func() { p.end(t) })
	return p
}

// Start starts a process that was ended, and waits until it is ready.
func (p *Process) Start(t T) {
	t.Helper()
	p.Launch(t)
	p.WaitReady(t)
}

// Launch starts the program, without waiting until it is ready.
func (p *Process) Launch(t T) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running() {
		fatalf(t, "%s: runs already", p.name)
	}
	out, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	must(t, err)
	defer out.Close()
	cmd := exec.Command(p.path, p.args...)
	cmd.Dir, cmd.Env = p.dir, p.env
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = ownGroup()
	if err := cmd.Start(); err != nil {
		fatalf(t, "%s: %v", p.name, err)
	}
	p.cmd, p.done = cmd, make(chan struct{})
	go p.reap(cmd, p.done)
}

// reap notes how the program ended, once it has.
func (p *Process) reap(cmd *exec.Cmd, done chan struct{}) {
	err := cmd.Wait()
	p.mu.Lock()
	p.err = err
	p.mu.Unlock()
	close(done)
}

// running reports whether the program runs. The caller holds the lock.
func (p *Process) running() bool {
	if p.done == nil {
		return false
	}
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// Running reports whether the program has been started and has not ended.
func (p *Process) Running() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.running()
}

// WaitReady waits until the program is ready. It may be called in a clean-up, where the test's context
// has ended already.
func (p *Process) WaitReady(t T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), startTimeout)
	defer cancel()
	for {
		err := p.ready(ctx)
		if err == nil {
			return
		}
		select {
		case <-p.ended():
			fatalf(t, "%s: ended before it was ready: %v: %v", p.name, p.exitError(), err)
		case <-ctx.Done():
			fatalf(t, "%s: not ready: %v", p.name, err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (p *Process) ended() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.done
}

func (p *Process) exitError() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// Signal sends a signal to the program, where it runs.
func (p *Process) Signal(t T, s os.Signal) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running() {
		must(t, p.cmd.Process.Signal(s))
	}
}

// Stop asks the program to end, and waits until it has. One that does not is
// killed, and fails the test.
func (p *Process) Stop(t T) {
	t.Helper()
	if !p.stop(syscall.SIGTERM) {
		t.Errorf("%s: did not end within %s of SIGTERM", p.name, stopTimeout)
		p.Kill(t)
	}
}

// Kill ends the program without a chance to tidy up, and waits until it has
// ended.
func (p *Process) Kill(t T) {
	t.Helper()
	if !p.stop(syscall.SIGKILL) {
		t.Errorf("%s: did not end within %s of SIGKILL", p.name, stopTimeout)
	}
}

func (p *Process) stop(s os.Signal) (ended bool) {
	p.mu.Lock()
	done, running := p.done, p.running()
	if running {
		_ = p.cmd.Process.Signal(s)
	}
	p.mu.Unlock()
	if !running {
		return true
	}
	select {
	case <-done:
		return true
	case <-time.After(stopTimeout):
		return false
	}
}

// Wait waits until the program has ended by itself, and returns how.
func (p *Process) Wait(t T, timeout time.Duration) error {
	t.Helper()
	select {
	case <-p.ended():
	case <-time.After(timeout):
		fatalf(t, "%s: still runs after %s", p.name, timeout)
	}
	return p.exitError()
}

// Log returns what the program has written so far, to both its outputs.
func (p *Process) Log() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return ""
	}
	return string(text)
}

// WaitLog waits until the program has written a text: what it logs may come after what it answers.
func (p *Process) WaitLog(t T, text string) {
	t.Helper()
	Eventually(t, startTimeout, func() error {
		if !strings.Contains(p.Log(), text) {
			return fmt.Errorf("the log of %s does not say %q", p.name, text)
		}
		return nil
	})
}

// Dir returns the folder that the program runs in and keeps its data in.
func (p *Process) Dir() string { return p.dir }

// end is the process's part of the test's clean-up. Nothing of its data is
// wanted any more, so it is not given time.
func (p *Process) end(t T) {
	p.stop(syscall.SIGKILL)
	if t.Failed() {
		t.Logf("the end of the log of %s:\n%s", p.name, tail(p.log, p.tail))
	}
}

func tail(path string, size int64) string {
	f, err := os.Open(path)
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > size {
		if _, err := f.Seek(-size, io.SeekEnd); err != nil {
			return err.Error()
		}
	}
	text, err := io.ReadAll(f)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
