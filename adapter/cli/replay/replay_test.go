package replay

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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

// output is what is printed, with the faults.
func output(o Options) string {
	if o.Config == "" {
		o.Config = "testdata/rules.yml"
	}
	if o.Tail == 0 {
		o.Tail = time.Hour
	}
	var out, errOut bytes.Buffer
	if err := Run(context.Background(), &out, &errOut, o); err != nil {
		errOut.WriteString("alertscale: " + err.Error() + "\n")
	}
	return errOut.String() + out.String()
}

func TestOutput(t *testing.T) {
	files := []string{"testdata/history.jsonl"}
	for name, o := range map[string]Options{
		"text.txt":         {Files: files},
		"report.json":      {Files: files, JSON: true},
		"count.txt":        {Files: files, Counts: []string{"web=5", "kubernetes:Deployment/blog/api=7"}, Tail: time.Minute},
		"follow.txt":       {Files: files, FollowCounts: true},
		"against.txt":      {Files: files, Against: "testdata/other.yml"},
		"against.json":     {Files: files, Against: "testdata/other.yml", JSON: true},
		"against-same.txt": {Files: files, Against: "testdata/rules.yml"},
		"senders.txt":      {Files: []string{"testdata/senders.jsonl"}, Config: "testdata/senders.yml", Tail: 10 * time.Minute},
		"no-senders.txt":   {Files: []string{"testdata/senders.jsonl"}, Config: "testdata/no-senders.yml", Tail: 10 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) { golden(t, name, output(o)) })
	}
}

func TestFaults(t *testing.T) {
	var all strings.Builder
	for _, o := range []Options{
		{Files: []string{"testdata/nobody.jsonl"}},
		{Files: []string{"-"}, In: strings.NewReader("nonsense\n")},
		{Files: []string{"-"}, In: strings.NewReader("")},
		{Files: []string{"testdata/history.jsonl"}, Config: "testdata/nobody.yml"},
		{Files: []string{"testdata/history.jsonl"}, Against: "testdata/nobody.yml"},
		{Files: []string{"testdata/history.jsonl"}, Counts: []string{"wbe=3"}},
	} {
		all.WriteString(output(o))
	}
	golden(t, "faults.txt", all.String())
}

// TestPage: it needs nothing from elsewhere, and tells of each decision why.
func TestPage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.html")
	for name, against := range map[string]string{"page.html": "", "page-against.html": "testdata/other.yml"} {
		require.NotContains(t, output(Options{Files: []string{"testdata/history.jsonl"}, Out: path, Against: against}), "alertscale: ")
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		golden(t, name, string(text))
		for _, loads := range []string{"http://", "https://", "src=", "href=", "url(", "@import", "<script"} {
			require.NotContains(t, string(text), loads)
		}
		require.Contains(t, string(text), "<title>2026-03-02 12:10:00  scaled 5 → 7 by &#34;web is busy&#34;\n1 alert fires\nup 2: 5 → 7\n"+
			"for {alertname=&#34;Busy&#34;, deployment=&#34;web&#34;, namespace=&#34;shop&#34;} fingerprint=7c7f6dd7fbd6321b</title>")
	}
	require.Contains(t, output(Options{Files: []string{"testdata/history.jsonl"}, Out: t.TempDir()}), "alertscale: write the page: ")
}
