package storetest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"alertscale/adapter/controller"
	"alertscale/rules/engine"
)

// machine does to a store and to a map what is drawn, and compares them.
type machine struct {
	t     *testing.T
	store Store
	now   map[string]engine.Record
	given map[engine.Revision]bool // all revisions there were
}

// model checks that a store is a map with revisions, of records that are maps of parts.
func model(t *testing.T, s Store) {
	rapid.Check(t, func(rt *rapid.T) {
		require.NoError(rt, clearAll(t, s))
		m := &machine{t, s, map[string]engine.Record{}, map[engine.Revision]bool{}}
		rt.Repeat(map[string]func(*rapid.T){
			"put":    func(rt *rapid.T) { m.put(rt, drawData().Draw(rt, "data")) },
			"delete": func(rt *rapid.T) { m.put(rt, "") },
			"stale":  m.stale,
			"load":   m.load,
			"":       m.list,
		})
	})
}

func drawRef() *rapid.Generator[string] {
	return rapid.SampledFrom([]string{"web", "we", "web#/a", "wéb <\"&\\>", "\x00", strings.Repeat("x", 2048)})
}

func drawData() *rapid.Generator[string] {
	return rapid.Custom(func(rt *rapid.T) string {
		return strings.Repeat(rapid.StringN(1, 20, -1).Draw(rt, "text"), rapid.SampledFrom([]int{1, 100, 2000}).Draw(rt, "times"))
	})
}

// drawParts draws parts to be put, some of them to be deleted.
func drawParts() *rapid.Generator[[]engine.Part] {
	names := rapid.SampledFrom([]string{"a", "ab", "b", "\x00", "\x00\x01", "\xff", strings.Repeat("n", 253)})
	return rapid.Custom(func(rt *rapid.T) (parts []engine.Part) {
		for _, name := range rapid.SliceOfNDistinct(names, 0, 4, rapid.ID).Draw(rt, "names") {
			p := engine.Part{Name: name}
			if rapid.IntRange(0, 2).Draw(rt, "kept") > 0 {
				p.Data = []byte(drawData().Draw(rt, "data"))
			}
			parts = append(parts, p)
		}
		return parts
	})
}

// afterPut returns what parts there are after some were put.
func afterPut(before, put []engine.Part) (after []engine.Part) {
	byName := map[string][]byte{}
	for _, p := range slices.Concat(before, put) {
		byName[p.Name] = p.Data
	}
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		if data := byName[name]; len(data) > 0 {
			after = append(after, engine.Part{Name: name, Data: data})
		}
	}
	return after
}

func (m *machine) put(rt *rapid.T, data string) {
	r := engine.Record{Ref: drawRef().Draw(rt, "ref"), Data: []byte(data), Parts: drawParts().Draw(rt, "parts")}
	r.Revision = m.now[r.Ref].Revision
	revision, err := m.store.Put(m.t.Context(), r)
	require.NoError(rt, err)
	require.Equal(rt, data == "", revision == "")
	if data == "" {
		delete(m.now, r.Ref)
		return
	}
	require.False(rt, m.given[revision], "revision %s was given before", revision)
	m.given[revision] = true
	r.Revision, r.Parts = revision, afterPut(m.now[r.Ref].Parts, r.Parts)
	m.now[r.Ref] = r
}

// stale puts with any revision of before, of this ref or of another, that is not the present one.
func (m *machine) stale(rt *rapid.T) {
	ref := drawRef().Draw(rt, "ref")
	old := append(slices.Sorted(maps.Keys(m.given)), "")
	old = slices.DeleteFunc(old, func(r engine.Revision) bool { return r == m.now[ref].Revision })
	if len(old) == 0 {
		rt.Skip("there is no other revision")
	}
	r := engine.Record{Ref: ref, Revision: rapid.SampledFrom(old).Draw(rt, "old"), Parts: drawParts().Draw(rt, "parts")}
	if rapid.Bool().Draw(rt, "data") {
		r.Data = []byte("stale")
	}
	_, err := m.store.Put(m.t.Context(), r)
	require.ErrorIs(rt, err, controller.ErrConflict)
}

func (m *machine) load(rt *rapid.T) {
	ref := drawRef().Draw(rt, "ref")
	got, err := m.store.Load(m.t.Context(), ref)
	require.NoError(rt, err)
	want, ok := m.now[ref]
	if !ok {
		want = engine.Record{Ref: ref}
	}
	require.Equal(rt, want, got)
}

func (m *machine) list(rt *rapid.T) {
	got, err := list(m.t, m.store)
	require.NoError(rt, err)
	require.Len(rt, got, len(m.now))
	for _, r := range got {
		require.Equal(rt, m.now[r.Ref], r)
	}
}

func clearAll(t *testing.T, s Store) error {
	return s.List(t.Context(), func(r engine.Record) error {
		r.Data = nil
		_, err := s.Put(t.Context(), r)
		return err
	})
}

// step is what one of the writers of concurrentModel does: it loads a ref, and puts or deletes it.
type step struct {
	ref    string
	delete bool
}

// swap is a Put that succeeded.
type swap struct {
	ref      string
	old, new engine.Revision
	data     string        // of new
	parts    []engine.Part // that were put
}

// concurrentModel lets several writers carry out what is drawn at the same time. The swaps that succeeded make one
// history for each ref: no revision is given twice or replaced twice, what is there at the end was not replaced, and its
// parts are those that came together.
func concurrentModel(t *testing.T, s Store) {
	rapid.Check(t, func(rt *rapid.T) {
		require.NoError(rt, clearAll(t, s))
		steps := rapid.Custom(func(rt *rapid.T) step {
			return step{rapid.SampledFrom([]string{"web", "cart"}).Draw(rt, "ref"), rapid.IntRange(0, 3).Draw(rt, "delete") == 0}
		})
		plans := rapid.SliceOfN(rapid.SliceOfN(steps, 1, 8), 2, 6).Draw(rt, "plans")
		done := make([][]swap, len(plans))
		require.NoError(rt, together(len(plans), func(i int) (err error) {
			done[i], err = carryOut(t, s, plans[i], i)
			return err
		}))
		end, err := list(t, s)
		require.NoError(rt, err)
		require.NoError(rt, checkHistory(slices.Concat(done...), end))
		for _, r := range end {
			require.Equal(rt, partsAt(slices.Concat(done...), r.Revision), r.Parts)
		}
	})
}

func carryOut(t *testing.T, s Store, plan []step, writer int) (done []swap, err error) {
	for i, st := range plan {
		r, err := s.Load(t.Context(), st.ref)
		if err != nil {
			return nil, err
		}
		old := r.Revision
		r.Data, r.Parts = nil, nil
		if !st.delete {
			r.Data = fmt.Appendf(nil, "%d by %d", i, writer)
			r.Parts = partsOf("all", string(r.Data), fmt.Sprint(writer), string(r.Data), fmt.Sprint((writer+1)%3), "")
		}
		revision, err := s.Put(t.Context(), r)
		switch {
		case err == nil:
			done = append(done, swap{st.ref, old, revision, string(r.Data), r.Parts})
		case !errors.Is(err, controller.ErrConflict):
			return nil, err
		}
	}
	return done, nil
}

// partsAt returns the parts that a record has at a revision, after all swaps since it was made.
func partsAt(done []swap, at engine.Revision) []engine.Part {
	if at == "" {
		return nil
	}
	i := slices.IndexFunc(done, func(w swap) bool { return w.new == at })
	return afterPut(partsAt(done, done[i].old), done[i].parts)
}

// checkHistory returns what is wrong with swaps that led from nothing to what is there at the end.
func checkHistory(done []swap, end []engine.Record) error {
	present, created := map[engine.Revision]swap{}, map[string]int{}
	for _, w := range done {
		if _, twice := present[w.new]; twice && w.new != "" {
			return fmt.Errorf("revision %s was given twice", w.new)
		}
		if w.new != "" {
			present[w.new] = w
		}
		created[w.ref] += count(w.old == "") - count(w.new == "")
	}
	for _, w := range done {
		if given, ok := present[w.old]; w.old != "" && (!ok || given.ref != w.ref) {
			return fmt.Errorf("revision %s of %s was never given, or was replaced twice", w.old, w.ref)
		}
		delete(present, w.old)
	}
	for _, r := range end {
		created[r.Ref]--
		if w, ok := present[r.Revision]; !ok || w.ref != r.Ref || w.data != string(r.Data) {
			return fmt.Errorf("%s has revision %s, %q at the end: %v", r.Ref, r.Revision, r.Data, w)
		}
		delete(present, r.Revision)
	}
	for ref, n := range created {
		if n != 0 {
			return fmt.Errorf("%s was made %d times more often than it was deleted", ref, n)
		}
	}
	if len(present) > 0 {
		return fmt.Errorf("swaps are lost: %v", present)
	}
	return nil
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
