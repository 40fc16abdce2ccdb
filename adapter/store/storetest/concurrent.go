package storetest

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/rules/engine"
)

// oneRef lets many writers count up one ref: as many additions as Puts succeeded, and no
// revision replaced by two.
func oneRef(t *testing.T, s Store) {
	const writers, each = 8, 10
	mustPut(t, s, "web", "", "0")
	var replaced sync.Map
	require.NoError(t, together(writers, func(int) error {
		for range each {
			old, err := add(t, s, "web")
			if _, twice := replaced.LoadOrStore(old, true); err == nil && twice {
				err = fmt.Errorf("two Puts replaced revision %s", old)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}))
	got, err := s.Load(t.Context(), "web")
	require.NoError(t, err)
	require.Equal(t, strconv.Itoa(writers*each), string(got.Data))
}

// add counts a ref up by one, however often it has to try; it returns the revision that it replaced.
func add(t *testing.T, s Store, ref string) (engine.Revision, error) {
	for {
		r, err := s.Load(t.Context(), ref)
		if err != nil {
			return "", err
		}
		n, err := strconv.Atoi(string(r.Data))
		if err != nil {
			return "", err
		}
		r.Data = strconv.AppendInt(nil, int64(n+1), 10)
		_, err = s.Put(t.Context(), r)
		if err == nil || !errors.Is(err, controller.ErrConflict) {
			return r.Revision, err
		}
	}
}

// manyRefs lets a writer for each ref store, replace and delete, while all are read.
func manyRefs(t *testing.T, s Store) {
	const refs, each = 32, 5
	require.NoError(t, together(2*refs, func(i int) error {
		if i%2 == 0 {
			return churn(t, s, fmt.Sprint(i/2), each)
		}
		return s.List(t.Context(), func(r engine.Record) error {
			if len(r.Data) == 0 || r.Revision == "" {
				return fmt.Errorf("what is listed of %s is empty", r.Ref)
			}
			return nil
		})
	}))
	var want []string
	for i := range refs {
		want = append(want, fmt.Sprint(i))
		got, err := s.Load(t.Context(), want[i])
		require.NoError(t, err)
		require.Equal(t, strconv.Itoa(each), string(got.Data))
	}
	requireRefs(t, s, want...)
}

func churn(t *testing.T, s Store, ref string, times int) error {
	for i := range times + 1 {
		r := engine.Record{Ref: ref, Data: strconv.AppendInt(nil, int64(i), 10)}
		stored, err := s.Put(t.Context(), r)
		if err != nil || i == times {
			return err
		}
		if _, err := s.Put(t.Context(), engine.Record{Ref: ref, Revision: stored}); err != nil {
			return err
		}
		r.Revision = stored
		if _, err := s.Put(t.Context(), r); !errors.Is(err, controller.ErrConflict) {
			return fmt.Errorf("put on a revision that is gone: %v", err)
		}
	}
	return nil
}
