package figures

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// largeFile measures what a file of 100,000 rules takes: to be checked, and in memory, at first and after reloads.
func largeFile(t *testing.T, a *alone) {
	const rules, reloads = 100_000, 10
	dir := t.TempDir()
	text := rulesOf(rules, usual)
	file := filepath.Join(dir, "checked.yml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	var wall, cpu []time.Duration
	for range either(3, 5) {
		cmd := exec.CommandContext(t.Context(), a.path, "check", file)
		wall = append(wall, took(t, cmd.Run))
		cpu = append(cpu, cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime())
	}
	a.table.atMost("check of 100,000 rules", 2, median(wall).Seconds(), "s", sec(median(cpu))+" of CPU")

	p := serve(t, serving{path: a.path, dir: dir, text: text})
	time.Sleep(settle)
	first := p.resident(t)
	for range reloads {
		res, err := http.Post(p.url+"/-/reload", "", nil)
		require.NoError(t, err)
		res.Body.Close()
		require.Equal(t, http.StatusOK, res.StatusCode)
	}
	time.Sleep(settle)
	last := p.resident(t)
	least, heap := p.collected(t)
	a.table.atMost("  resident", 300, first, "MiB", "ready after "+sec(p.ready))
	a.table.atMost("  after ten reloads", 400, last, "MiB", "collected "+mib(least)+", of which heap "+mib(heap))
}
