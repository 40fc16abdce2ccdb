package stack

import (
	"context"
	"fmt"
	"os"
	"slices"
	"testing"
)

// T is what this package needs of a test. A *testing.T is one; Main makes one
// for all tests of a package.
type T interface {
	Helper()
	Context() context.Context
	TempDir() string
	Cleanup(func())
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	FailNow()
	Failed() bool
}

// fatalf ends the test. It is not part of T, so that T is also what testify's
// require wants.
func fatalf(t T, format string, args ...any) {
	t.Helper()
	t.Errorf(format, args...)
	t.FailNow()
}

// must ends the test where there is an error.
func must(t T, err error) {
	t.Helper()
	if err != nil {
		fatalf(t, "%v", err)
	}
}

// Main runs a package's tests between a setup that they share and the end of
// what it started:
//
//	func TestMain(m *testing.M) { os.Exit(stack.Main(m, setup)) }
func Main(m *testing.M, setup func(T)) (code int) {
	dir, err := os.MkdirTemp("", "alertscale-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithCancel(context.Background())
	s := &shared{ctx: ctx, cancel: cancel, dir: dir}
	defer s.cleanup()
	if !s.run(setup) {
		return 1
	}
	code = m.Run()
	s.failed = s.failed || code != 0
	return code
}

// shared is the T of all tests of a package. It is used by one goroutine.
type shared struct {
	ctx      context.Context
	cancel   context.CancelFunc
	dir      string
	cleanups []func()
	failed   bool
}

type failNow struct{}

// run calls setup and reports whether it came to its end.
func (s *shared) run(setup func(T)) (ok bool) {
	defer func() {
		if r := recover(); r != nil {
			s.failed = true
			if _, is := r.(failNow); !is {
				fmt.Fprintln(os.Stderr, "setup:", r)
			}
		}
		ok = !s.failed
	}()
	setup(s)
	return
}

func (s *shared) cleanup() {
	s.cancel()
	for _, f := range slices.Backward(s.cleanups) {
		f()
	}
}

func (s *shared) Helper()                  {}
func (s *shared) Context() context.Context { return s.ctx }
func (s *shared) Cleanup(f func())         { s.cleanups = append(s.cleanups, f) }
func (s *shared) Failed() bool             { return s.failed }
func (s *shared) FailNow()                 { panic(failNow{}) }

func (s *shared) TempDir() string {
	dir, err := os.MkdirTemp(s.dir, "")
	must(s, err)
	return dir
}

func (s *shared) Logf(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
}

func (s *shared) Errorf(format string, args ...any) {
	s.failed = true
	s.Logf(format, args...)
}
