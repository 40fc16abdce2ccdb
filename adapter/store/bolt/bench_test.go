package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"alertscale/rules/engine"
)

// BenchmarkPut compares the store's way to commit with bbolt's own, each writer on a ref of its
// own. ns/op is the time between two Puts of all writers together.
func BenchmarkPut(b *testing.B) {
	ways := []struct {
		name   string
		commit func(*Store, *change) error
		delay  time.Duration
	}{
		{"store", func(s *Store, c *change) error { return s.commit(context.Background(), c) }, 0},
		{"update", func(s *Store, c *change) error { return s.db.Update(c.inTx) }, 0},
		{"batch-10ms", func(s *Store, c *change) error { return s.db.Batch(c.inTx) }, 10 * time.Millisecond},
		{"batch-1ms", func(s *Store, c *change) error { return s.db.Batch(c.inTx) }, time.Millisecond},
	}
	for _, writers := range []int{1, 4, 16, 64, 1000} {
		for _, way := range ways {
			b.Run(fmt.Sprintf("writers=%d/%s", writers, way.name), func(b *testing.B) {
				s, err := Open(filepath.Join(b.TempDir(), "alertscale.db"))
				require.NoError(b, err)
				b.Cleanup(func() { require.NoError(b, s.Close()) })
				s.db.MaxBatchDelay = way.delay
				puts(b, writers, func(c *change) error { return way.commit(s, c) })
			})
		}
	}
}

func (c *change) inTx(tx *bbolt.Tx) error {
	return errors.Join(applyAll(recordsOf(tx), []*change{c}), c.err)
}

func puts(b *testing.B, writers int, commit func(*change) error) {
	data := bytes.Repeat([]byte("0123456789abcdef"), 200) // as of a ref with some 20 alerts
	var left atomic.Int64
	left.Store(int64(b.N))
	var wg sync.WaitGroup
	b.ResetTimer()
	for i := range writers {
		wg.Go(func() {
			r := engine.Record{Ref: fmt.Sprint("kubernetes:Deployment/shop/web-", i), Data: data}
			for left.Add(-1) >= 0 {
				c := newChange(r)
				if err := commit(c); err != nil {
					b.Error(err)
					return
				}
				r.Revision = c.revision
			}
		})
	}
	wg.Wait()
}
