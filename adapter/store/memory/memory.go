// Package memory is the store `memory:`. It forgets everything when the process ends, so that every
// alert that fires then counts as new: for demos, tests and dry runs.
package memory

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"alertscale/adapter/controller"
	"alertscale/rules/engine"
)

// Store is a controller.Store in memory. It shares no memory with its callers.
type Store struct {
	mu      sync.RWMutex
	puts    uint64                   // how many stored something; numbers the revisions of all refs
	records map[string]engine.Record // by ref; their data and their parts are replaced, never written to
}

// New returns an empty store.
func New() *Store { return &Store{records: map[string]engine.Record{}} }

// Load returns what is stored of a ref; a record without data where there is nothing.
func (s *Store) Load(ctx context.Context, ref string) (engine.Record, error) {
	if err := ctx.Err(); err != nil {
		return engine.Record{}, fmt.Errorf("load %s: %w", ref, err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	r, ok := s.records[ref]
	if !ok {
		return engine.Record{Ref: ref}, nil
	}
	return clone(r), nil
}

// Put stores r.Data and r.Parts if the ref still has revision r.Revision, else it returns controller.ErrConflict. Empty
// data deletes all of the record, and has the empty revision.
func (s *Store) Put(ctx context.Context, r engine.Record) (engine.Revision, error) {
	err := ctx.Err()
	if err == nil {
		err = controller.CheckRecord(r)
	}
	var revision engine.Revision
	if err == nil {
		revision, err = s.swap(r)
	}
	if err != nil {
		return "", fmt.Errorf("put %s: %w", r.Ref, err)
	}
	return revision, nil
}

func (s *Store) swap(r engine.Record) (engine.Revision, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.records[r.Ref]
	if old.Revision != r.Revision {
		return "", controller.ErrConflict
	}
	if len(r.Data) == 0 {
		delete(s.records, r.Ref)
		return "", nil
	}
	s.puts++
	stored := engine.Record{
		Ref:      strings.Clone(r.Ref), // it may be a part of the body of a notification
		Revision: engine.Revision(strconv.FormatUint(s.puts, 10)),
		Data:     bytes.Clone(r.Data),
		Parts:    merge(old.Parts, r.Parts),
	}
	s.records[stored.Ref] = stored
	return stored.Revision, nil
}

// merge returns the parts of before, and in their place, or beside them, copies of those that are put. It leaves both
// lists as they are.
func merge(old, put []engine.Part) []engine.Part {
	if len(put) == 0 {
		return old
	}
	byName := func(a, b engine.Part) int { return strings.Compare(a.Name, b.Name) }
	put = slices.SortedFunc(slices.Values(put), byName)
	merged := make([]engine.Part, 0, len(old)+len(put))
	for _, p := range put {
		before, found := slices.BinarySearchFunc(old, p, byName)
		merged = append(merged, old[:before]...)
		old = old[before:]
		if found {
			old = old[1:]
		}
		if len(p.Data) > 0 {
			merged = append(merged, clonePart(p))
		}
	}
	if merged = append(merged, old...); len(merged) > 0 {
		return merged
	}
	return nil
}

func clone(r engine.Record) engine.Record {
	r.Data, r.Parts = bytes.Clone(r.Data), slices.Clone(r.Parts)
	for i, p := range r.Parts {
		r.Parts[i] = clonePart(p)
	}
	return r
}

func clonePart(p engine.Part) engine.Part {
	return engine.Part{Name: strings.Clone(p.Name), Data: bytes.Clone(p.Data)}
}

// List calls each with every record, as they were when it was called, until it returns an error.
func (s *Store) List(ctx context.Context, each func(engine.Record) error) error {
	for _, r := range s.all() {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("list records: %w", err)
		}
		if err := each(clone(r)); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("list records: %w", err)
	}
	return nil
}

// all returns the records by themselves, so that no lock is held while somebody looks at them.
func (s *Store) all() []engine.Record {
	s.mu.RLock()
	defer s.mu.RUnlock()
	all := make([]engine.Record, 0, len(s.records))
	for _, r := range s.records {
		all = append(all, r)
	}
	return all
}

// Close does nothing.
func (s *Store) Close() error { return nil }
