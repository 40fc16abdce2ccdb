package bolt_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"alertscale/adapter/store/bolt"
	"alertscale/rules/engine"
)

const (
	damaged = "damaged, or not a file of alertscale: "
	left    = "; it was left as it is: put a copy of it back, or move it away to start with no memory, " +
		"in which every alert that still fires counts as new"
)

const pageSize = 4096

// filled returns the content of a store of many pages.
func filled(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "alertscale.db")
	s, err := bolt.Open(path)
	require.NoError(t, err)
	for i := range 300 {
		_, err := s.Put(t.Context(), record(i))
		require.NoError(t, err)
	}
	require.NoError(t, s.Close())
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	return content
}

func web(i int) string { return fmt.Sprintf("simulator:web-%04d", i) }

// record is one of those of filled; every tenth has parts.
func record(i int) engine.Record {
	r := engine.Record{Ref: web(i), Data: fmt.Appendf(nil, "%0300d", i)}
	for j := range i % 10 / 9 * 7 {
		r.Parts = append(r.Parts, engine.Part{Name: fmt.Sprint(j), Data: fmt.Appendf(nil, "%0500d", i+j)})
	}
	return r
}

func zeroed(content []byte, from, to int) []byte {
	content = bytes.Clone(content)
	clear(content[from:to])
	return content
}

func TestOpenRefusesDamagedFiles(t *testing.T) {
	good := filled(t)
	for name, tc := range map[string]struct {
		content []byte
		want    string
	}{
		"text":              {[]byte("drivers: {}\n"), damaged + "invalid database" + left},
		"much text":         {bytes.Repeat([]byte("drivers: {}\n"), 10000), damaged + "invalid database" + left},
		"zeros":             {make([]byte, 32768), damaged + "invalid database" + left},
		"first page alone":  {good[:pageSize], damaged + "file size too small 4096" + left},
		"half of it":        {good[:len(good)/2], damaged + "it is cut off: 524288 bytes of 532480" + left},
		"metas gone":        {zeroed(good, 0, 2*pageSize), damaged + "invalid database" + left},
		"all but the metas": {zeroed(good, 2*pageSize, len(good)), damaged + "assertion failed: Page expected to be: 129, but self identifies as 0" + left},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "alertscale.db")
			require.NoError(t, os.WriteFile(path, tc.content, 0o600))
			_, err := bolt.Open(path)
			require.EqualError(t, err, "open store "+path+": "+tc.want)
			requireContent(t, path, tc.content)
		})
	}
}

func requireContent(t *testing.T, path string, want []byte) {
	t.Helper()
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, bytes.Equal(want, got), "%s was changed", path)
}

// TestOpenRefusesFilesThatAreCutOff cuts at each page: what is beyond the end of a mapped file
// cannot be read, and must not end the process.
func TestOpenRefusesFilesThatAreCutOff(t *testing.T) {
	good, dir := filled(t), t.TempDir()
	for size := 2 * pageSize; size < 532480; size += pageSize { // beyond, no page was ever used
		path := filepath.Join(dir, fmt.Sprint(size, ".db"))
		require.NoError(t, os.WriteFile(path, good[:size], 0o600))
		_, err := bolt.Open(path)
		require.ErrorContains(t, err, fmt.Sprintf("open store %s: %sit is cut off: %d bytes of 532480", path, damaged, size))
	}
}

// TestOpenSurvivesAnyDamage puts zeros and garbage over any part: the store opens with all that it
// had, or Open says that it is damaged. It neither crashes nor changes the file.
func TestOpenSurvivesAnyDamage(t *testing.T) {
	good := filled(t)
	random := rand.New(rand.NewPCG(1, 2))
	dir, refused := t.TempDir(), 0
	for i := range 150 {
		path := filepath.Join(dir, fmt.Sprint(i, ".db"))
		content := bytes.Clone(good)
		at := random.IntN(len(content))
		if i%3 == 0 {
			at -= at % pageSize // the head of a page says what is in it
		}
		for j := at; j < min(at+1+random.IntN(pageSize), len(content)); j++ {
			content[j] = byte(random.Uint32() * uint32(i%2))
		}
		require.NoError(t, os.WriteFile(path, content, 0o600))
		s, err := bolt.Open(path)
		if err != nil {
			refused++
			require.Contains(t, err.Error(), "open store "+path+": "+damaged)
			requireContent(t, path, content)
			continue
		}
		requireFilled(t, s)
		require.NoError(t, s.Close())
	}
	require.Greater(t, refused, 30)
}

// requireFilled checks that a store holds what filled put there.
func requireFilled(t *testing.T, s *bolt.Store) {
	t.Helper()
	n := 0
	require.NoError(t, s.List(t.Context(), func(r engine.Record) error {
		want := record(n)
		want.Revision = r.Revision
		require.Equal(t, want, r)
		n++
		return nil
	}))
	require.Equal(t, 300, n)
}

func TestOpenRefusesForeignContent(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*bbolt.Tx) error
		want   string
	}{
		"another program's": {
			func(tx *bbolt.Tx) error {
				return first(tx.DeleteBucket([]byte("meta")), tx.DeleteBucket([]byte("records")), put(tx, "raft", "a", "b"))
			},
			damaged + "it is the bbolt file of another program" + left,
		},
		"another program's meta": {
			func(tx *bbolt.Tx) error { return first(tx.DeleteBucket([]byte("meta")), put(tx, "meta", "a", "b")) },
			damaged + "it is the bbolt file of another program" + left,
		},
		"no records": {
			func(tx *bbolt.Tx) error { return tx.DeleteBucket([]byte("records")) },
			damaged + "it is the bbolt file of another program" + left,
		},
		"format 1 without its bucket": {
			func(tx *bbolt.Tx) error { return put(tx, "meta", "format", "1") },
			damaged + "it is the bbolt file of another program" + left,
		},
		"another bucket": {
			func(tx *bbolt.Tx) error { return put(tx, "raft", "a", "b") },
			damaged + "it is the bbolt file of another program" + left,
		},
		"a format that is no number": {
			func(tx *bbolt.Tx) error { return put(tx, "meta", "format", "two") },
			damaged + "it is the bbolt file of another program" + left,
		},
		"a later format": {
			func(tx *bbolt.Tx) error {
				return first(tx.DeleteBucket([]byte("records")), put(tx, "parts", "a", "b"), put(tx, "meta", "format", "4"))
			},
			"written by a later alertscale (format 4); use that, or another file with --storage=file:PATH",
		},
		"a short record": {
			func(tx *bbolt.Tx) error { return put(tx, "records", "simulator:web", "012345678901") },
			damaged + `what it holds of "simulator:web" is broken: the stored value is too short` + left,
		},
		"another byte in a record": {
			func(tx *bbolt.Tx) error {
				value := bytes.Clone(tx.Bucket([]byte("records")).Get([]byte("simulator:cart")))
				value[len(value)-1]++
				return put(tx, "records", "simulator:cart", string(value))
			},
			damaged + `what it holds of "simulator:cart" is broken: its checksum is wrong` + left,
		},
		"a record of another ref": {
			func(tx *bbolt.Tx) error {
				return put(tx, "records", "simulator:web", string(tx.Bucket([]byte("records")).Get([]byte("simulator:cart"))))
			},
			damaged + `what it holds of "simulator:web" is broken: its checksum is wrong` + left,
		},
		"a part that is lost": {
			func(tx *bbolt.Tx) error {
				return tx.Bucket([]byte("records")).Delete([]byte("simulator:cart\x00\x01a"))
			},
			damaged + `what it holds of "simulator:cart" is broken: it has 1 parts of 2` + left,
		},
		"a part too many": {
			func(tx *bbolt.Tx) error {
				return put(tx, "records", "simulator:cart\x00\x01c", sealed("simulator:cart\x00\x01c", "data"))
			},
			damaged + `what it holds of "simulator:cart" is broken: it has 3 parts of 2` + left,
		},
		"a part without a record": {
			func(tx *bbolt.Tx) error {
				return put(tx, "records", "simulator:web\x00\x01a", sealed("simulator:web\x00\x01a", "data"))
			},
			damaged + `what it holds of "simulator:web\x00\x01a" is broken: it has a part, and no record` + left,
		},
		"a part of another name": {
			func(tx *bbolt.Tx) error {
				return put(tx, "records", "simulator:cart\x00\x01b", sealed("simulator:cart\x00\x01a", "data"))
			},
			damaged + `what it holds of "simulator:cart\x00\x01b" is broken: its checksum is wrong` + left,
		},
		"a short part": {
			func(tx *bbolt.Tx) error { return put(tx, "records", "simulator:cart\x00\x01b", "1234") },
			damaged + `what it holds of "simulator:cart\x00\x01b" is broken: the stored value is too short` + left,
		},
		"a revision that was never given": {
			func(tx *bbolt.Tx) error { return tx.Bucket([]byte("records")).SetSequence(0) },
			damaged + `what it holds of "simulator:cart" has revision 1 of 0` + left,
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "alertscale.db")
			s, err := bolt.Open(path)
			require.NoError(t, err)
			parts := []engine.Part{{Name: "a", Data: []byte("data")}, {Name: "b", Data: []byte("data")}}
			_, err = s.Put(t.Context(), engine.Record{Ref: "simulator:cart", Data: []byte("data"), Parts: parts})
			require.NoError(t, err)
			require.NoError(t, s.Close())
			edit(t, path, tc.change)
			content, err := os.ReadFile(path)
			require.NoError(t, err)
			_, err = bolt.Open(path)
			require.EqualError(t, err, "open store "+path+": "+tc.want)
			requireContent(t, path, content)
		})
	}
}

// TestDamageWhileOpen cuts a file off that is open: what it held is an error, and not the end of the process.
func TestDamageWhileOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "alertscale.db")
	require.NoError(t, os.WriteFile(path, filled(t), 0o600))
	s, err := bolt.Open(path)
	require.NoError(t, err)
	require.NoError(t, os.Truncate(path, int64(2*pageSize)))
	for range 2 { // the first of them leaves nothing locked
		_, err = s.Load(t.Context(), web(299))
		require.ErrorContains(t, err, "load "+web(299)+" from "+path+": it refers to pages that it does not have")
		err = s.List(t.Context(), func(engine.Record) error { return nil })
		require.ErrorContains(t, err, "list the records of "+path+": it refers to pages that it does not have")
		_, err = s.Put(t.Context(), engine.Record{Ref: "simulator:other", Data: []byte("data")})
		require.ErrorContains(t, err, "put simulator:other in "+path+": it refers to pages that it does not have")
	}
	require.NoError(t, s.Close())
}

func edit(t *testing.T, path string, change func(*bbolt.Tx) error) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, db.Update(change))
	require.NoError(t, db.Close())
}

func put(tx *bbolt.Tx, bucket, key, value string) error {
	b, err := tx.CreateBucketIfNotExists([]byte(bucket))
	if err != nil {
		return err
	}
	return b.Put([]byte(key), []byte(value))
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// sealed is data with its checksum.
func sealed(key, data string) string {
	table := crc32.MakeTable(crc32.Castagnoli)
	return string(binary.BigEndian.AppendUint32(nil, crc32.Checksum([]byte(data+key), table))) + data
}
