package sink

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/rules/engine"
)

// slow is a sink that waits for a word before each decision, where it has a channel for it.
type slow struct {
	word chan struct{}
	mu   sync.Mutex
	refs []string
}

func (s *slow) Record(d controller.DecisionRecord) {
	if s.word != nil {
		<-s.word
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refs = append(s.refs, d.Ref)
}

func record(ref string) controller.DecisionRecord {
	return controller.DecisionRecord{Decision: engine.Decision{Ref: ref}}
}

func TestAll(t *testing.T) {
	var a, b slow
	All{&a, &b}.Record(record("r"))
	require.Equal(t, []string{"r"}, a.refs)
	require.Equal(t, []string{"r"}, b.refs)
	All(nil).Record(record("r"))
}

// TestSlowSinkDropsAndCounts checks that nobody waits for a sink that is stuck, and that what it had room for is
// recorded in order when it goes on.
func TestSlowSinkDropsAndCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		next := &slow{word: make(chan struct{})}
		dropped := map[string]int{}
		q := NewQueue(QueueOptions{Next: next, Name: "log", Waiting: 2, Limited: func(name string) { dropped[name]++ }})
		for i := range 6 {
			q.Record(record(strconv.Itoa(i)))
			synctest.Wait()
		}
		require.Equal(t, map[string]int{"log": 3}, dropped, "one is being recorded, two wait")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.EqualError(t, q.Close(ctx), "sink log: 2 decisions are not recorded: context deadline exceeded")
		close(next.word)
		require.NoError(t, q.Close(t.Context()))
		require.Equal(t, []string{"0", "1", "2"}, next.refs)

		q.Record(record("late"))
		require.Equal(t, map[string]int{"log": 4}, dropped)
	})
}

// TestRepeatsTakeNoRoom checks that a storm of repeats keeps no decision out of the log.
func TestRepeatsTakeNoRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		next := &slow{word: make(chan struct{})}
		dropped := 0
		q := NewQueue(QueueOptions{Next: next, Name: "log", Waiting: 2, Limited: func(string) { dropped++ }})
		repeat := record("repeat")
		repeat.Verdict = engine.Duplicate
		for range 1000 {
			q.Record(repeat)
		}
		q.Record(record("a"))
		require.Zero(t, dropped)
		close(next.word)
		require.NoError(t, q.Close(t.Context()))
		require.Equal(t, []string{"a"}, next.refs)
	})
}

func TestQueueWithoutACounter(t *testing.T) {
	q := NewQueue(QueueOptions{Next: &slow{}, Name: "log"})
	require.NoError(t, q.Close(t.Context()))
	q.Record(record("late"))
}

// TestQueueIsShared checks under the race detector that nothing is lost between those who record and Close.
func TestQueueIsShared(t *testing.T) {
	var next slow
	var mu sync.Mutex
	dropped := 0
	q := NewQueue(QueueOptions{Next: &next, Waiting: 10, Limited: func(string) {
		mu.Lock()
		defer mu.Unlock()
		dropped++
	}})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 500 {
				q.Record(record("r"))
			}
		})
	}
	require.NoError(t, q.Close(t.Context()))
	wg.Wait()
	require.Equal(t, 2000, len(next.refs)+dropped)
}
