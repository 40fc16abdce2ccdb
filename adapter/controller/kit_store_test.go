package controller_test

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"alertscale/adapter/controller"
	"alertscale/rules/engine"
)

// fakeStore keeps records, and may fail, or be slow.
type fakeStore struct {
	mu   sync.Mutex
	held map[string]engine.Record
	last int
	puts int
	err  error
	slow time.Duration

	commits int // of puts, some of which share one
}

func newFakeStore() *fakeStore { return &fakeStore{held: map[string]engine.Record{}} }

func (s *fakeStore) copy() *fakeStore {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &fakeStore{held: maps.Clone(s.held), last: s.last}
}

func (s *fakeStore) writes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.puts
}

// counts returns how many commits and puts there were.
func (s *fakeStore) counts() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return []int{s.commits, s.puts}
}

func (s *fakeStore) size() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.held)
}

func (s *fakeStore) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func (s *fakeStore) with(change func(*fakeStore)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

func (s *fakeStore) Load(_ context.Context, ref string) (engine.Record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.held[ref], s.err
}

func (s *fakeStore) Put(ctx context.Context, r engine.Record) (engine.Revision, error) {
	one := s.PutAll(ctx, []engine.Record{r})[0]
	return one.Revision, one.Err
}

func (s *fakeStore) PutAll(ctx context.Context, all []engine.Record) []controller.Stored {
	s.mu.Lock()
	slow := s.slow
	s.mu.Unlock()
	err := sleep(ctx, slow)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commits++
	stored := make([]controller.Stored, len(all))
	for i := range all {
		if stored[i].Err = err; err == nil {
			stored[i].Revision, stored[i].Err = s.put(all[i])
		}
	}
	return stored
}

// put stores a record. The caller holds the mutex.
func (s *fakeStore) put(r engine.Record) (engine.Revision, error) {
	switch {
	case s.err != nil:
		return "", s.err
	case s.held[r.Ref].Revision != r.Revision:
		return "", controller.ErrConflict
	}
	s.puts++
	if len(r.Data) == 0 {
		delete(s.held, r.Ref)
		return "", nil
	}
	s.last++
	r.Revision = engine.Revision(fmt.Sprint(s.last))
	s.held[r.Ref] = r
	return r.Revision, nil
}

func (s *fakeStore) List(_ context.Context, each func(engine.Record) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.held {
		if err := each(r); err != nil {
			return err
		}
	}
	return nil
}
