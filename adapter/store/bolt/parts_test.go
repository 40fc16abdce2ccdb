package bolt

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"alertscale/rules/engine"
)

// The ref that remembers 10,000 alerts.
const (
	largeRef  = "kubernetes:Deployment/shop/web"
	largeSize = 1250 * 1500 // of all of its parts
	dataSize  = 1 << 10
)

func partName(i int) string { return fmt.Sprintf("a%04d", i) }

// openLarge opens a store with a large ref, whose parts are of one size and came in no order, and 1,000 others.
func openLarge(t testing.TB, partSize int) (*Store, engine.Record) {
	t.Helper()
	s, err := Open(filepath.Join(t.TempDir(), "alertscale.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	s.db.NoSync = true
	fill(t, s, 1000, dataSize)
	r := engine.Record{Ref: largeRef, Data: make([]byte, dataSize)}
	order := rand.New(rand.NewPCG(1, 2)).Perm(largeSize / partSize)
	for len(order) > 0 {
		r.Parts = nil
		next := min(5, len(order))
		for _, i := range order[:next] {
			r.Parts = append(r.Parts, engine.Part{Name: partName(i), Data: make([]byte, partSize)})
		}
		order = order[next:]
		r.Revision, err = s.Put(t.Context(), r)
		require.NoError(t, err)
	}
	s.db.NoSync = false
	return s, r
}

// fill puts records without parts.
func fill(t testing.TB, s *Store, n, size int) {
	t.Helper()
	data := bytes.Repeat([]byte("x"), size)
	var group []*change
	for i := range n {
		group = append(group, newChange(engine.Record{Ref: fmt.Sprintf("kubernetes:Deployment/shop-%02d/web-%06d", i%64, i), Data: data}))
		if len(group) == 1000 || i == n-1 {
			s.write(group)
			for _, c := range group {
				require.NoError(t, c.err)
			}
			group = nil
		}
	}
}

// replaced is a Put of the large ref with some of its parts.
func replaced(r engine.Record, random *rand.Rand, partSize, n int) engine.Record {
	r.Parts = nil
	for _, i := range random.Perm(largeSize / partSize)[:n] {
		r.Parts = append(r.Parts, engine.Part{Name: partName(i), Data: bytes.Repeat([]byte("y"), partSize)})
	}
	return r
}

// written is how many bytes bbolt wrote: pages, and with each transaction one of meta.
func (s *Store) written(t testing.TB) (n int64) {
	t.Helper()
	require.NoError(t, s.db.View(func(tx *bbolt.Tx) error {
		stats := s.db.Stats().TxStats
		n = stats.GetPageAlloc() + int64(tx.ID()*pageSize)
		return nil
	}))
	return n
}

// TestAPutWritesItsPartsAlone puts the data of a large ref and one of its parts. Five pages are those of meta, of the
// buckets, and of the way to the record; a part adds its own way. What is larger than a quarter of a page takes leaves of
// two pages, as bbolt splits none of less than five values.
func TestAPutWritesItsPartsAlone(t *testing.T) {
	for partSize, pages := range map[int]int64{1500: 9, 1100: 8, 700: 7} {
		t.Run(fmt.Sprint(partSize), func(t *testing.T) {
			s, r := openLarge(t, partSize)
			random := rand.New(rand.NewPCG(3, 4))
			before := s.written(t)
			for range 100 {
				revision, err := s.Put(t.Context(), replaced(r, random, partSize, 1))
				require.NoError(t, err)
				r.Revision = revision
			}
			require.LessOrEqual(t, (s.written(t)-before)/100, pages*pageSize)
			got, err := s.Load(t.Context(), largeRef)
			require.NoError(t, err)
			require.Len(t, got.Parts, largeSize/partSize)
		})
	}
}

// TestFreePagesAreNotWritten deletes much: the Puts that follow write no more for it.
func TestFreePagesAreNotWritten(t *testing.T) {
	s, err := Open(filepath.Join(t.TempDir(), "alertscale.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	fill(t, s, 5000, dataSize)
	var deletions []*change
	require.NoError(t, s.List(t.Context(), func(r engine.Record) error {
		r.Data = nil
		deletions = append(deletions, newChange(r))
		return nil
	}))
	s.write(deletions)
	before := s.written(t)
	require.NoError(t, s.putData(t.Context(), "web", "data"))
	require.LessOrEqual(t, s.written(t)-before, int64(5*pageSize))
}

// TestReadersFindLostParts changes the parts of a file that is open.
func TestReadersFindLostParts(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*bbolt.Bucket) error
		want   string
	}{
		"lost":             {func(b *bbolt.Bucket) error { return b.Delete([]byte("web\x00\x01a")) }, `"web" is broken: it has 1 parts of 2`},
		"too many":         {func(b *bbolt.Bucket) error { return putSealed(b, "web", "c") }, `"web" is broken: it has 3 parts of 2`},
		"of no record":     {func(b *bbolt.Bucket) error { return b.Delete([]byte("web")) }, `is broken: it has a part, and no record`},
		"of another name":  {func(b *bbolt.Bucket) error { return b.Put([]byte("web\x00\x01a"), b.Get([]byte("web\x00\x01b"))) }, "its checksum is wrong"},
		"of another value": {func(b *bbolt.Bucket) error { return b.Put([]byte("web\x00\x01b"), []byte("data and data")) }, "its checksum is wrong"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Open(filepath.Join(t.TempDir(), "alertscale.db"))
			require.NoError(t, err)
			parts := []engine.Part{{Name: "a", Data: []byte("data")}, {Name: "b", Data: []byte("data")}}
			_, err = s.Put(t.Context(), engine.Record{Ref: "web", Data: []byte("data"), Parts: parts})
			require.NoError(t, err)
			require.NoError(t, s.db.Update(func(tx *bbolt.Tx) error { return tc.change(recordsOf(tx).bucket) }))
			_, err = s.Load(t.Context(), "web")
			require.ErrorContains(t, err, "load web from "+s.path+": what it holds of ")
			require.ErrorContains(t, err, tc.want)
			err = s.List(t.Context(), func(engine.Record) error { return nil })
			require.ErrorContains(t, err, "list the records of "+s.path+": what it holds of ")
			require.ErrorContains(t, err, tc.want)
			require.NoError(t, s.Close())
		})
	}
}

func putSealed(b *bbolt.Bucket, ref, name string) error {
	p := newPart([]byte(ref), engine.Part{Name: name, Data: []byte("data")})
	return b.Put(p.key, p.value)
}

// TestWhatIsTooLargeIsRefused puts what bbolt would not take in the middle of a transaction: nothing is changed, and
// nobody else's Put fails.
func TestWhatIsTooLargeIsRefused(t *testing.T) {
	s, err := Open(filepath.Join(t.TempDir(), "alertscale.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	name := string(make([]byte, bbolt.MaxKeySize))
	parts := []engine.Part{{Name: "a", Data: []byte("data")}, {Name: name, Data: []byte("data")}}
	_, err = s.Put(t.Context(), engine.Record{Ref: "web", Data: []byte("data"), Parts: parts})
	require.ErrorContains(t, err, "is too large: 32773 bytes of name, 8 of data")
	r, err := s.Load(t.Context(), "web")
	require.NoError(t, err)
	require.Equal(t, engine.Record{Ref: "web"}, r)
}

// TestPagesEnd lists records that are large by their data or by their parts.
func TestPagesEnd(t *testing.T) {
	s, err := Open(filepath.Join(t.TempDir(), "alertscale.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	large := make([]byte, pageBytes/2)
	for _, r := range []engine.Record{
		{Ref: "a", Data: large}, {Ref: "b", Data: large}, {Ref: "c", Data: []byte("data"), Parts: []engine.Part{{Name: "1", Data: large}, {Name: "2", Data: large}}},
		{Ref: "d", Data: []byte("data")}, {Ref: "e", Data: []byte("data")},
	} {
		_, err := s.Put(t.Context(), r)
		require.NoError(t, err)
	}
	for after, want := range map[string][]string{"": {"a", "b"}, "b": {"c"}, "c": {"d", "e"}, "e": nil} {
		page, err := s.page(t.Context(), after)
		require.NoError(t, err)
		var refs []string
		for _, r := range page {
			refs = append(refs, r.Ref)
		}
		require.Equal(t, want, refs, "after %q", after)
	}
}

func TestRevisionsEnd(t *testing.T) {
	s, err := Open(filepath.Join(t.TempDir(), "alertscale.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	require.NoError(t, s.db.Update(func(tx *bbolt.Tx) error { return recordsOf(tx).bucket.SetSequence(maxRevision - 1) }))
	require.NoError(t, s.putData(t.Context(), "web", "data"))
	require.ErrorContains(t, s.putData(t.Context(), "cart", "data"), "revision 1099511627776 with 0 parts is more than the file can hold")
	r, err := s.Load(t.Context(), "web")
	require.NoError(t, err)
	require.Equal(t, engine.Record{Ref: "web", Revision: "1099511627775", Data: []byte("data")}, r)
}
