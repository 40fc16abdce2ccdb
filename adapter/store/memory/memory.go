// Package memory is the store `memory:`. It forgets everything when the process ends, so that every
// alert that fires then counts as new: for demos, tests and dry runs.
package memory

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"alertscale/adapter/controller"
	"alertscale/rules"
)

// Store is an controller.Store in memory. What it holds is encoded, so that it has nothing in common
// with what callers hold, and reads as it would from a file.
type Store struct {
	mu       sync.RWMutex
	revision controller.Revision // of the last swap, of whatever ref
	entries  map[rules.Ref]entry
}

type entry struct {
	revision controller.Revision
	memory   []byte
}

// New returns an empty store.
func New() *Store { return &Store{entries: map[rules.Ref]entry{}} }

// Load returns what is stored; zero values where there is nothing.
func (s *Store) Load(ctx context.Context, ref rules.Ref) (rules.Memory, controller.Revision, error) {
	if err := ctx.Err(); err != nil {
		return rules.Memory{}, 0, fmt.Errorf("load %s: %w", ref, err)
	}
	s.mu.RLock()
	e, ok := s.entries[ref]
	s.mu.RUnlock()
	var m rules.Memory
	if !ok {
		return m, 0, nil
	}
	if err := json.Unmarshal(e.memory, &m); err != nil {
		return rules.Memory{}, 0, fmt.Errorf("load %s: %w", ref, err)
	}
	return m, e.revision, nil
}

// Swap stores m if the ref still has revision old, else it returns controller.ErrConflict. An empty
// memory is deleted, and has revision zero.
func (s *Store) Swap(ctx context.Context, ref rules.Ref, old controller.Revision, m rules.Memory) (controller.Revision, error) {
	if err := ctx.Err(); err != nil {
		return 0, fmt.Errorf("swap %s: %w", ref, err)
	}
	encoded, err := json.Marshal(m)
	if err != nil {
		return 0, fmt.Errorf("swap %s: %w", ref, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.entries[ref].revision != old {
		return 0, fmt.Errorf("swap %s: %w", ref, controller.ErrConflict)
	}
	if m.Empty() {
		delete(s.entries, ref)
		return 0, nil
	}
	s.revision++
	s.entries[ref.Clone()] = entry{s.revision, encoded}
	return s.revision, nil
}

// Refs lists what is stored, in no order.
func (s *Store) Refs(ctx context.Context) ([]rules.Ref, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("list refs: %w", err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	refs := make([]rules.Ref, 0, len(s.entries))
	for ref := range s.entries {
		refs = append(refs, ref)
	}
	return refs, nil
}

// Close does nothing.
func (s *Store) Close() error { return nil }
