package ruletest

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares an output with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

// output runs files of tests, and returns all that is printed and the exit code.
func output(files []string, o Options) string {
	var out bytes.Buffer
	code := Run(&out, &out, files, o)
	return fmt.Sprintf("%sexit %d\n", out.String(), code)
}

// TestOutput compares what is printed of each file of testdata.
func TestOutput(t *testing.T) {
	files, err := filepath.Glob("testdata/*.test.yml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, path := range files {
		t.Run(path, func(t *testing.T) {
			golden(t, strings.TrimSuffix(filepath.Base(path), ".yml")+".txt", output([]string{path}, Options{Coverage: true}))
		})
	}
}

func TestTheShippedRulesAreTestedAndEachActs(t *testing.T) {
	files := []string{"../../../examples/alertscale.test.yml", "../../../examples/dockercoins/alertscale.test.yml"}
	golden(t, "examples.txt", output(files, Options{Coverage: true}))
}

func TestRunSelectsByTheName(t *testing.T) {
	files := []string{"testdata/kinds.test.yml", "testdata/misses.test.yml"}
	golden(t, "run.txt", output(files, Options{Run: regexp.MustCompile("hook"), Coverage: true}))
}

func TestJUnit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.xml")
	output([]string{"testdata/kinds.test.yml", "testdata/misses.test.yml", "testdata/faults.test.yml"}, Options{JUnit: path})
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	golden(t, "junit.xml", string(text))
	require.Contains(t, output([]string{"testdata/kinds.test.yml"}, Options{JUnit: t.TempDir()}), "write the report: ")
}

func TestAFileThatIsNotThere(t *testing.T) {
	golden(t, "missing.txt", output([]string{"testdata/nobody.test.yml"}, Options{}))
}

// BenchmarkAThousandTests are of an hour each: an alert that fires, is repeated each five minutes, and is resolved.
func BenchmarkAThousandTests(b *testing.B) {
	rules, err := filepath.Abs("testdata/rules.yml")
	require.NoError(b, err)
	var text strings.Builder
	fmt.Fprintf(&text, "config: %s\ntests:\n", rules)
	for i := range 1000 {
		fmt.Fprintf(&text, "  - name: test %d\n    counts: {web: 3}\n    input:\n", i)
		for m := range 12 {
			fmt.Fprintf(&text, "      - {at: %dm, firing: [{alertname: WebBusy, severity: critical}]}\n", 5*m)
		}
		text.WriteString("      - {at: 1h, resolved: [{alertname: WebBusy, severity: critical}]}\n" +
			"    expect:\n      - {at: 0s, target: web, verdict: scaled, count: 5}\n      - {at: 1h, target: web, verdict: resolved, count: 5}\n")
	}
	path := filepath.Join(b.TempDir(), "many.test.yml")
	require.NoError(b, os.WriteFile(path, []byte(text.String()), 0o600))
	b.ReportAllocs()
	for b.Loop() {
		if out := output([]string{path}, Options{}); !strings.Contains(out, "SUCCESS: 1000 tests") {
			b.Fatal(out)
		}
	}
}
