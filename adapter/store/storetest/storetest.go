// Package storetest is the suite that every store passes.
package storetest

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/rules/engine"
)

// Store is what is tested.
type Store interface {
	controller.Store
	io.Closer
}

// Run checks a store against the contract of controller.Store. Each test opens an empty one, and
// closes it at its end.
func Run(t *testing.T, open func(t *testing.T) Store) {
	for name, test := range map[string]func(*testing.T, Store){
		"Absent":              absent,
		"Put":                 put,
		"StaleRevision":       stale,
		"ForeignRevision":     foreign,
		"EmptyData":           empty,
		"NoRef":               noRef,
		"RevisionsNeverAgain": revisions,
		"Keys":                keys,
		"Isolation":           isolation,
		"AnyBytes":            anyBytes,
		"LargeData":           large,
		"Parts":               parts,
		"PartsDeleted":        deletedParts,
		"PartsConflict":       conflictingParts,
		"PartsRefused":        refusedParts,
		"PartsKeys":           partKeys,
		"PartsIsolation":      isolatedParts,
		"PartsLarge":          largeParts,
		"PartsMany":           manyParts,
		"ManyRecords":         manyRecords,
		"ListStops":           listStops,
		"ListCallsTheStore":   listCalls,
		"ContextEndedBefore":  endedBefore,
		"ContextEndsInList":   endsInList,
		"ContextEndsInPut":    endsInPut,
		"Model":               model,
		"ConcurrentModel":     concurrentModel,
		"OneRefManyWriters":   oneRef,
		"ManyRefs":            manyRefs,
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			t.Cleanup(func() { require.NoError(t, s.Close()) })
			test(t, s)
		})
	}
}

// RunDurable checks that what a store holds is there when it is opened again. Whatever open is
// given the same dir for is one store.
func RunDurable(t *testing.T, open func(t *testing.T, dir string) Store) {
	dir := t.TempDir()
	s := open(t, dir)
	kept := mustPut(t, s, "kept", "", "first")
	gone := mustPut(t, s, "gone", "", "second")
	require.Empty(t, mustPut(t, s, "gone", gone, ""))
	parted := mustPutParts(t, s, "parted", "", "data", "a", "1", "b", "1", "c", "1")
	parted = mustPutParts(t, s, "parted", parted.Revision, "data", "a", "2", "b", "")
	parted.Parts = partsOf("a", "2", "c", "1")
	require.NoError(t, s.Close())

	s = open(t, dir)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	requireStored(t, s, "kept", kept, "first")
	requireStored(t, s, "gone", "", "")
	requireList(t, s, engine.Record{Ref: "kept", Revision: kept, Data: []byte("first")}, parted)

	again := mustPut(t, s, "gone", "", "third")
	require.NotEqual(t, gone, again, "a revision from before was given again")
	requireConflict(t, s, "gone", gone, "fourth")
	mustPut(t, s, "kept", kept, "fifth")
}

func absent(t *testing.T, s Store) {
	requireStored(t, s, "web", "", "")
	requireList(t, s)
	require.Empty(t, mustPut(t, s, "web", "", ""), "what is not there is deleted")
	requireList(t, s)
}

func put(t *testing.T, s Store) {
	first := mustPut(t, s, "web", "", "1")
	require.NotEmpty(t, first)
	requireStored(t, s, "web", first, "1")

	second := mustPut(t, s, "web", first, "2")
	require.NotEmpty(t, second)
	require.NotEqual(t, first, second)
	requireStored(t, s, "web", second, "2")
	third := mustPut(t, s, "web", second, "2")
	require.NotEqual(t, second, third, "the same data is stored again")
	requireStored(t, s, "cart", "", "")
}

func stale(t *testing.T, s Store) {
	first := mustPut(t, s, "web", "", "1")
	requireConflict(t, s, "web", "", "2")
	requireConflict(t, s, "web", "", "")

	second := mustPut(t, s, "web", first, "3")
	requireConflict(t, s, "web", first, "4")
	requireConflict(t, s, "web", first, "")
	requireConflict(t, s, "cart", second, "4")
	requireConflict(t, s, "cart", second, "")
	requireStored(t, s, "web", second, "3")
	requireStored(t, s, "cart", "", "")
}

// foreign checks revisions that the store never gave.
func foreign(t *testing.T, s Store) {
	first := mustPut(t, s, "web", "", "1")
	for _, r := range []engine.Revision{"0", "-1", "x", " ", "\x00", "0" + first, first + " ", first + "0", "+" + first, engine.Revision(strings.Repeat("9", 100))} {
		requireConflict(t, s, "web", r, "2")
		requireConflict(t, s, "web", r, "")
		requireConflict(t, s, "cart", r, "2")
	}
	requireList(t, s, engine.Record{Ref: "web", Revision: first, Data: []byte("1")})
}

func empty(t *testing.T, s Store) {
	first := mustPut(t, s, "web", "", "1")
	revision, err := s.Put(t.Context(), engine.Record{Ref: "web", Revision: first, Data: []byte{}})
	require.NoError(t, err)
	require.Empty(t, revision)
	requireStored(t, s, "web", "", "")
	requireList(t, s)
	requireConflict(t, s, "web", first, "")
	requireConflict(t, s, "web", first, "2")
}

func noRef(t *testing.T, s Store) {
	_, err := s.Put(t.Context(), engine.Record{Data: []byte("1")})
	require.ErrorContains(t, err, "a record needs a ref")
	require.NotErrorIs(t, err, controller.ErrConflict)
	requireStored(t, s, "", "", "")
	requireList(t, s)
}

func revisions(t *testing.T, s Store) {
	seen := map[engine.Revision]bool{}
	for i := range 10 {
		revision := mustPut(t, s, "web", "", fmt.Sprint(i))
		require.False(t, seen[revision], "revision %s is of two states of a ref", revision)
		for old := range seen {
			requireConflict(t, s, "web", old, "stale")
		}
		seen[revision] = true
		mustPut(t, s, "web", revision, "")
	}
}

// keys are refs of which a store could make a mistake.
func keys(t *testing.T, s Store) {
	var want []engine.Record
	for i, ref := range oddRefs() {
		data := fmt.Sprint(i)
		want = append(want, engine.Record{Ref: ref, Revision: mustPut(t, s, ref, "", data), Data: []byte(data)})
	}
	requireList(t, s, want...)
	for _, r := range want {
		requireStored(t, s, r.Ref, r.Revision, string(r.Data))
		require.Empty(t, mustPut(t, s, r.Ref, r.Revision, ""))
	}
	requireList(t, s)
}

func oddRefs() []string {
	return []string{
		"kubernetes:Deployment/shop/web", "kubernetes:Deployment/shop/web#/spec/minReplicas", "kubernetes:Deployment/shop/we",
		"kubernetes:deployment/shop/web", "swarm:service/wéb <\"&\\>", "swarm:service/we\u0301b", "simulator:日本 🚀",
		"/", "//", ".", "..", "../web", "a/../b", " ", "web ", " web", "\n", "\t", "%", "%2F", "%00", "a:b:c", "\x00", "web\x00", "web",
		"\x7f", "\xff", "\xff\xfe", "meta", "format", "refs", "records", "{}", `"`, "*", "?", "$HOME",
		strings.Repeat("x", 253), strings.Repeat("x", 2047), strings.Repeat("x", 2048), strings.Repeat("/", 2048), strings.Repeat("é", 1024),
	}
}

// isolation checks that a store neither hands out what it holds nor holds what it was handed.
func isolation(t *testing.T, s Store) {
	given := []byte("given")
	revision, err := s.Put(t.Context(), engine.Record{Ref: "web", Data: given})
	require.NoError(t, err)
	clear(given)
	requireStored(t, s, "web", revision, "given")

	loaded, err := s.Load(t.Context(), "web")
	require.NoError(t, err)
	clear(loaded.Data)
	requireStored(t, s, "web", revision, "given")

	require.NoError(t, s.List(t.Context(), func(r engine.Record) error {
		clear(r.Data)
		_ = append(r.Data[:0], "scribbled over all of it"...)
		return nil
	}))
	requireStored(t, s, "web", revision, "given")
}

// anyBytes checks that data is nothing but bytes to a store.
func anyBytes(t *testing.T, s Store) {
	var revision engine.Revision
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	for _, data := range []string{"\x00", "0", "{", "null", `{"revision":1}`, "\xff\xfe", strings.Repeat("\x00", 5000), string(every)} {
		revision = mustPut(t, s, "web", revision, data)
		requireStored(t, s, "web", revision, data)
	}
}

// large checks data of 8 MiB: stored, beside small ones, made smaller and larger, and deleted.
func large(t *testing.T, s Store) {
	data := func(c string, size int) string { return strings.Repeat(c+"\x00\xff", size/3) }
	var revision engine.Revision
	small := mustPut(t, s, "small", "", "small")
	for i, size := range []int{4 << 10, 8 << 20, 100 << 10, 8 << 20} {
		want := data(fmt.Sprint(i), size)
		revision = mustPut(t, s, "web", revision, want)
		requireStored(t, s, "web", revision, want)
	}
	other := mustPut(t, s, "other", "", data("o", 8<<20))
	requireStored(t, s, "other", other, data("o", 8<<20))
	requireRefs(t, s, "small", "web", "other")
	mustPut(t, s, "web", revision, "")
	requireStored(t, s, "small", small, "small")
	requireRefs(t, s, "small", "other")
}

// manyRecords lists more than a store may want to read at once.
func manyRecords(t *testing.T, s Store) {
	var want []string
	for i := range 2500 {
		want = append(want, fmt.Sprintf("web-%04d", i))
	}
	require.NoError(t, together(len(want), func(i int) error {
		_, err := s.Put(t.Context(), engine.Record{Ref: want[i], Data: []byte(strings.Repeat("x", i%3000+1))})
		return err
	}))
	requireRefs(t, s, want...)
}

var errEnough = errors.New("enough")

func listStops(t *testing.T, s Store) {
	for _, ref := range []string{"a", "b", "c"} {
		mustPut(t, s, ref, "", ref)
	}
	calls := 0
	err := s.List(t.Context(), func(engine.Record) error {
		if calls++; calls == 2 {
			return errEnough
		}
		return nil
	})
	require.ErrorIs(t, err, errEnough)
	require.Equal(t, 2, calls)
}

// listCalls calls the store for each record of a list, in such a way that it has to grow.
func listCalls(t *testing.T, s Store) {
	const refs = 20
	for i := range refs {
		mustPut(t, s, fmt.Sprint(i), "", "small")
	}
	require.NoError(t, s.List(t.Context(), func(r engine.Record) error {
		loaded, err := s.Load(t.Context(), r.Ref)
		if err != nil {
			return err
		}
		loaded.Data = []byte(strings.Repeat("x", 200<<10))
		_, err = s.Put(t.Context(), loaded)
		return errors.Join(err, s.List(t.Context(), func(engine.Record) error { return nil }))
	}))
	require.NoError(t, s.List(t.Context(), func(r engine.Record) error {
		require.Len(t, r.Data, 200<<10, r.Ref)
		return nil
	}))
}
