package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/rules"
)

// oneRef lets many writers add to one ref's memory: as many additions as swaps succeeded, and no
// revision won by two.
func oneRef(t *testing.T, s controller.Store) {
	const writers, each = 8, 10
	mustSwap(t, s, ref("web"), 0, small(0))
	var won sync.Map
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range each {
				old := add(t, s, ref("web"))
				_, twice := won.LoadOrStore(old, true)
				assert.False(t, twice, "two swaps of revision %d succeeded", old)
			}
		})
	}
	wg.Wait()
	_, m := mustLoad(t, s, ref("web"))
	require.EqualValues(t, writers*each, m.Calls)
}

// add counts one more call in a ref's memory, however often it has to try; it returns the revision
// that it replaced.
func add(t *testing.T, s controller.Store, ref rules.Ref) controller.Revision {
	for {
		m, old, err := s.Load(t.Context(), ref)
		if !assert.NoError(t, err) {
			return 0
		}
		m.Calls++
		_, err = s.Swap(t.Context(), ref, old, m)
		if err == nil || !assert.ErrorIs(t, err, controller.ErrConflict) {
			return old
		}
	}
}

// manyRefs lets a writer for each ref store, replace and delete, while all are read.
func manyRefs(t *testing.T, s controller.Store) {
	const refs, each = 32, 5
	var wg sync.WaitGroup
	for i := range refs {
		wg.Go(func() { assert.NoError(t, churn(t, s, ref(fmt.Sprint(i)), each)) })
		wg.Go(func() {
			_, err := s.Refs(t.Context())
			assert.NoError(t, err)
		})
	}
	wg.Wait()
	var want []rules.Ref
	for i := range refs {
		want = append(want, ref(fmt.Sprint(i)))
		_, m := mustLoad(t, s, want[i])
		requireSame(t, small(each), m)
	}
	requireRefs(t, s, want...)
}

func churn(t *testing.T, s controller.Store, ref rules.Ref, times int) error {
	var revision controller.Revision
	for i := range times + 1 {
		stored, err := s.Swap(t.Context(), ref, revision, small(i))
		if err != nil {
			return err
		}
		if i == times {
			break
		}
		if revision, err = s.Swap(t.Context(), ref, stored, rules.Memory{}); err != nil {
			return err
		}
		if _, err := s.Swap(t.Context(), ref, stored, small(i)); !errors.Is(err, controller.ErrConflict) {
			return fmt.Errorf("swap of a revision that is gone: %v", err)
		}
	}
	return nil
}
