//go:build linux

package bolt_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/store/bolt"
	"alertscale/rules/engine"
)

func TestOpenMakesFolderAndFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a", "b", "alertscale.db")
	s, err := bolt.Open(path)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	for name, mode := range map[string]os.FileMode{"a": 0o700, "a/b": 0o700, "a/b/alertscale.db": 0o600} {
		info, err := os.Stat(filepath.Join(dir, name))
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode().Perm(), name)
	}
}

func TestOpenTakesAnEmptyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "alertscale.db")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	for range 2 {
		s, err := bolt.Open(path)
		require.NoError(t, err)
		require.NoError(t, s.Close())
	}
}

func TestOpenRefusesAFileInUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "alertscale.db")
	s, err := bolt.Open(path)
	require.NoError(t, err)
	_, err = bolt.Open(path)
	require.EqualError(t, err, "open store "+path+": another process has it open, most likely another alertscale; "+
		"stop that one, or give this one another file with --storage=file:PATH")
	require.NoError(t, s.Close())
	s, err = bolt.Open(path)
	require.NoError(t, err)
	require.NoError(t, s.Close())
}

func TestOpenRefusesPaths(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for path, want := range map[string]string{
		"":                             "it needs a path: --storage=file:PATH",
		dir:                            "it is a folder; name a file in it, as " + dir + "/alertscale.db",
		file + "/x.db":                 "mkdir " + file + ": not a directory",
		dir + strings.Repeat("x", 300): "open " + dir + strings.Repeat("x", 300) + ": file name too long",
	} {
		_, err := bolt.Open(path)
		require.EqualError(t, err, "open store "+path+": "+want)
	}
}

func TestOpenSaysWhoMustBeAbleToWrite(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o555))
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755))
	path, folder := filepath.Join(dir, "alertscale.db"), filepath.Join(dir, "data")
	var fileErr, folderErr error
	asNobody(func() {
		_, fileErr = bolt.Open(path)
		_, folderErr = bolt.Open(filepath.Join(folder, "alertscale.db"))
	})
	advice := fmt.Sprintf("; user %d must be able to write there: mount a volume, or choose another file with --storage=file:PATH", os.Geteuid())
	require.EqualError(t, fileErr, "open store "+path+": open "+path+": permission denied"+advice)
	require.EqualError(t, folderErr, "open store "+folder+"/alertscale.db: mkdir "+folder+": permission denied"+advice)
}

// asNobody runs f without root's right to write everywhere.
func asNobody(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // and never unlocks it: the thread ends with the goroutine
		if os.Geteuid() == 0 {
			_ = syscall.Setfsuid(65534)
		}
		f()
	}()
	<-done
}

// TestPutSaysThatTheDiskIsFull uses a limit on the size of files in place of a disk that is full:
// where the file has to grow, and where it has grown and what is beyond the limit is written.
func TestPutSaysThatTheDiskIsFull(t *testing.T) {
	if !inOwnProcess(t) {
		return
	}
	path := filepath.Join(t.TempDir(), "alertscale.db")
	s, err := bolt.Open(path)
	require.NoError(t, err)
	for i := range 2 {
		small := engine.Record{Ref: web(i), Data: fmt.Append(nil, i)}
		small.Revision, err = s.Put(t.Context(), small)
		require.NoError(t, err)
		large := engine.Record{Ref: web(i), Revision: small.Revision, Data: bytes.Repeat([]byte("x"), 1<<20)}
		withFileLimit(t, 1<<17, func() {
			_, err = s.Put(t.Context(), large)
			require.ErrorContains(t, err, fmt.Sprintf("put %s in %s: ", web(i), path))
			require.ErrorContains(t, err, "file too large")

			got, err := s.Load(t.Context(), web(i))
			require.NoError(t, err)
			require.Equal(t, small, got)
		})
		_, err = s.Put(t.Context(), large)
		require.NoError(t, err, "the store remains usable")
	}
	require.NoError(t, s.Close())
	s, err = bolt.Open(path)
	require.NoError(t, err)
	require.NoError(t, s.Close())
}

// inOwnProcess reports whether the test runs in a process of its own; if not, it runs it in one. The limit on the
// size of files holds for the whole process, and so for the log that the go command has a test binary write.
func inOwnProcess(t *testing.T) bool {
	t.Helper()
	const own = "ALERTSCALE_TEST_OWN_PROCESS"
	if os.Getenv(own) == t.Name() {
		return true
	}
	child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	child.Env = append(os.Environ(), own+"="+t.Name())
	out, err := child.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "--- PASS: "+t.Name())
	return false
}

func withFileLimit(t *testing.T, bytes uint64, f func()) {
	t.Helper()
	var before syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before))
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: bytes, Max: before.Max}))
	defer func() { require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before)) }()
	f()
}
