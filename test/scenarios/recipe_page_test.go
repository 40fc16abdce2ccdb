package scenarios

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"alertscale/test/shipped"

	"github.com/stretchr/testify/require"
)

const recipesDir = "../../docs/recipes"

// A page is what a recipe ships. Of its fenced blocks those of YAML are files, whose first line is a comment with the
// name; the one of text is what happens, a decision a line.
type page struct {
	files    map[string]string
	happened []step
}

// A step is a decision, as pages and the log tell of it. What in it depends on the time is masked.
type step struct{ rule, verdict, counts, why string }

var (
	blocks   = regexp.MustCompile("(?ms)^```(yaml|text)\n(.*?)^```$")
	alertsOf = regexp.MustCompile(`(?m)^ +- alert: (\w+)$`)
	columns  = regexp.MustCompile(` {2,}`)
	times    = regexp.MustCompile(`(\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d|\b\d+(\.\d+)?m?[hms]\b`)
)

// readPage reads a page. What it says nothing of is Alertmanager's part: that is the one of the examples, for the
// alerts of the page.
func readPage(t *testing.T, name string) page {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(recipesDir, name+".md"))
	require.NoError(t, err)
	p := page{files: map[string]string{}}
	for _, found := range blocks.FindAllStringSubmatch(string(text), -1) {
		first, _, _ := strings.Cut(found[2], "\n")
		if found[1] == "yaml" {
			require.Regexp(t, `^# (rules.conf|alertscale.yml|config.yml)$`, first)
			p.files[strings.TrimPrefix(first, "# ")] = found[2]
			continue
		}
		for line := range strings.Lines(found[2]) {
			p.happened = append(p.happened, stepOfPage(t, line))
		}
	}
	require.NotEmpty(t, p.files["rules.conf"])
	require.NotEmpty(t, p.files["alertscale.yml"])
	require.NotEmpty(t, p.happened)
	if p.files["config.yml"] == "" {
		p.files["config.yml"] = shipped.Replace(t, shipped.File(t, "config.yml"), "DeploymentBusy|DeploymentIdle", strings.Join(p.alerts(), "|"))
	}
	return p
}

// alerts names those of the page's rules.
func (p page) alerts() (all []string) {
	for _, found := range alertsOf.FindAllStringSubmatch(p.files["rules.conf"], -1) {
		all = append(all, found[1])
	}
	return all
}

// write writes the files of the page into a folder.
func (p page) write(t *testing.T) (dir string) {
	dir = t.TempDir()
	for name, text := range p.files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	return dir
}

// stepOfPage reads a line of what happens: the time, the rule, the verdict, the count or what became of it, and why.
func stepOfPage(t *testing.T, line string) step {
	t.Helper()
	part := columns.Split(strings.TrimSpace(line), -1)
	require.Len(t, part, 5, line)
	return step{part[1], part[2], part[3], mask(part[4])}
}

var decisionOf = regexp.MustCompile(`ts=\S+T(\d\d:\d\d:\d\d)\S* .*msg=decision ref=(\S+) target=(?:"[^"]*"|\S+) rule=(?:"([^"]*)"|(\S+)) verdict=(\S+) from=(\S+) to=(\S+) why="((?:\\.|[^"\\])*)"`)

// stepOfLog reads a line of alertscale's log, and tells how a page would write it. False: the line tells of no decision.
func stepOfLog(line string) (s step, written string, ok bool) {
	found := decisionOf.FindStringSubmatch(line)
	if found == nil {
		return step{}, "", false
	}
	counts := found[6]
	if found[7] != found[6] {
		counts = found[6] + " → " + found[7]
	}
	rule, why := found[3]+found[4], strings.ReplaceAll(found[8], `\"`, `"`)
	written = fmt.Sprintf("%s  %-20s  %-9s  %-7s  %s", found[1], rule, found[5], counts, why)
	return step{rule, found[5], counts, mask(why)}, written, true
}

// mask hides times and durations.
func mask(why string) string { return times.ReplaceAllString(why, "~") }
