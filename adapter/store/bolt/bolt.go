// Package bolt is the store `file:PATH`: one bbolt file, used by one process at a time.
package bolt

import (
	"context"
	"fmt"
	"sync"

	"go.etcd.io/bbolt"

	"alertscale/rules/engine"
)

// Store is a controller.Store in a file. What Put stored is on disk when it returns.
type Store struct {
	db     *bbolt.DB
	path   string
	update func(func(*bbolt.Tx) error) error // db's; tests put a disk that is slow in its place

	commits    sync.WaitGroup // of the goroutine that commits, if there is one
	mu         sync.Mutex
	waiting    []*change // for the next commit
	committing bool
	closed     bool
}

// Load returns what is stored of a ref; a record without data where there is nothing.
func (s *Store) Load(ctx context.Context, ref string) (engine.Record, error) {
	var r engine.Record
	err := ctx.Err()
	if err == nil {
		err = s.view(func(recs records) (err error) {
			r, err = recs.load(ref)
			return err
		})
	}
	if err != nil {
		return engine.Record{}, fmt.Errorf("load %s from %s: %w", ref, s.path, err)
	}
	return r, nil
}

// Put stores r.Data and r.Parts if the ref still has revision r.Revision, else it returns controller.ErrConflict. Empty
// data deletes all of the record, and has the empty revision. Any other error says nothing about whether it was stored, that of a context
// which ends among them: a disk that hangs keeps nobody waiting for longer. The store remains usable.
func (s *Store) Put(ctx context.Context, r engine.Record) (engine.Revision, error) {
	revision, err := s.put(ctx, r)
	if err != nil {
		return "", fmt.Errorf("put %s in %s: %w", r.Ref, s.path, err)
	}
	return revision, nil
}

func (s *Store) put(ctx context.Context, r engine.Record) (engine.Revision, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	c, err := checked(r)
	if err != nil {
		return "", err
	}
	if err := s.commit(ctx, c); err != nil {
		return "", err // its revision may still be written
	}
	return c.revision, nil
}

// List calls each with every record, until it returns an error. What is put in the meantime is listed or not. It
// reads a page of records at a time, and each is called in between: bbolt's writers may wait for its readers, and
// each may take its time, or call the store.
func (s *Store) List(ctx context.Context, each func(engine.Record) error) error {
	defer release(s.db)
	after := ""
	for {
		page, err := s.page(ctx, after)
		if err != nil {
			return fmt.Errorf("list the records of %s: %w", s.path, err)
		}
		if len(page) == 0 {
			return nil
		}
		for _, r := range page {
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("list the records of %s: %w", s.path, err)
			}
			if err := each(r); err != nil {
				return err
			}
		}
		after = page[len(page)-1].Ref
	}
}

func (s *Store) page(ctx context.Context, after string) (page []engine.Record, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	err = s.view(func(recs records) (err error) {
		page, err = recs.page(after)
		return err
	})
	return page, err
}

func (s *Store) view(read func(records) error) error {
	return guard(func() error {
		return s.db.View(func(tx *bbolt.Tx) error { return read(recordsOf(tx)) })
	})
}

// Close waits for what is under way and closes the file, for another process to open.
func (s *Store) Close() error {
	s.refuse()
	s.commits.Wait()
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("close %s: %w", s.path, err)
	}
	return nil
}

// refuse makes the store take no more changes.
func (s *Store) refuse() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
}
