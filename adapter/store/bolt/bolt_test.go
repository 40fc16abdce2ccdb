package bolt_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/store/bolt"
	"alertscale/adapter/store/storetest"
)

func openIn(t *testing.T, dir string) storetest.Store {
	s, err := bolt.Open(filepath.Join(dir, "data", "alertscale.db"))
	require.NoError(t, err)
	return s
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Store { return openIn(t, t.TempDir()) })
}

func TestStoreIsDurable(t *testing.T) {
	storetest.RunDurable(t, openIn)
}
