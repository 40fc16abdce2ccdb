package bolt_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/store/bolt"
	"alertscale/rules/engine"
)

// TestListGivesBackWhatItRead lists a file of some 40 MB, of which next to nothing counts as memory afterwards.
func TestListGivesBackWhatItRead(t *testing.T) {
	s, err := bolt.Open(filepath.Join(t.TempDir(), "alertscale.db"))
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	var all []engine.Record
	for i := range 40 {
		all = append(all, engine.Record{Ref: fmt.Sprint(i), Data: []byte(strings.Repeat("x", 1<<20))})
	}
	for _, r := range s.PutAll(t.Context(), all) {
		require.NoError(t, r.Err)
	}
	before := mapped(t)
	require.NoError(t, s.List(t.Context(), func(engine.Record) error { return nil }))
	require.Less(t, mapped(t), before+4<<20)
	r, err := s.Load(t.Context(), "7")
	require.NoError(t, err)
	require.Len(t, r.Data, 1<<20)
}

// mapped is how much of mapped files counts as memory of the process.
func mapped(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	require.NoError(t, err)
	m := regexp.MustCompile(`RssFile:\s+(\d+) kB`).FindSubmatch(status)
	require.NotNil(t, m)
	n, err := strconv.Atoi(string(m[1]))
	require.NoError(t, err)
	return n << 10
}
