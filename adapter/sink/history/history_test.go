package history

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"alertscale/adapter/controller"
	"alertscale/rules"
	"alertscale/rules/engine"
)

var noon = time.Date(2026, time.March, 2, 12, 0, 0, 0, time.UTC)

// record is the n-th decision, at n seconds past noon.
func record(n int) controller.DecisionRecord {
	return controller.DecisionRecord{
		At: noon.Add(time.Duration(n) * time.Second),
		Decision: engine.Decision{
			Ref: fmt.Sprint("ref ", n%3), Rule: fmt.Sprint("rule ", n%2), Verdict: []engine.Verdict{engine.Scaled, engine.Cooling}[n%2],
			Why: []string{fmt.Sprint(n)},
		},
	}
}

// found lists the numbers of the decisions that a query selects.
func found(h *History, q Query) []string {
	var all []string
	for d := range h.Find(q) {
		all = append(all, d.Why[0])
	}
	return all
}

func TestFind(t *testing.T) {
	h := New(Options{})
	require.Empty(t, found(h, Query{}))
	for n := range 6 {
		h.Record(record(n))
	}
	h.Record(controller.DecisionRecord{Decision: engine.Decision{Verdict: engine.Duplicate}})
	for _, test := range []struct {
		query Query
		want  string
	}{
		{Query{}, "5 4 3 2 1 0"},
		{Query{Limit: 2}, "5 4"},
		{Query{Limit: 100}, "5 4 3 2 1 0"},
		{Query{Ref: "ref 1"}, "4 1"},
		{Query{Ref: "ref 1", Limit: 1}, "4"},
		{Query{Rule: "rule 0"}, "4 2 0"},
		{Query{Verdict: "cooldown"}, "5 3 1"},
		{Query{Since: noon.Add(3 * time.Second)}, "5 4 3"},
		{Query{Ref: "ref 0", Rule: "rule 1"}, "3"},
		{Query{Ref: "nobody"}, ""},
	} {
		require.Equal(t, test.want, strings.Join(found(h, test.query), " "), test.query)
	}
	for d := range h.Find(Query{}) {
		require.Equal(t, "5", d.Why[0])
		break
	}
}

// TestBound compares with a list of all that was recorded: what is kept is its end, as much as there is room for.
func TestBound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.Int64Range(1, 20_000).Draw(t, "limit")
		dropped := 0
		h := New(Options{Bytes: limit, Limited: func(what string) {
			require.Equal(t, "decision_log", what)
			dropped++
		}})
		var kept []controller.DecisionRecord
		tooLarge := 0
		for n := range rapid.IntRange(0, 200).Draw(t, "records") {
			d := record(n)
			d.Alerts = []engine.NamedAlert{{Labels: rules.Labels{{Name: "text", Value: strings.Repeat("x", rapid.IntRange(0, 3000).Draw(t, "length"))}}}}
			h.Record(d)
			if size(&d) > limit {
				tooLarge++
				continue
			}
			kept = append(kept, d)
			for total(kept) > limit {
				kept = kept[1:]
			}
		}
		got := slices.Collect(h.Find(Query{}))
		slices.Reverse(got)
		require.Len(t, got, len(kept))
		for i := range kept {
			require.Equal(t, kept[i], got[i])
		}
		require.Equal(t, total(kept), h.bytes)
		require.Equal(t, tooLarge, dropped)
	})
}

func total(all []controller.DecisionRecord) (sum int64) {
	for i := range all {
		sum += size(&all[i])
	}
	return sum
}

// TestTextsAreItsOwn checks that a short text does not keep the notification alive that it is a part of, and that
// what a caller does with its lists later changes nothing.
func TestTextsAreItsOwn(t *testing.T) {
	h := New(Options{})
	whole := strings.Repeat("x", 1<<20)
	why := []string{whole[:5]}
	h.Record(controller.DecisionRecord{Decision: engine.Decision{Ref: whole[:3], Why: why}})
	why[0] = ""
	for d := range h.Find(Query{}) {
		require.Equal(t, []string{"xxx", "xxxxx"}, []string{d.Ref, d.Why[0]})
		start, end := address(whole), address(whole)+uintptr(len(whole))
		for _, s := range []string{d.Ref, d.Why[0]} {
			require.False(t, address(s) >= start && address(s) < end)
		}
	}
}

func address(s string) uintptr { return uintptr(unsafe.Pointer(unsafe.StringData(s))) }

// TestFindBlocksNobody checks that decisions can be recorded while others are read, more than a page of them, and
// that what was dropped in the meantime is left out.
func TestFindBlocksNobody(t *testing.T) {
	const keep = 3 * pageSize
	first := record(0)
	h := New(Options{Bytes: keep * (size(&first) + 10)})
	for n := range keep {
		h.Record(record(n))
	}
	var read []string
	for d := range h.Find(Query{}) {
		if len(read) == 0 {
			for n := range keep / 2 {
				h.Record(record(keep + n))
			}
		}
		read = append(read, d.Why[0])
	}
	require.Equal(t, fmt.Sprint(keep-1), read[0])
	require.Less(t, len(read), keep)
	require.GreaterOrEqual(t, len(read), pageSize)
	for i := 1; i < len(read); i++ {
		require.Less(t, len(read[i]), 5)
		require.NotEqual(t, read[i-1], read[i])
	}
}

// TestConcurrentUse checks under the race detector, and that limits hold.
func TestConcurrentUse(t *testing.T) {
	h := New(Options{Bytes: 50_000})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for n := range 1000 {
				h.Record(record(n))
			}
		})
		wg.Go(func() {
			for range 50 {
				if n := len(found(h, Query{Limit: 10})); n > 10 {
					t.Error(n)
				}
			}
		})
	}
	wg.Wait()
	require.LessOrEqual(t, h.bytes, int64(50_000))
}

func BenchmarkRecord(b *testing.B) {
	h := New(Options{})
	d := record(1)
	b.ReportAllocs()
	for b.Loop() {
		h.Record(d)
	}
}
