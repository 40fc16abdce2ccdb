// Package bolt is the store `file:PATH`: one bbolt file, used by one process at a time.
package bolt

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"go.etcd.io/bbolt"

	"alertscale/adapter/controller"
	"alertscale/rules"
)

// Store is an controller.Store in a file. A swap is on disk when it returns.
type Store struct {
	db   *bbolt.DB
	path string

	turn    chan struct{} // has room for the one that commits
	mu      sync.Mutex
	waiting []*change // for the next commit
}

// Load returns what is stored; zero values where there is nothing.
func (s *Store) Load(ctx context.Context, ref rules.Ref) (rules.Memory, controller.Revision, error) {
	var rec record
	err := ctx.Err()
	if err == nil {
		err = s.view(func(tx *bbolt.Tx) error {
			value := tx.Bucket([]byte(refsBucket)).Get([]byte(ref.String()))
			if value == nil {
				return nil
			}
			return json.Unmarshal(value, &rec)
		})
	}
	if err != nil {
		return rules.Memory{}, 0, fmt.Errorf("load %s from %s: %w", ref, s.path, err)
	}
	return rec.Memory, rec.Revision, nil
}

// Swap stores m if the ref still has revision old, else it returns controller.ErrConflict. An empty
// memory is deleted, and has revision zero. Any other error says nothing about whether it was
// stored; the store remains usable.
func (s *Store) Swap(ctx context.Context, ref rules.Ref, old controller.Revision, m rules.Memory) (controller.Revision, error) {
	c := &change{key: []byte(ref.String()), old: old, done: make(chan struct{})}
	err := ctx.Err()
	if err == nil {
		c.content, err = encode(ref, &m)
	}
	if err == nil {
		err = s.commit(c)
	}
	if err != nil {
		return 0, fmt.Errorf("swap %s in %s: %w", ref, s.path, err)
	}
	return c.revision, nil
}

// Refs lists what is stored.
func (s *Store) Refs(ctx context.Context) ([]rules.Ref, error) {
	var refs []rules.Ref
	err := s.view(func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte(refsBucket)).ForEach(func(_, value []byte) error {
			var rec struct{ Ref rules.Ref }
			err := ctx.Err()
			if err == nil {
				err = json.Unmarshal(value, &rec)
			}
			refs = append(refs, rec.Ref)
			return err
		})
	})
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("list refs in %s: %w", s.path, err)
	}
	return refs, nil
}

func (s *Store) view(read func(*bbolt.Tx) error) error {
	return guard(func() error { return s.db.View(read) })
}

// Close waits for what is under way and closes the file, for another process to open.
func (s *Store) Close() error {
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("close %s: %w", s.path, err)
	}
	return nil
}
