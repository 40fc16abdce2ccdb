package figures

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// manyFiles measures what the usual rules take as files of a hundred, whose targets are in the main one: to be checked, and to be
// reloaded when one of them changes.
func manyFiles(t *testing.T, a *alone) {
	const files, each = 1000, 100
	dir := t.TempDir()
	rules := filepath.Join(dir, "rules")
	require.NoError(t, os.Mkdir(rules, 0o700))
	head, text, _ := strings.Cut(rulesOf(files*each, usual), "rules:\n")
	lines := strings.SplitAfter(text, "\n")
	for i := range files {
		part := "rules:\n" + strings.Join(lines[i*each:(i+1)*each], "")
		require.NoError(t, os.WriteFile(filepath.Join(rules, fmt.Sprintf("team-%04d.yml", i)), []byte(part), 0o600))
	}
	text = head + "rule_files: [rules/*.yml]\n"
	file := filepath.Join(dir, "alertscale.yml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	var wall, cpu []time.Duration
	for range either(3, 5) {
		cmd := exec.CommandContext(t.Context(), a.path, "check", file)
		var out []byte
		wall = append(wall, took(t, func() (err error) { out, err = cmd.Output(); return err }))
		require.Contains(t, string(out), "100000 rules found in 1001 files\n")
		cpu = append(cpu, cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime())
	}
	a.table.atMost("check of 1,000 rule files of 100 rules", 5, median(wall).Seconds(), "s", sec(median(cpu))+" of CPU")

	p := serve(t, serving{path: a.path, dir: dir, config: file})
	a.table.atMost("  ready after", 5, p.ready.Seconds(), "s")
	reload := took(t, func() error {
		res, err := http.Post(p.url+"/-/reload", "", nil)
		if err == nil {
			err = res.Body.Close()
		}
		return err
	})
	a.table.atMost("  reload", 5, reload.Seconds(), "s", "resident "+mib(p.resident(t)))
}
