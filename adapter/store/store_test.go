package store_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/store"
	"alertscale/rules/engine"
)

func TestOpen(t *testing.T) {
	for _, storage := range []string{"memory:", "file:" + filepath.Join(t.TempDir(), "alertscale.db")} {
		s, err := store.Open(storage)
		require.NoError(t, err)
		revision, err := s.Put(t.Context(), engine.Record{Ref: "simulator:web", Data: []byte("data")})
		require.NoError(t, err)
		require.NotEmpty(t, revision)
		require.NoError(t, s.Close())
	}
}

func TestOpenSaysWhatThereIs(t *testing.T) {
	folder := t.TempDir()
	for storage, want := range map[string]string{
		"":                "--storage= is no storage; there are file:PATH, such as file:data/alertscale.db, and memory:",
		"file:":           "--storage=file: is no storage; there are file:PATH, such as file:data/alertscale.db, and memory:",
		"memory:x":        "--storage=memory:x is no storage; there are file:PATH, such as file:data/alertscale.db, and memory:",
		"etcd://a:1/x":    "--storage=etcd://a:1/x is not supported yet; there are file:PATH and memory:",
		"kubernetes://ns": "--storage=kubernetes://ns is not supported yet; there are file:PATH and memory:",
		"file:" + folder:  "open store " + folder + ": it is a folder; name a file in it, as " + folder + "/alertscale.db",
	} {
		s, err := store.Open(storage)
		require.EqualError(t, err, want)
		require.Equal(t, store.Store(nil), s, "what could not be opened is nothing")
	}
}
