package keylock

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestLock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var locks Locks
		lease, err := locks.Lock(t.Context(), "a", "b")
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = locks.Lock(ctx, "b")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.EqualError(t, err, "a call that was given up has not returned yet, and may still be carried out: context deadline exceeded")

		other, err := locks.Lock(t.Context(), "c")
		require.NoError(t, err, "another key is free")
		other.Release()

		next := make(chan *Lease)
		go func() { l, _ := locks.Lock(t.Context(), "a"); next <- l }()
		synctest.Wait()
		require.Len(t, locks.byKey, 2)
		lease.Release()
		(<-next).Release()
		require.Empty(t, locks.byKey, "nothing is kept of a key that nobody uses")
	})
}

// Whoever gives up while waiting for a second key gives the first one back.
func TestLockOfSeveralKeysThatIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var locks Locks
		lease, err := locks.Lock(t.Context(), "b")
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = locks.Lock(ctx, "a", "b")
		require.Error(t, err)
		a, err := locks.Lock(t.Context(), "a")
		require.NoError(t, err)
		a.Release()
		lease.Release()
		require.Empty(t, locks.byKey)
	})
}

// A call that is given up holds the lease until it returns.
func TestCallThatIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var locks Locks
		lease, err := locks.Lock(t.Context(), "a")
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = Call(ctx, lease, func() (int, error) { time.Sleep(time.Minute); return 1, nil })
		require.ErrorIs(t, err, ErrNoAnswer)
		require.EqualError(t, err, "no answer in time: context deadline exceeded")
		lease.Release()

		at := time.Now()
		next, err := locks.Lock(t.Context(), "a")
		require.NoError(t, err)
		require.Equal(t, 59*time.Second, time.Since(at))
		next.Release()
		require.Empty(t, locks.byKey)
	})
}

func TestCall(t *testing.T) {
	value, err := Call(t.Context(), nil, func() (int, error) { return 7, errors.New("odd") })
	require.EqualError(t, err, "odd")
	require.Equal(t, 7, value)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = Call(ctx, nil, func() (int, error) { panic("it is not begun") })
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, ErrNoAnswer, "as it is known that nothing was done")
}

// Whatever keys are taken in whatever number of goroutines, no two hold one at once, and in the end none is kept.
func TestOneAtATime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := []string{"a", "b", "c"}
		users := rapid.SliceOfN(rapid.SliceOfNDistinct(rapid.IntRange(0, 2), 1, 3, rapid.ID), 1, 8).Draw(t, "users")
		var locks Locks
		var mu [3]sync.Mutex
		var wg sync.WaitGroup
		clashes := make(chan int, 100)
		for _, user := range users {
			wg.Go(func() {
				var keys []string
				taken := [3]bool{}
				for _, i := range user {
					taken[i] = true
				}
				for i, name := range all { // in the same order for everybody
					if taken[i] {
						keys = append(keys, name)
					}
				}
				lease, err := locks.Lock(context.Background(), keys...)
				if err != nil {
					clashes <- -1
					return
				}
				defer lease.Release()
				for i := range all {
					if taken[i] && !mu[i].TryLock() {
						clashes <- i
						return
					}
				}
				for i := range all {
					if taken[i] {
						mu[i].Unlock()
					}
				}
			})
		}
		wg.Wait()
		require.Empty(t, clashes)
		require.Empty(t, locks.byKey)
	})
}
