package figures

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// needProc skips a figure where programs cannot be measured.
func needProc(t *testing.T) {
	t.Helper()
	if _, err := os.Stat("/proc/self/schedstat"); err != nil {
		t.Skip("no /proc here: ", err)
	}
}

// proc reads a file of a program's folder in /proc.
func (p *program) proc(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p.cmd.Process.Pid), name))
	require.NoError(t, err)
	return string(text)
}

// field reads the number that follows a name.
func field(t *testing.T, text, name string) int64 {
	t.Helper()
	found := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + `:?\s+(\d+)`).FindStringSubmatch(text)
	require.NotNil(t, found, "%s in:\n%s", name, text)
	n, err := strconv.ParseInt(found[1], 10, 64)
	require.NoError(t, err)
	return n
}

// cpu returns the CPU that a program has used, all its threads together. Those of Go do not end.
func (p *program) cpu(t *testing.T) time.Duration {
	t.Helper()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", p.cmd.Process.Pid))
	require.NoError(t, err)
	require.NotEmpty(t, threads)
	var sum time.Duration
	for _, thread := range threads {
		text, err := os.ReadFile(thread)
		require.NoError(t, err)
		nanoseconds, err := strconv.ParseInt(strings.Fields(string(text))[0], 10, 64)
		require.NoError(t, err)
		sum += time.Duration(nanoseconds)
	}
	return sum
}

// resident returns what memory a program has, in MiB.
func (p *program) resident(t *testing.T) float64 {
	t.Helper()
	return float64(field(t, p.proc(t, "status"), "VmRSS")) / 1024
}

// written returns how many bytes a program has written, to its store, its log and its connections.
func (p *program) written(t *testing.T) int64 {
	t.Helper()
	return field(t, p.proc(t, "io"), "wchar")
}

// collected has alertscale collect its garbage and give back what it does not need, and returns what is resident
// then and what its heap holds, in MiB.
func (p *program) collected(t *testing.T) (resident, heap float64) {
	t.Helper()
	for range 2 { // the second frees what finalizers kept
		get(t, p.url+"/debug/pprof/heap?gc=1")
	}
	heap = float64(field(t, get(t, p.url+"/debug/pprof/heap?debug=1"), "# HeapAlloc =")) / (1 << 20)
	time.Sleep(settle)
	return p.resident(t), heap
}

// settle is how long the runtime is given to return memory to the system.
const settle = 3 * time.Second

func ms(d time.Duration) string  { return fmt.Sprintf("%.2f ms", float64(d)/1e6) }
func sec(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }
func mib(n float64) string       { return fmt.Sprintf("%.1f MiB", n) }
func kib(n float64) string       { return fmt.Sprintf("%.1f KiB", n) }
