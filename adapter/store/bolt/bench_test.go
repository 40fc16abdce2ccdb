package bolt

import (
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"alertscale/rules"
)

// BenchmarkSwap compares the store's way to commit with bbolt's own, each writer on a ref of its
// own. ns/op is the time between two swaps of all writers together.
func BenchmarkSwap(b *testing.B) {
	ways := []struct {
		name   string
		commit func(*Store, *change) error
		delay  time.Duration
	}{
		{"store", (*Store).commit, 0},
		{"update", func(s *Store, c *change) error { return s.db.Update(c.inTx) }, 0},
		{"batch-10ms", func(s *Store, c *change) error { return s.db.Batch(c.inTx) }, 10 * time.Millisecond},
		{"batch-1ms", func(s *Store, c *change) error { return s.db.Batch(c.inTx) }, time.Millisecond},
	}
	for _, writers := range []int{1, 4, 16, 64} {
		for _, way := range ways {
			b.Run(fmt.Sprintf("writers=%d/%s", writers, way.name), func(b *testing.B) {
				s, err := Open(filepath.Join(b.TempDir(), "alertscale.db"))
				require.NoError(b, err)
				b.Cleanup(func() { require.NoError(b, s.Close()) })
				s.db.MaxBatchDelay = way.delay
				swaps(b, writers, func(c *change) error { return way.commit(s, c) })
			})
		}
	}
}

func (c *change) inTx(tx *bbolt.Tx) error { return c.apply(tx.Bucket([]byte(refsBucket))) }

func swaps(b *testing.B, writers int, commit func(*change) error) {
	m := rules.Memory{Last: &rules.LastChange{}, Alerts: map[string]rules.Heard{}}
	for i := range 20 {
		m.Alerts[fmt.Sprintf("%016x", i)] = rules.Heard{State: rules.Firing, Rules: []string{"web is busy"}, Groups: []rules.GroupID{1}}
	}
	var left atomic.Int64
	left.Store(int64(b.N))
	var wg sync.WaitGroup
	b.ResetTimer()
	for i := range writers {
		wg.Go(func() {
			ref := rules.Ref{Driver: "kubernetes", Kind: "Deployment", Namespace: "shop", Name: fmt.Sprint("web-", i)}
			content, err := encode(ref, &m)
			c := &change{key: []byte(ref.String()), content: content}
			for err == nil && left.Add(-1) >= 0 {
				c.done = make(chan struct{})
				err = commit(c)
				c.old = c.revision
			}
			if err != nil {
				b.Error(err)
			}
		})
	}
	wg.Wait()
}
