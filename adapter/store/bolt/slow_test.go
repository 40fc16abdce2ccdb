package bolt

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
	"golang.org/x/sync/errgroup"

	"alertscale/adapter/controller"
	"alertscale/rules/engine"
)

// slowDisk hangs in each commit, as in an fsync, until it is let go on.
type slowDisk struct {
	begun chan struct{} // has one for each commit that has begun
	goOn  chan struct{} // takes one for each that is to end
}

// openSlow opens a store on a disk that is slow from now on.
func openSlow(t *testing.T) (*Store, *slowDisk) {
	t.Helper()
	s, err := Open(filepath.Join(t.TempDir(), "alertscale.db"))
	require.NoError(t, err)
	d := &slowDisk{begun: make(chan struct{}, 10), goOn: make(chan struct{}, 10)}
	s.update = func(change func(*bbolt.Tx) error) error {
		return s.db.Update(func(tx *bbolt.Tx) error {
			err := change(tx)
			d.begun <- struct{}{}
			<-d.goOn
			return err
		})
	}
	var once sync.Once
	letGo := func() { once.Do(func() { close(d.goOn) }) }
	t.Cleanup(func() {
		letGo()
		require.NoError(t, s.Close())
	})
	return s, d
}

func (s *Store) putData(ctx context.Context, ref, data string) error {
	_, err := s.Put(ctx, engine.Record{Ref: ref, Data: []byte(data)})
	return err
}

// untilWaiting returns when n changes wait for the next commit.
func (s *Store) untilWaiting(n int) {
	for waiting := -1; waiting != n; runtime.Gosched() {
		s.mu.Lock()
		waiting = len(s.waiting)
		s.mu.Unlock()
	}
}

// TestPutsShareACommit checks that all that comes during a commit goes into the next one, however many they are.
func TestPutsShareACommit(t *testing.T) {
	for _, n := range []int{64, 1000} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			s, disk := openSlow(t)
			before := s.commitsOfBbolt(t)
			var group errgroup.Group
			group.Go(func() error { return s.putData(t.Context(), "first", "data") })
			<-disk.begun
			for i := range n {
				group.Go(func() error { return s.putData(t.Context(), fmt.Sprint(i), "data") })
			}
			s.untilWaiting(n)
			disk.goOn <- struct{}{}
			<-disk.begun
			disk.goOn <- struct{}{}
			require.NoError(t, group.Wait())
			require.Empty(t, disk.begun)
			require.Equal(t, before+2, s.commitsOfBbolt(t))
		})
	}
}

// commitsOfBbolt is how many transactions were written.
func (s *Store) commitsOfBbolt(t *testing.T) (id int) {
	t.Helper()
	require.NoError(t, s.db.View(func(tx *bbolt.Tx) error {
		id = tx.ID()
		return nil
	}))
	return id
}

// TestConflictsShareACommit checks that a conflict keeps nobody else out, and writes nothing by itself.
func TestConflictsShareACommit(t *testing.T) {
	s, disk := openSlow(t)
	var group errgroup.Group
	group.Go(func() error { return s.putData(t.Context(), "first", "data") })
	<-disk.begun
	errs := make([]error, 8)
	for i := range errs {
		group.Go(func() error {
			errs[i] = s.putData(t.Context(), "same", fmt.Sprint(i))
			return nil
		})
	}
	s.untilWaiting(len(errs))
	disk.goOn <- struct{}{}
	<-disk.begun
	disk.goOn <- struct{}{}
	require.NoError(t, group.Wait())
	require.Empty(t, disk.begun)
	conflicts := 0
	for _, err := range errs {
		if err != nil {
			require.ErrorIs(t, err, controller.ErrConflict)
			conflicts++
		}
	}
	require.Equal(t, len(errs)-1, conflicts)
}

func TestWhatChangesNothingIsNotWritten(t *testing.T) {
	s, err := Open(filepath.Join(t.TempDir(), "alertscale.db"))
	require.NoError(t, err)
	require.NoError(t, s.putData(t.Context(), "web", "data"))
	before := s.commitsOfBbolt(t)
	require.ErrorIs(t, s.putData(t.Context(), "web", "data"), controller.ErrConflict)
	require.NoError(t, s.putData(t.Context(), "cart", ""))
	require.Equal(t, before, s.commitsOfBbolt(t))
	require.NoError(t, s.Close())
}

// TestPutEndsWithItsContextWhileTheDiskHangs hangs a commit, with other Puts in line.
func TestPutEndsWithItsContextWhileTheDiskHangs(t *testing.T) {
	s, disk := openSlow(t)
	ctx, cancel := context.WithCancel(t.Context())
	var committing, waiting error
	var group errgroup.Group
	group.Go(func() error { committing = s.putData(ctx, "committing", "1"); return nil })
	<-disk.begun
	group.Go(func() error { waiting = s.putData(ctx, "waiting", strings.Repeat("x", 8<<20)); return nil })
	s.untilWaiting(1)
	cancel()
	require.NoError(t, group.Wait(), "they return, though the disk still hangs")
	require.EqualError(t, committing, "put committing in "+s.path+": it may be stored or not: context canceled")
	require.ErrorIs(t, committing, context.Canceled)
	require.EqualError(t, waiting, "put waiting in "+s.path+": context canceled")
	s.untilWaiting(0) // what nobody waits for takes no memory

	r, err := s.Load(t.Context(), "committing")
	require.NoError(t, err, "readers do not wait for the disk")
	require.Empty(t, r.Data)
	require.NoError(t, s.List(t.Context(), func(engine.Record) error { return nil }))

	group.Go(func() error { return s.putData(t.Context(), "later", "2") })
	disk.goOn <- struct{}{}
	<-disk.begun
	disk.goOn <- struct{}{}
	require.NoError(t, group.Wait(), "the store remains usable")
	r, err = s.Load(t.Context(), "committing")
	require.NoError(t, err)
	require.Equal(t, "1", string(r.Data))
	r, err = s.Load(t.Context(), "waiting")
	require.NoError(t, err)
	require.Empty(t, r.Data)
}

// TestPutReadsItsDataBeforeItReturns lets a caller reuse its buffer after a Put that did not wait for the disk.
func TestPutReadsItsDataBeforeItReturns(t *testing.T) {
	s, disk := openSlow(t)
	var group errgroup.Group
	group.Go(func() error { return s.putData(t.Context(), "first", "data") })
	<-disk.begun
	data := []byte("data")
	c := newChange(engine.Record{Ref: "web", Data: data})
	require.NoError(t, s.add(c))
	clear(data)
	disk.goOn <- struct{}{}
	<-disk.begun
	disk.goOn <- struct{}{}
	<-c.done
	require.NoError(t, group.Wait())
	r, err := s.Load(t.Context(), "web")
	require.NoError(t, err)
	require.Equal(t, "data", string(r.Data))
}

func TestCloseWaitsForWhatIsUnderWay(t *testing.T) {
	s, disk := openSlow(t)
	ctx, cancel := context.WithCancel(t.Context())
	var group errgroup.Group
	group.Go(func() error { _ = s.putData(ctx, "abandoned", "1"); return nil })
	<-disk.begun
	cancel()
	require.NoError(t, group.Wait())
	group.Go(func() error { return s.putData(t.Context(), "waiting", "2") })
	s.untilWaiting(1)
	group.Go(s.Close)
	for closed := false; !closed; runtime.Gosched() {
		s.mu.Lock()
		closed = s.closed
		s.mu.Unlock()
	}
	require.EqualError(t, s.putData(t.Context(), "late", "3"), "put late in "+s.path+": the store is closed")
	disk.goOn <- struct{}{}
	disk.goOn <- struct{}{}
	require.NoError(t, group.Wait())

	again, err := Open(s.path)
	require.NoError(t, err)
	var refs []string
	require.NoError(t, again.List(t.Context(), func(r engine.Record) error {
		refs = append(refs, r.Ref)
		return nil
	}))
	require.Equal(t, []string{"abandoned", "waiting"}, refs)
	require.NoError(t, again.Close())
}

// TestPutAllIsOneCommit stores records together, of which one meets a conflict and another deletes.
func TestPutAllIsOneCommit(t *testing.T) {
	s, err := Open(filepath.Join(t.TempDir(), "alertscale.db"))
	require.NoError(t, err)
	revision, err := s.Put(t.Context(), engine.Record{Ref: "old", Data: []byte("data")})
	require.NoError(t, err)
	before := s.commitsOfBbolt(t)
	stored := s.PutAll(t.Context(), []engine.Record{
		{Ref: "web", Data: []byte("1")}, {Ref: "cart", Revision: "77", Data: []byte("2")}, {Ref: "old", Revision: revision}, {Ref: "db", Data: []byte("3")},
		{Data: []byte("4")}, {Ref: strings.Repeat("x", 40_000), Data: []byte("5")},
	})
	require.Equal(t, before+1, s.commitsOfBbolt(t))
	require.NoError(t, stored[0].Err)
	require.ErrorIs(t, stored[1].Err, controller.ErrConflict)
	require.ErrorContains(t, stored[1].Err, "put cart in "+s.path)
	require.Equal(t, []controller.Stored{{}}, stored[2:3])
	require.ErrorContains(t, stored[4].Err, "a record needs a ref")
	require.ErrorContains(t, stored[5].Err, "put xxxx")
	for _, i := range []int{0, 3} {
		r, err := s.Load(t.Context(), []string{"web", "", "", "db"}[i])
		require.NoError(t, err)
		require.Equal(t, stored[i].Revision, r.Revision)
	}
	require.NoError(t, s.Close())
	for _, r := range s.PutAll(t.Context(), []engine.Record{{Ref: "web"}, {Ref: "db"}}) {
		require.ErrorContains(t, r.Err, "the store is closed")
	}
}
