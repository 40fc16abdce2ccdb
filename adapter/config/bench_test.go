package config

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// manyRules is a file of n rules, each with a choice that all have and an expression of its own.
func manyRules(n int) string {
	var b strings.Builder
	b.WriteString("drivers: {sim: {type: simulator, workloads: {web: 3}}}\ntargets: {web: {driver: sim, name: web, max: 5}}\nrules:\n")
	for i := range n {
		fmt.Fprintf(&b, `  - {name: r%d, matchers: ['alertname="Busy"', 'severity=~"warning|critical"', 'namespace=~"ns%d|other%d"'], target: web, up: 1}`+"\n", i, i, i)
	}
	return b.String()
}

func cpuTime() time.Duration {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used)
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func liveMiB() float64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / (1 << 20)
}

// BenchmarkParse is what `check` does with a large file.
func BenchmarkParse(b *testing.B) {
	for _, n := range []int{10, 1000, 100_000} {
		text := []byte(manyRules(n))
		b.Run(fmt.Sprintf("rules=%d", n), func(b *testing.B) {
			before := cpuTime()
			for b.Loop() {
				_, err := Parse("bench.yml", text, LoadOptions{})
				require.NoError(b, err)
			}
			b.ReportMetric(float64(cpuTime()-before)/float64(b.N)/float64(n), "cpu-ns/rule")
		})
	}
}

// BenchmarkLoad_Files is the same rules in a thousand files of a hundred, to be compared with the one of BenchmarkParse; and what
// the watch takes to see that nothing has changed.
func BenchmarkLoad_Files(b *testing.B) {
	const files, each = 1000, 100
	dir := b.TempDir()
	head, text, _ := strings.Cut(manyRules(files*each), "rules:\n")
	lines := strings.SplitAfter(text, "\n")
	for i := range files {
		writeFiles(b, dir, map[string]string{fmt.Sprintf("rules/%04d.yml", i): "rules:\n" + strings.Join(lines[i*each:(i+1)*each], "")})
	}
	writeFiles(b, dir, map[string]string{"alertscale.yml": head + "rule_files: [rules/*.yml]\n"})
	main := filepath.Join(dir, "alertscale.yml")
	b.Run("load", func(b *testing.B) {
		for b.Loop() {
			f, err := Load(main, LoadOptions{})
			require.NoError(b, err)
			require.Len(b, f.Rules.Rules, files*each)
		}
	})
	b.Run("unchanged", func(b *testing.B) {
		f, err := Load(main, LoadOptions{})
		require.NoError(b, err)
		for b.Loop() {
			now, err := f.state.again(main)
			require.NoError(b, err)
			require.Equal(b, f.state.sum, now)
		}
	})
}

// BenchmarkReload shows what is kept of a large file, and that reloads keep no more.
func BenchmarkReload(b *testing.B) {
	path := filepath.Join(b.TempDir(), "alertscale.yml")
	require.NoError(b, os.WriteFile(path, []byte(manyRules(100_000)), 0o600))
	for b.Loop() {
		before := liveMiB()
		r := newReloading(b, path)
		b.ReportMetric(liveMiB()-before, "live-MiB")
		for range 10 {
			require.NoError(b, r.Reload())
		}
		b.ReportMetric(liveMiB()-before, "live-MiB-after-10")
		runtime.KeepAlive(r)
	}
}
