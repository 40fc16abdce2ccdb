package storetest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/rules/engine"
)

// partsOf makes parts of pairs of a name and data.
func partsOf(pairs ...string) (parts []engine.Part) {
	for pair := range slices.Chunk(pairs, 2) {
		parts = append(parts, engine.Part{Name: pair[0], Data: []byte(pair[1])})
	}
	return parts
}

// mustPutParts puts a record with parts; it returns it with its revision.
func mustPutParts(t *testing.T, s Store, ref string, old engine.Revision, data string, pairs ...string) engine.Record {
	t.Helper()
	r := engine.Record{Ref: ref, Revision: old, Data: []byte(data), Parts: partsOf(pairs...)}
	revision, err := s.Put(t.Context(), r)
	require.NoError(t, err)
	r.Revision = revision
	return r
}

// requireRecord checks what is loaded of a record, and what is listed of it.
func requireRecord(t *testing.T, s Store, want engine.Record) {
	t.Helper()
	got, err := s.Load(t.Context(), want.Ref)
	require.NoError(t, err)
	requireSame(t, want, got)
	listed := 0
	require.NoError(t, s.List(t.Context(), func(r engine.Record) error {
		if r.Ref == want.Ref {
			listed++
			requireSame(t, want, r)
		}
		return nil
	}))
	require.Equal(t, count(len(want.Data) > 0), listed)
}

// requireSame compares records whose data may be large.
func requireSame(t *testing.T, want, got engine.Record) {
	t.Helper()
	require.Equal(t, want.Ref, got.Ref)
	require.Equal(t, want.Revision, got.Revision)
	require.True(t, bytes.Equal(want.Data, got.Data), "the data of %.100q", want.Ref)
	require.Equal(t, namesOf(want), namesOf(got))
	for i, p := range want.Parts {
		require.True(t, bytes.Equal(p.Data, got.Parts[i].Data), "part %.100q of %.100q", p.Name, want.Ref)
	}
}

func namesOf(r engine.Record) (names []string) {
	for _, p := range r.Parts {
		names = append(names, p.Name)
	}
	return names
}

// parts replaces, adds and deletes some, and leaves the others.
func parts(t *testing.T, s Store) {
	r := mustPutParts(t, s, "web", "", "1", "b", "1", "a", "1", "d", "1")
	r.Parts = partsOf("a", "1", "b", "1", "d", "1")
	requireRecord(t, s, r)

	r = mustPutParts(t, s, "web", r.Revision, "2", "e", "2", "a", "2", "c", "2")
	r.Parts = partsOf("a", "2", "b", "1", "c", "2", "d", "1", "e", "2")
	requireRecord(t, s, r)

	r = mustPutParts(t, s, "web", r.Revision, "3", "b", "", "gone", "", "d", "3", "f", "3")
	r.Parts = partsOf("a", "2", "c", "2", "d", "3", "e", "2", "f", "3")
	requireRecord(t, s, r)

	r.Revision = mustPut(t, s, "web", r.Revision, "4")
	r.Data = []byte("4")
	requireRecord(t, s, r)

	last := mustPutParts(t, s, "web", r.Revision, "5", "f", "", "e", "", "d", "", "c", "", "a", "")
	last.Parts = nil
	requireRecord(t, s, last)
	last = mustPutParts(t, s, "web", last.Revision, "6", "gone", "")
	last.Parts = nil
	requireRecord(t, s, last)
	requireRecord(t, s, mustPutParts(t, s, "web", last.Revision, "7", "a", "7"))
}

// deletedParts are gone with their record, and with no other.
func deletedParts(t *testing.T, s Store) {
	web := mustPutParts(t, s, "web", "", "1", "a", "1", "b", "1")
	we := mustPutParts(t, s, "we", "", "1", "a", "2", "ba", "2")
	longer := mustPutParts(t, s, "web1", "", "1", "a", "3")

	require.Empty(t, mustPutParts(t, s, "web", web.Revision, "", "b", "2", "c", "2").Revision)
	requireRecord(t, s, engine.Record{Ref: "web"})
	requireList(t, s, we, longer)
	again := engine.Record{Ref: "web", Revision: mustPut(t, s, "web", "", "2"), Data: []byte("2")}
	requireRecord(t, s, again)

	require.Empty(t, mustPutParts(t, s, "none", "", "", "a", "1").Revision, "nothing is deleted, and nothing stored")
	requireRecord(t, s, engine.Record{Ref: "none"})
	requireList(t, s, again, we, longer)
}

// conflictingParts change nothing.
func conflictingParts(t *testing.T, s Store) {
	old := mustPut(t, s, "web", "", "0")
	r := mustPutParts(t, s, "web", old, "1", "a", "1", "b", "1")
	for _, stale := range []engine.Revision{"", old} {
		for _, data := range []string{"2", ""} {
			_, err := s.Put(t.Context(), engine.Record{Ref: "web", Revision: stale, Data: []byte(data), Parts: partsOf("a", "2", "b", "", "c", "2")})
			require.ErrorIs(t, err, controller.ErrConflict)
			_, err = s.Put(t.Context(), engine.Record{Ref: "cart", Revision: r.Revision, Data: []byte(data), Parts: partsOf("a", "2")})
			require.ErrorIs(t, err, controller.ErrConflict)
		}
	}
	requireList(t, s, r)
	requireRecord(t, s, r)
}

// refusedParts are an error, also beside a conflict, and change nothing.
func refusedParts(t *testing.T, s Store) {
	r := mustPutParts(t, s, "web", "", "1", "a", "1")
	for want, pairs := range map[string][]string{
		"a part needs a name":    {"b", "2", "", "2"},
		`part "b" is duplicated`: {"b", "2", "a", "2", "b", "3"},
		`part "c" is duplicated`: {"c", "", "c", ""},
	} {
		for _, revision := range []engine.Revision{r.Revision, "stale"} {
			for _, data := range []string{"2", ""} {
				_, err := s.Put(t.Context(), engine.Record{Ref: "web", Revision: revision, Data: []byte(data), Parts: partsOf(pairs...)})
				require.ErrorContains(t, err, want)
				require.NotErrorIs(t, err, controller.ErrConflict)
			}
		}
	}
	requireRecord(t, s, r)
}

// partKeys are refs and names of which a store could make a mistake.
func partKeys(t *testing.T, s Store) {
	names := append(oddRefs(), "\x00\x01", "\x00\xff", "\x01", "a\x00\x01a", "\x00a", "\x02")
	slices.Sort(names)
	refs := []string{"a", "a\x00", "a\x00\x01", "a\x00\x01a", "a\x00\xff", "a\x00\xff\x01", "a\x00\x02", "\x00", "\x00\x01", "aa", "\x01a", strings.Repeat("\x00", 2048)}
	var want []engine.Record
	for i, ref := range refs {
		r := engine.Record{Ref: ref, Data: []byte("data")}
		for j, name := range names {
			r.Parts = append(r.Parts, engine.Part{Name: name, Data: fmt.Append(nil, i, " ", j)})
		}
		var err error
		r.Revision, err = s.Put(t.Context(), r)
		require.NoError(t, err)
		want = append(want, r)
	}
	for i, r := range want {
		requireList(t, s, want[i:]...)
		got, err := s.Load(t.Context(), r.Ref)
		require.NoError(t, err)
		requireSame(t, r, got)
		require.Empty(t, mustPut(t, s, r.Ref, r.Revision, ""))
	}
	requireList(t, s)
}

// isolatedParts are neither handed out nor held as they were handed in.
func isolatedParts(t *testing.T, s Store) {
	given := engine.Record{Ref: "web", Data: []byte("given"), Parts: partsOf("b", "given", "a", "given", "c", "given")}
	var err error
	given.Revision, err = s.Put(t.Context(), given)
	require.NoError(t, err)
	require.Equal(t, []string{"b", "a", "c"}, namesOf(given), "their order was changed")
	want := engine.Record{Ref: "web", Revision: given.Revision, Data: []byte("given"), Parts: partsOf("a", "given", "b", "given", "c", "given")}
	scribble(given)
	requireRecord(t, s, want)

	loaded, err := s.Load(t.Context(), "web")
	require.NoError(t, err)
	scribble(loaded)
	requireRecord(t, s, want)

	require.NoError(t, s.List(t.Context(), func(r engine.Record) error {
		scribble(r)
		return nil
	}))
	requireRecord(t, s, want)

	before, err := s.Load(t.Context(), "web")
	require.NoError(t, err)
	mustPutParts(t, s, "web", want.Revision, "later", "a", "later", "b", "", "0", "later")
	requireSame(t, want, before)
}

// scribble writes over all of a record.
func scribble(r engine.Record) {
	clear(r.Data)
	for i, p := range r.Parts {
		clear(p.Data)
		_ = append(p.Data[:0], "scribbled over all of it"...)
		r.Parts[i] = engine.Part{Name: "scribbled"}
	}
	_ = append(r.Parts[:0], partsOf("x", "1", "y", "2", "z", "3")...)
}

// largeParts are stored beside small ones, made smaller and larger, and deleted.
func largeParts(t *testing.T, s Store) {
	data := func(c string, size int) string { return strings.Repeat(c+"\x00\xff", size/3) }
	small := mustPutParts(t, s, "small", "", "small", "a", "small")
	var r engine.Record
	for i, size := range []int{4 << 10, 8 << 20, 100 << 10, 3 << 20} {
		large := data(fmt.Sprint(i), size)
		r = mustPutParts(t, s, "web", r.Revision, "data", "a", "small", "b", large, "c", "small", "d", large)
		requireRecord(t, s, r)
		requireRecord(t, s, small)
	}
	r = mustPutParts(t, s, "web", r.Revision, "data", "b", "")
	r.Parts = partsOf("a", "small", "c", "small", "d", data("3", 3<<20))
	requireRecord(t, s, r)
	mustPut(t, s, "web", r.Revision, "")
	requireList(t, s, small)
}

// manyParts are of records that are each more than a store may want to read at once, and of small ones between them.
func manyParts(t *testing.T, s Store) {
	var want []engine.Record
	for i, n := range []int{1250, 0, 1, 1250, 3000, 0, 2} {
		r := engine.Record{Ref: fmt.Sprint("web-", i), Data: []byte("data")}
		for j := range n {
			r.Parts = append(r.Parts, engine.Part{Name: fmt.Sprintf("%04d", j), Data: bytes.Repeat([]byte("x"), j%3000+1)})
		}
		var err error
		r.Revision, err = s.Put(t.Context(), r)
		require.NoError(t, err)
		want = append(want, r)
	}
	got, err := list(t, s)
	require.NoError(t, err)
	require.Len(t, got, len(want))
	for i, r := range want {
		requireSame(t, r, got[i])
	}
	for i := range 20 {
		j := i * 61
		want[0].Parts[j].Data = []byte("replaced")
		r := mustPutParts(t, s, want[0].Ref, want[0].Revision, "data", want[0].Parts[j].Name, "replaced")
		want[0].Revision = r.Revision
	}
	requireRecord(t, s, want[0])
	for _, r := range want {
		mustPut(t, s, r.Ref, r.Revision, "")
	}
	requireList(t, s)
}
