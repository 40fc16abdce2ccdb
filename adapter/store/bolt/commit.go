package bolt

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"go.etcd.io/bbolt"

	"alertscale/adapter/controller"
	"alertscale/rules/engine"
)

// change is one Put on its way into the file.
type change struct {
	key   []byte
	old   engine.Revision
	value []byte // nil deletes
	parts []part

	done     chan struct{} // closed when the fields below say how it went
	revision engine.Revision
	err      error
}

// newChange copies the data: it is still read where a Put returned early.
func newChange(r engine.Record) *change {
	c := &change{key: recordKey(r.Ref), old: r.Revision, done: make(chan struct{})}
	if len(r.Data) > 0 {
		c.value = newValue(r.Data)
		for _, p := range r.Parts {
			c.parts = append(c.parts, newPart(c.key, p))
		}
	}
	return c
}

// fits returns what is too large for bbolt, which would find out once a part of the change is carried out.
func (c *change) fits() error {
	err := part{c.key, c.value}.fits()
	for _, p := range c.parts {
		if err == nil {
			err = p.fits()
		}
	}
	return err
}

// errUnchanged keeps bbolt from writing a transaction in which nothing changed.
var errUnchanged = errors.New("unchanged")

// PutAll stores each record as Put does, all in one commit.
func (s *Store) PutAll(ctx context.Context, all []engine.Record) []controller.Stored {
	stored, changes := make([]controller.Stored, len(all)), make([]*change, len(all))
	var sound []*change
	for i := range all {
		if changes[i], stored[i].Err = checked(all[i]); stored[i].Err == nil {
			sound = append(sound, changes[i])
		}
	}
	err := ctx.Err()
	if err == nil {
		err = s.add(sound...)
	}
	for i, c := range changes {
		if stored[i].Err == nil {
			stored[i].Err = err
		}
		if stored[i].Err == nil {
			stored[i].Err = s.await(ctx, c)
		}
		if stored[i].Err != nil {
			stored[i].Err = fmt.Errorf("put %s in %s: %w", all[i].Ref, s.path, stored[i].Err)
			continue
		}
		stored[i].Revision = c.revision
	}
	return stored
}

// checked returns the change that a record comes to, or what is wrong with it.
func checked(r engine.Record) (*change, error) {
	if err := controller.CheckRecord(r); err != nil {
		return nil, err
	}
	c := newChange(r)
	return c, c.fits()
}

// commit returns when the change is on disk, or refused, or the context ends. Nearly all of a transaction's time is
// two fsyncs, so all changes that came while the last one ran go into the next together. Unlike bbolt's Batch, this
// makes nobody wait for others that may come.
func (s *Store) commit(ctx context.Context, c *change) error {
	if err := s.add(c); err != nil {
		return err
	}
	return s.await(ctx, c)
}

// await returns when a change that was added is on disk, or refused, or the context ends.
func (s *Store) await(ctx context.Context, c *change) error {
	select {
	case <-c.done:
		return c.err
	case <-ctx.Done():
	}
	if s.withdraw(c) {
		return ctx.Err()
	}
	select {
	case <-c.done:
		return c.err
	default:
		return fmt.Errorf("it may be stored or not: %w", ctx.Err())
	}
}

// add puts changes in line for one commit, and starts a goroutine to commit them where none runs.
func (s *Store) add(all ...*change) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errors.New("the store is closed")
	}
	s.waiting = append(s.waiting, all...)
	if !s.committing {
		s.committing = true
		s.commits.Go(s.commitWaiting)
	}
	return nil
}

// withdraw takes a change out of the line, unless a commit has begun with it. While a disk hangs, what nobody waits
// for any more takes no memory.
func (s *Store) withdraw(c *change) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.Index(s.waiting, c)
	if i < 0 {
		return false
	}
	s.waiting = slices.Delete(s.waiting, i, i+1)
	return true
}

// commitWaiting commits until nothing waits.
func (s *Store) commitWaiting() {
	for group := s.next(); group != nil; group = s.next() {
		s.write(group)
	}
}

func (s *Store) next() []*change {
	s.mu.Lock()
	defer s.mu.Unlock()
	group := s.waiting
	s.waiting = nil
	if len(group) == 0 {
		s.committing = false
		return nil
	}
	return group
}

// write carries out a group in one transaction, each change by itself: one that meets a conflict
// keeps none of the others out. What is guarded within the transaction ends it as an error does: from a panic, bbolt
// would read all of the file to roll back.
func (s *Store) write(group []*change) {
	err := guard(func() error {
		return s.update(func(tx *bbolt.Tx) error {
			return guard(func() error { return applyAll(recordsOf(tx), group) })
		})
	})
	for _, c := range group {
		if err != nil && !errors.Is(err, errUnchanged) {
			c.revision, c.err = "", err // conflicts too: they may be with what was not written
		}
		close(c.done)
	}
}

func applyAll(recs records, group []*change) error {
	changed := false
	for _, c := range group {
		stored, err := c.allowed(recs)
		if err != nil {
			c.err = err
			continue
		}
		did, err := c.apply(recs, stored)
		if err != nil {
			return err // a part of the change may be in the transaction
		}
		changed = changed || did
	}
	if !changed {
		return errUnchanged
	}
	return nil
}

// allowed returns what is stored of the record, and what keeps this change out.
func (c *change) allowed(recs records) (head, error) {
	stored, err := recs.head(c.key)
	if err == nil && stored.name() != c.old {
		err = controller.ErrConflict
	}
	return stored, err
}

// apply reports whether it changed something.
func (c *change) apply(recs records, stored head) (changed bool, err error) {
	switch {
	case c.value != nil:
		c.revision, err = recs.put(c.key, c.value, stored, c.parts)
		return true, err
	case stored.revision == 0: // nothing is there to delete
		return false, nil
	}
	return true, recs.remove(c.key, stored)
}
