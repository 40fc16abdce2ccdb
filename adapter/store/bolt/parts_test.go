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
	largeRef   = "kubernetes:Deployment/shop/web"
	largeParts = 1700
	partSize   = 1100
	dataSize   = 1 << 10
)

func partName(i int) string { return fmt.Sprintf("a%04d", i) }

// openLarge opens a store with a large ref, whose parts came in no order, and 1,000 others.
func openLarge(t testing.TB) (*Store, engine.Record) {
	t.Helper()
	s, err := Open(filepath.Join(t.TempDir(), "alertscale.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	s.db.NoSync = true
	fill(t, s, 1000, dataSize)
	r := engine.Record{Ref: largeRef, Data: make([]byte, dataSize)}
	order := rand.New(rand.NewPCG(1, 2)).Perm(largeParts)
	for len(order) > 0 {
		r.Parts = nil
		for _, i := range order[:5] {
			r.Parts = append(r.Parts, engine.Part{Name: partName(i), Data: make([]byte, partSize)})
		}
		order = order[5:]
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
func replaced(r engine.Record, random *rand.Rand, n int) engine.Record {
	r.Parts = nil
	for _, i := range random.Perm(largeParts)[:n] {
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

// TestAPutWritesItsPartsAlone puts the data of a large ref and one of its parts.
func TestAPutWritesItsPartsAlone(t *testing.T) {
	s, r := openLarge(t)
	random := rand.New(rand.NewPCG(3, 4))
	before := s.written(t)
	for range 100 {
		put := replaced(r, random, 1)
		revision, err := s.Put(t.Context(), put)
		require.NoError(t, err)
		r.Revision = revision
	}
	require.Less(t, (s.written(t)-before)/100, int64(32<<10))
	got, err := s.Load(t.Context(), largeRef)
	require.NoError(t, err)
	require.Len(t, got.Parts, largeParts)
}

// TestFreePagesAreNotWritten deletes much: the Puts that follow write no more for it.
func TestFreePagesAreNotWritten(t *testing.T) {
	s, err := Open(filepath.Join(t.TempDir(), "alertscale.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	fill(t, s, 5000, dataSize)
	require.NoError(t, s.List(t.Context(), func(r engine.Record) error {
		if r.Data = nil; r.Ref < "kubernetes:Deployment/shop-63" {
			s.write([]*change{newChange(r)})
		}
		return nil
	}))
	before := s.written(t)
	require.NoError(t, s.putData(t.Context(), "web", "data"))
	require.LessOrEqual(t, s.written(t)-before, int64(5*pageSize))
}
