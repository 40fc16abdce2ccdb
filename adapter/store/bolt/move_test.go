//go:build linux

package bolt_test

import (
	"bytes"
	"encoding/binary"
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

// old is a file that an alertscale wrote which knew only an earlier format, with replaced, deleted and large records:
// testdata/NAME.db. NAME.jsonl has what it holds, by line.
type old struct {
	name    string
	format  int
	buckets []string
	records int
	next    engine.Revision // of the next Put
}

var (
	format1 = old{"format-1", 1, []string{"meta", "refs"}, 7, "16"}
	format2 = old{"format-2", 2, []string{"meta", "records"}, 26, "52"}
)

// eachOld runs a test on each of them.
func eachOld(t *testing.T, test func(*testing.T, old)) {
	for _, f := range []old{format1, format2} {
		t.Run(f.name, func(t *testing.T) { test(t, f) })
	}
}

// copy returns the path of a copy.
func (f old) copy(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", f.name+".db"))
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "alertscale.db")
	require.NoError(t, os.WriteFile(path, content, 0o600))
	return path
}

func (f old) want(t *testing.T) map[string]engine.Record {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", f.name+".jsonl"))
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

// requireMoved checks that a store has what the file had.
func (f old) requireMoved(t *testing.T, s *bolt.Store) {
	t.Helper()
	want := f.want(t)
	require.Len(t, want, f.records)
	require.NoError(t, s.List(t.Context(), func(r engine.Record) error {
		w := want[r.Ref]
		require.Empty(t, r.Parts)
		require.Equal(t, w.Revision, r.Revision, r.Ref)
		require.True(t, bytes.Equal(w.Data, r.Data), "%s\nwant %.500s\ngot  %.500s", r.Ref, w.Data, r.Data)
		delete(want, r.Ref)
		return nil
	}))
	require.Empty(t, want)
}

func TestOpenMovesForward(t *testing.T) {
	eachOld(t, func(t *testing.T, f old) {
		path := f.copy(t)
		for range 2 {
			s, err := bolt.Open(path)
			require.NoError(t, err)
			f.requireMoved(t, s)
			require.NoError(t, s.Close())
		}
		require.Equal(t, []string{"meta", "records"}, buckets(t, path))
		edit(t, path, func(tx *bbolt.Tx) error {
			require.Equal(t, "3", string(tx.Bucket([]byte("meta")).Get([]byte("format"))))
			return nil
		})
	})
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
	eachOld(t, func(t *testing.T, f old) {
		s, err := bolt.Open(f.copy(t))
		require.NoError(t, err)
		for _, r := range f.want(t) {
			r.Data, r.Parts = []byte("new"), []engine.Part{{Name: "a", Data: []byte("b")}}
			next, err := s.Put(t.Context(), r)
			require.NoError(t, err)
			require.Equal(t, f.next, next, "the one before was that of a record that was deleted")
			_, err = s.Put(t.Context(), r)
			require.ErrorIs(t, err, controller.ErrConflict)
			r.Revision = next
			got, err := s.Load(t.Context(), r.Ref)
			require.NoError(t, err)
			require.Equal(t, r, got)
			break
		}
		require.NoError(t, s.Close())
	})
}

func TestOpenMovesAnEmptyFile(t *testing.T) {
	eachOld(t, func(t *testing.T, f old) {
		path := f.copy(t)
		edit(t, path, func(tx *bbolt.Tx) error {
			bucket := []byte(f.buckets[1])
			return first(tx.DeleteBucket(bucket), errOf(tx.CreateBucket(bucket)))
		})
		s, err := bolt.Open(path)
		require.NoError(t, err)
		require.NoError(t, s.List(t.Context(), func(engine.Record) error { return errors.New("it has a record") }))
		require.NoError(t, s.Close())
	})
}

func errOf(_ *bbolt.Bucket, err error) error { return err }

func TestOpenRefusesBrokenFiles(t *testing.T) {
	of := func(revision uint64) string {
		return sealed("simulator:web", string(binary.BigEndian.AppendUint64(nil, revision))+"data")
	}
	const web = `what it holds of "simulator:web" `
	for name, tc := range map[string]struct {
		file        old
		value, want string
	}{
		"broken":           {format1, `{"revision":1`, web + `is broken: unexpected end of JSON input`},
		"no revision":      {format1, `{"ref":{}}`, web + `is broken: the stored value has no revision`},
		"no memory":        {format1, `{"revision":1,"ref":{"driver":"simulator","name":"web"}}`, web + `is broken: the stored value has no memory`},
		"of another ref":   {format1, `{"revision":1,"ref":{"driver":"swarm","name":"web"},"memory":{}}`, web + `is of "swarm:web", revision 1 of 15`},
		"a later revision": {format1, `{"revision":99,"ref":{"driver":"simulator","name":"web"},"memory":{}}`, web + `is of "simulator:web", revision 99 of 15`},
		"short":            {format2, "012345678901", web + "is broken: the stored value is too short"},
		"a wrong checksum": {format2, of(1) + "x", web + "is broken: its checksum is wrong"},
		"no revision, 2":   {format2, of(0), web + "has revision 0 of 51"},
		"a later one, 2":   {format2, of(99), web + "has revision 99 of 51"},
		"a huge one":       {format2, of(1<<40 + 1), web + "is broken: its revision is too large"},
	} {
		t.Run(name, func(t *testing.T) {
			path := tc.file.copy(t)
			edit(t, path, func(tx *bbolt.Tx) error { return put(tx, tc.file.buckets[1], "simulator:web", tc.value) })
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
	eachOld(t, func(t *testing.T, f old) {
		path := f.copy(t)
		readOnly(t, filepath.Dir(path))
		require.NoError(t, os.Chmod(path, 0o666))
		var s *bolt.Store
		var err error
		asNobody(func() { s, err = bolt.Open(path) })
		require.NoError(t, err)
		f.requireMoved(t, s)
		require.NoError(t, s.Close())
	})
}

// TestMoveNeedsAFileToWriteIn leaves one that cannot be written as it is.
func TestMoveNeedsAFileToWriteIn(t *testing.T) {
	eachOld(t, func(t *testing.T, f old) {
		path := f.copy(t)
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		readOnly(t, filepath.Dir(path))
		require.NoError(t, os.Chmod(path, 0o444))
		asNobody(func() { _, err = bolt.Open(path) })
		require.EqualError(t, err, fmt.Sprintf("open store %s: open %s: permission denied; user %d must be able to write there: "+
			"mount a volume, or choose another file with --storage=file:PATH", path, path, os.Geteuid()))
		requireContent(t, path, content)
	})
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
	eachOld(t, func(t *testing.T, f old) {
		path := f.copy(t)
		withFileLimit(t, 1<<12, func() {
			_, err := bolt.Open(path)
			require.ErrorContains(t, err, fmt.Sprintf("open store %s: move it from format %d to format 3: ", path, f.format))
			require.ErrorContains(t, err, fmt.Sprintf("; it is still of format %d", f.format))
		})
		require.Equal(t, f.buckets, buckets(t, path))
		s, err := bolt.Open(path)
		require.NoError(t, err)
		f.requireMoved(t, s)
		require.NoError(t, s.Close())
	})
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
	eachOld(t, func(t *testing.T, f old) {
		for i := range 12 {
			path := f.copy(t)
			killMove(t, path, time.Duration(i*i)*200*time.Microsecond)
			s, err := bolt.Open(path)
			require.NoError(t, err)
			f.requireMoved(t, s)
			require.NoError(t, s.Close())
		}
	})
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

// TestOpenRefusesPagesThatAreUsedAndFree changes the list of free pages, which files of earlier formats have: a page that
// is written over would be lost later.
func TestOpenRefusesPagesThatAreUsedAndFree(t *testing.T) {
	eachOld(t, func(t *testing.T, f old) {
		path := f.copy(t)
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		number := func(at int) uint64 { return binary.LittleEndian.Uint64(content[at:]) }
		const head, root, freelist, transaction = 16, 32, 48, 64 // of a page; the last three in one of meta
		meta := 0
		if number(pageSize+transaction) > number(transaction) {
			meta = pageSize
		}
		copy(content[int(number(meta+freelist))*pageSize+head:], content[meta+root:meta+root+8])
		require.NoError(t, os.WriteFile(path, content, 0o600))
		_, err = bolt.Open(path)
		require.EqualError(t, err, fmt.Sprintf("open store %s: %spage %d: reachable freed%s", path, damaged, number(meta+root), left))
		requireContent(t, path, content)
	})
}
