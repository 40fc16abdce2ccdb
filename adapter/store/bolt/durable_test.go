package bolt_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/store/bolt"
	"alertscale/rules/engine"
)

// childFile is set in a child process: the file that it is to put records in until it is killed.
const childFile = "ALERTSCALE_TEST_STORE"

// TestPutSurvivesKill kills a process in the middle of Puts, ten times: all that it was told
// is stored is there, and nothing that was never handed in.
func TestPutSurvivesKill(t *testing.T) {
	if path := os.Getenv(childFile); path != "" {
		putUntilKilled(t, path)
	}
	path := filepath.Join(t.TempDir(), "alertscale.db")
	acknowledged := map[int]int{}
	for round := range 10 {
		for writer, n := range killedAfter(t, path, time.Duration(5+7*round)*time.Millisecond) {
			acknowledged[writer] = n
		}
		s, err := bolt.Open(path)
		require.NoError(t, err)
		for writer, n := range acknowledged {
			r, err := s.Load(t.Context(), web(writer))
			require.NoError(t, err)
			require.GreaterOrEqual(t, len(r.Data), n, "writer %d", writer)
			require.LessOrEqual(t, len(r.Data), n+1, "writer %d", writer) // stored, and killed before it said so
			require.Equal(t, partsAfter(len(r.Data)), r.Parts, "writer %d", writer)
			acknowledged[writer] = len(r.Data) // from which it goes on
		}
		require.NoError(t, s.Close())
	}
	require.Len(t, acknowledged, writers)
}

const writers = 8

// killedAfter runs a child for a while from its first Put; it returns the last count that each
// writer was told is stored.
func killedAfter(t *testing.T, path string, d time.Duration) map[int]int {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestPutSurvivesKill$")
	child.Env = append(os.Environ(), childFile+"="+path)
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	lines := bufio.NewReader(out)
	last := map[int]int{}
	for killed := false; ; {
		line, err := lines.ReadString('\n')
		if err == io.EOF {
			break // a line that is cut off is none
		}
		require.NoError(t, err)
		writer, n, ok := strings.Cut(strings.TrimSpace(line), " ")
		require.True(t, ok, "the child says: %s", line)
		w, err := strconv.Atoi(writer)
		require.NoError(t, err, "the child says: %s", line)
		last[w], err = strconv.Atoi(n)
		require.NoError(t, err)
		if !killed {
			killed = true
			time.AfterFunc(d, func() { _ = child.Process.Kill() })
		}
	}
	require.EqualError(t, child.Wait(), "signal: killed")
	return last
}

func putUntilKilled(t *testing.T, path string) {
	s, err := bolt.Open(path)
	require.NoError(t, err)
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() { countUp(t, s, i) })
	}
	wg.Wait()
}

// partsOf are the parts that are put with a count: one that is new or replaced, and one to delete.
func partsOf(n int) []engine.Part {
	return []engine.Part{{Name: strconv.Itoa(n % 5), Data: bytes.Repeat([]byte{byte(n)}, n*100)}, {Name: strconv.Itoa((n + 2) % 5)}}
}

// partsAfter are the parts that are there once all counts up to n were put.
func partsAfter(n int) (parts []engine.Part) {
	now := map[string][]byte{}
	for i := range n {
		for _, p := range partsOf(i + 1) {
			now[p.Name] = p.Data
		}
	}
	for _, name := range slices.Sorted(maps.Keys(now)) {
		if data := now[name]; data != nil {
			parts = append(parts, engine.Part{Name: name, Data: data})
		}
	}
	return parts
}

// countUp makes what is stored of a ref longer by one, again and again.
func countUp(t *testing.T, s *bolt.Store, writer int) {
	for {
		r, err := s.Load(t.Context(), web(writer))
		if err != nil {
			panic(err)
		}
		r.Data = append(r.Data, 'x')
		r.Parts = partsOf(len(r.Data))
		if _, err = s.Put(t.Context(), r); err != nil {
			panic(err)
		}
		fmt.Printf("%d %d\n", writer, len(r.Data))
	}
}
