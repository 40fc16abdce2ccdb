package bolt

import (
	"errors"

	"go.etcd.io/bbolt"

	"alertscale/adapter/controller"
)

// change is one swap on its way into the file.
type change struct {
	key     []byte
	old     controller.Revision
	content []byte // nil deletes

	done     chan struct{} // closed when the fields below say how it went
	revision controller.Revision
	err      error
}

// errUnchanged keeps bbolt from writing a transaction in which nothing changed.
var errUnchanged = errors.New("unchanged")

// commit returns when the change is on disk, or refused. Nearly all of a transaction's time is two
// fsyncs, so all changes that came while the last one ran go into the next together. Unlike
// bbolt's Batch, this makes nobody wait for others that may come.
func (s *Store) commit(c *change) error {
	s.mu.Lock()
	s.waiting = append(s.waiting, c)
	s.mu.Unlock()
	select {
	case <-c.done: // another took it along
		return c.err
	case s.turn <- struct{}{}:
	}
	defer func() { <-s.turn }()
	s.mu.Lock()
	group := s.waiting
	s.waiting = nil
	s.mu.Unlock()
	s.write(group)
	<-c.done
	return c.err
}

// write carries out a group in one transaction, each change by itself: one that meets a conflict
// keeps none of the others out.
func (s *Store) write(group []*change) {
	if len(group) == 0 {
		return
	}
	err := guard(func() error {
		return s.db.Update(func(tx *bbolt.Tx) error { return applyAll(tx.Bucket([]byte(refsBucket)), group) })
	})
	for _, c := range group {
		if err != nil && !errors.Is(err, errUnchanged) {
			c.revision, c.err = 0, err // conflicts too: they may be with what was not written
		}
		close(c.done)
	}
}

func applyAll(bucket *bbolt.Bucket, group []*change) error {
	changed := false
	for _, c := range group {
		c.err = c.apply(bucket)
		changed = changed || c.err == nil
	}
	if !changed {
		return errUnchanged
	}
	return nil
}

func (c *change) apply(bucket *bbolt.Bucket) error {
	stored, err := revisionOf(bucket.Get(c.key))
	if err != nil {
		return err
	}
	if stored != c.old {
		return controller.ErrConflict
	}
	if c.content == nil {
		return bucket.Delete(c.key)
	}
	// The bucket's sequence outlives what is in it, so that no revision comes twice.
	next, err := bucket.NextSequence()
	if err != nil {
		return err
	}
	c.revision = controller.Revision(next)
	if err := bucket.Put(c.key, join(c.revision, c.content)); err != nil {
		c.revision = 0
		return err
	}
	return nil
}
