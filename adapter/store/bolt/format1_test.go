//go:build linux

package bolt_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"alertscale/adapter/controller"
	"alertscale/adapter/store/bolt"
	"alertscale/rules/engine"
)

// format1 returns a copy of a file that an alertscale wrote which knew format 1, with replaced, deleted and large
// records. testdata/format-1.jsonl has what it holds, by line.
func format1(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", "format-1.db"))
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "alertscale.db")
	require.NoError(t, os.WriteFile(path, content, 0o600))
	return path
}

func wantOfFormat1(t *testing.T) map[string]engine.Record {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", "format-1.jsonl"))
	require.NoError(t, err)
	want := map[string]engine.Record{}
	for line := range strings.Lines(string(content)) {
		var r struct {
			Ref      string
			Revision engine.Revision
			Data     json.RawMessage
		}
		require.NoError(t, json.Unmarshal([]byte(line), &r))
		want[r.Ref] = engine.Record{Ref: r.Ref, Revision: r.Revision, Data: r.Data}
	}
	return want
}

// requireMoved checks that a store has what format1 had.
func requireMoved(t *testing.T, s *bolt.Store) {
	t.Helper()
	want := wantOfFormat1(t)
	require.Len(t, want, 7)
	require.NoError(t, s.List(t.Context(), func(r engine.Record) error {
		w := want[r.Ref]
		require.Equal(t, w.Revision, r.Revision, r.Ref)
		require.True(t, bytes.Equal(w.Data, r.Data), "%s\nwant %.500s\ngot  %.500s", r.Ref, w.Data, r.Data)
		delete(want, r.Ref)
		return nil
	}))
	require.Empty(t, want)
}

func TestOpenMovesFormat1Forward(t *testing.T) {
	path := format1(t)
	for range 2 {
		s, err := bolt.Open(path)
		require.NoError(t, err)
		requireMoved(t, s)
		require.NoError(t, s.Close())
	}
	require.Equal(t, []string{"meta", "records"}, buckets(t, path))
}

func buckets(t *testing.T, path string) (names []string) {
	t.Helper()
	edit(t, path, func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, _ *bbolt.Bucket) error {
			names = append(names, string(name))
			return nil
		})
	})
	return names
}

// TestMovedRecordsKeepTheirRevisions puts on what was moved: its revisions count on, and none comes twice.
func TestMovedRecordsKeepTheirRevisions(t *testing.T) {
	s, err := bolt.Open(format1(t))
	require.NoError(t, err)
	r := wantOfFormat1(t)["kubernetes:Deployment/shop/web"]
	r.Data = []byte("new")
	next, err := s.Put(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, engine.Revision("16"), next, "15 was that of a record that was deleted")
	_, err = s.Put(t.Context(), r)
	require.ErrorIs(t, err, controller.ErrConflict)
	require.NoError(t, s.Close())
}

func TestOpenMovesAnEmptyFileOfFormat1(t *testing.T) {
	path := format1(t)
	edit(t, path, func(tx *bbolt.Tx) error {
		return first(tx.DeleteBucket([]byte("refs")), errOf(tx.CreateBucket([]byte("refs"))))
	})
	s, err := bolt.Open(path)
	require.NoError(t, err)
	require.NoError(t, s.List(t.Context(), func(engine.Record) error { return errors.New("it has a record") }))
	require.NoError(t, s.Close())
}

func errOf(_ *bbolt.Bucket, err error) error { return err }

func TestOpenRefusesBrokenFilesOfFormat1(t *testing.T) {
	for name, tc := range map[string]struct{ value, want string }{
		"broken":           {`{"revision":1`, `what it holds of "simulator:web" is broken: unexpected end of JSON input`},
		"no revision":      {`{"ref":{}}`, `what it holds of "simulator:web" is broken: the stored value has no revision`},
		"no memory":        {`{"revision":1,"ref":{"driver":"simulator","name":"web"}}`, `what it holds of "simulator:web" is broken: the stored value has no memory`},
		"of another ref":   {`{"revision":1,"ref":{"driver":"swarm","name":"web"},"memory":{}}`, `what it holds of "simulator:web" is of "swarm:web", revision 1 of 15`},
		"a later revision": {`{"revision":99,"ref":{"driver":"simulator","name":"web"},"memory":{}}`, `what it holds of "simulator:web" is of "simulator:web", revision 99 of 15`},
	} {
		t.Run(name, func(t *testing.T) {
			path := format1(t)
			edit(t, path, func(tx *bbolt.Tx) error { return put(tx, "refs", "simulator:web", tc.value) })
			content, err := os.ReadFile(path)
			require.NoError(t, err)
			_, err = bolt.Open(path)
			require.EqualError(t, err, "open store "+path+": "+damaged+tc.want+left)
			requireContent(t, path, content)
		})
	}
}

// TestMoveNeedsNoFolderToWriteIn moves a file in a folder that takes no other.
func TestMoveNeedsNoFolderToWriteIn(t *testing.T) {
	path := format1(t)
	readOnly(t, filepath.Dir(path))
	require.NoError(t, os.Chmod(path, 0o666))
	var s *bolt.Store
	var err error
	asNobody(func() { s, err = bolt.Open(path) })
	require.NoError(t, err)
	requireMoved(t, s)
	require.NoError(t, s.Close())
}

// TestMoveNeedsAFileToWriteIn leaves one that cannot be written as it is.
func TestMoveNeedsAFileToWriteIn(t *testing.T) {
	path := format1(t)
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	readOnly(t, filepath.Dir(path))
	require.NoError(t, os.Chmod(path, 0o444))
	asNobody(func() { _, err = bolt.Open(path) })
	require.EqualError(t, err, fmt.Sprintf("open store %s: open %s: permission denied; user %d must be able to write there: "+
		"mount a volume, or choose another file with --storage=file:PATH", path, path, os.Geteuid()))
	requireContent(t, path, content)
}

func readOnly(t *testing.T, dir string) {
	t.Helper()
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755))
	require.NoError(t, os.Chmod(dir, 0o555))
	t.Cleanup(func() { require.NoError(t, os.Chmod(dir, 0o755)) })
}

// TestMoveOnAFullDisk fails to write, in which nothing is lost, and goes on once there is room.
func TestMoveOnAFullDisk(t *testing.T) {
	if !inOwnProcess(t) {
		return
	}
	path := format1(t)
	withFileLimit(t, 1<<12, func() {
		_, err := bolt.Open(path)
		require.ErrorContains(t, err, "open store "+path+": move it from format 1 to format 2: ")
		require.ErrorContains(t, err, "; it is still of format 1")
	})
	require.Equal(t, []string{"meta", "refs"}, buckets(t, path))
	s, err := bolt.Open(path)
	require.NoError(t, err)
	requireMoved(t, s)
	require.NoError(t, s.Close())
}

// moveFile is set in a child process: the file that it is to move until it is killed.
const moveFile = "ALERTSCALE_TEST_MOVE"

// TestMoveSurvivesKill kills a process at many points of its move: the file is of one format or of the other, and
// nothing is lost.
func TestMoveSurvivesKill(t *testing.T) {
	if path := os.Getenv(moveFile); path != "" {
		fmt.Println("begins")
		_, err := bolt.Open(path)
		require.NoError(t, err)
		fmt.Println("moved")
		time.Sleep(time.Hour)
	}
	for i := range 12 {
		path := format1(t)
		killMove(t, path, time.Duration(i*i)*200*time.Microsecond)
		s, err := bolt.Open(path)
		require.NoError(t, err)
		requireMoved(t, s)
		require.NoError(t, s.Close())
	}
}

// killMove runs a child that opens a file, and kills it a while after it began to.
func killMove(t *testing.T, path string, d time.Duration) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestMoveSurvivesKill$")
	child.Env = append(os.Environ(), moveFile+"="+path)
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	_, err = out.Read(make([]byte, len("begins")))
	require.NoError(t, err)
	time.Sleep(d)
	require.NoError(t, child.Process.Kill())
	require.EqualError(t, child.Wait(), "signal: killed")
}
