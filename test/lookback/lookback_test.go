// Package lookback has `alertscale replay` look back at what a real Prometheus remembers.
package lookback

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"alertscale/test/shipped"
	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the output in docs")

// begin is the beginning of the days that Prometheus remembers, of which it evaluated rules each minute.
var begin = time.Date(2026, time.March, 2, 0, 0, 0, 0, time.UTC)

const days = 3

// memory is samples in the making.
type memory struct{ alerts, active, counts []string }

// fires writes down that an alert fired from a minute to another one, after it had been pending for five.
func (m *memory) fires(labels string, from, to time.Duration) {
	for at := from - 5*time.Minute; at < to; at += time.Minute {
		state := "firing"
		if at < from {
			state = "pending"
		}
		now := begin.Add(at).Unix()
		m.alerts = append(m.alerts, fmt.Sprintf("ALERTS{%s,alertstate=%q} 1 %d", labels, state, now))
		m.active = append(m.active, fmt.Sprintf("ALERTS_FOR_STATE{%s} %d %d", labels, begin.Add(from-5*time.Minute).Unix(), now))
	}
}

// count writes down the count of a Deployment.
func (m *memory) count(deployment string, n int, from, to time.Duration) {
	for at := from; at < to; at += time.Minute {
		m.counts = append(m.counts, fmt.Sprintf("kube_deployment_spec_replicas{namespace=\"shop\",deployment=%q} %d %d", deployment, n, begin.Add(at).Unix()))
	}
}

// text is what promtool reads: each series from its beginning to its end.
func (m *memory) text() string {
	var b strings.Builder
	for name, lines := range map[string][]string{"ALERTS": m.alerts, "ALERTS_FOR_STATE": m.active, "kube_deployment_spec_replicas": m.counts} {
		slices.SortStableFunc(lines, func(a, b string) int {
			return cmp.Compare(a[:strings.IndexByte(a, '}')], b[:strings.IndexByte(b, '}')])
		})
		fmt.Fprintf(&b, "# TYPE %s gauge\n%s\n", name, strings.Join(lines, "\n"))
	}
	return b.String() + "# EOF\n"
}

// busy and idle are alerts of examples/rules.conf.
func busy(deployment string) string {
	return fmt.Sprintf(`alertname="DeploymentBusy",severity="warning",namespace="shop",deployment=%q`, deployment)
}

func idle(deployment string) string {
	return fmt.Sprintf(`alertname="DeploymentIdle",severity="info",namespace="shop",deployment=%q`, deployment)
}

// decided is a decision of a replay.
type decided struct {
	At                 time.Time
	Ref, Rule, Verdict string
	From, To           int
}

func (d decided) String() string {
	return fmt.Sprintf("%s %s %q %s %d → %d", d.At.Format("02 15:04:05"), d.Ref[len("kubernetes:Deployment/shop/"):], d.Rule, d.Verdict, d.From, d.To)
}

// report is what a replay comes to.
type report struct {
	Decisions []decided
	Counts    map[string]int
	said      string // beside that
}

// look runs the command.
func look(t *testing.T, args ...string) (r report) {
	t.Helper()
	var stderr strings.Builder
	cmd := exec.CommandContext(t.Context(), shipped.Build(t), append([]string{"replay", "--json"}, args...)...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "%s", stderr.String())
	require.NoError(t, json.Unmarshal(out, &r))
	r.said = stderr.String()
	return r
}

// replayed are the decisions that a replay comes to.
func replayed(t *testing.T, args ...string) []decided { t.Helper(); return look(t, args...).Decisions }

// replay is what a replay decides, as texts, with the counts at the end, and what it says beside that.
func replay(t *testing.T, args ...string) (all []string, counts map[string]int, said string) {
	t.Helper()
	r := look(t, args...)
	for _, d := range r.Decisions {
		all = append(all, d.String())
	}
	return all, r.Counts, r.said
}

// file writes a file of examples/.
func file(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(shipped.File(t, name)), 0o600))
	return path
}

const hour = time.Hour

// remembered is a Prometheus that remembers three days.
func remembered(t *testing.T) *stack.PrometheusServer {
	t.Helper()
	m := &memory{}
	m.fires(`alertname="Watchdog",severity="none"`, 0, days*24*hour)
	m.fires(busy("cart"), 0, 30*time.Minute) // before the time that is asked for as well
	m.fires(busy("web"), 8*hour, 8*hour+20*time.Minute)
	m.fires(busy("web"), 33*hour, 33*hour+30*time.Minute)
	m.fires(idle("web"), 20*hour, 21*hour)
	m.count("web", 3, 0, 30*hour)
	m.count("web", 8, 30*hour, days*24*hour)
	m.count("cart", 4, 0, days*24*hour)
	return stack.StartPrometheus(t, stack.PrometheusOptions{
		Remembers: m.text(), Config: "global: {evaluation_interval: 1m, external_labels: {cluster: eu}}\n",
	})
}

// TestWhatTheRulesWouldHaveDone looks back with the files of examples/. The last sample of an alert is not followed by one that says
// that it is over, as promtool writes none, so that Alertmanager waits for four minutes until it takes it for resolved.
func TestWhatTheRulesWouldHaveDone(t *testing.T) {
	p := remembered(t)
	args := []string{
		"--config.file=" + file(t, "alertscale.yml"), "--prometheus=" + p.URL, "--from=2026-03-02T00:10:00Z", "--to=2026-03-05",
		`--count-query=any-deployment=kube_deployment_spec_replicas`,
	}
	routes := "--alertmanager-config=" + file(t, "config.yml")

	all, counts, said := replay(t, append(args, routes)...)
	require.Equal(t, []string{
		`02 00:10:00 cart "deployment is busy" dry_run 4 → 6`,
		`02 00:33:00 cart "deployment is busy" resolved 4 → 4`,
		`02 08:00:10 web "web is busy" scaled 3 → 5`,
		`02 08:23:10 web "web is busy" resolved 5 → 5`,
		`02 20:00:10 web "web is idle" scaled 5 → 4`,
		`02 21:03:10 web "web is idle" resolved 4 → 4`,
		`03 09:00:10 web "web is busy" scaled 4 → 6`,
		`03 09:33:10 web "web is busy" resolved 6 → 6`,
	}, all)
	require.Equal(t, map[string]int{"kubernetes:Deployment/shop/web": 6, "kubernetes:Deployment/shop/cart": 4}, counts)
	require.Contains(t, said, "alerts fired 5 times, of which 4 come to alertscale")

	followed, counts, _ := replay(t, append(args, routes, "--follow-counts")...)
	require.Contains(t, followed, `03 09:00:10 web "web is busy" scaled 8 → 10`, "somebody else made it 8 meanwhile")
	require.Equal(t, 10, counts["kubernetes:Deployment/shop/web"])

	grouped, _, said := replay(t, append(args, "--group-by=alertname,namespace,deployment")...)
	require.Len(t, grouped, 8)
	require.Equal(t, `02 08:00:30 web "web is busy" scaled 3 → 5`, grouped[2], "with group_wait's default")
	require.Contains(t, said, "alerts fired 5 times, of which 5 come to alertscale")
}

// looking is a command of a page that looks back, and what it prints.
var looking = regexp.MustCompile("(?s)```text\n\\$ alertscale ([^\n]*--prometheus[^\n]*)\n(.*?)```")

// TestPage runs the command of docs/testing-rules.md on the Prometheus of the test.
func TestPage(t *testing.T) {
	page := filepath.Join("..", "..", "docs", "testing-rules.md")
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	p := remembered(t)
	program := shipped.Build(t)
	require.Len(t, looking.FindAll(text, -1), 1)
	next := looking.ReplaceAllFunc(text, func(block []byte) []byte {
		args := string(looking.FindSubmatch(block)[1])
		cmd := exec.CommandContext(t.Context(), program, strings.Fields(strings.ReplaceAll(args, "http://localhost:9090", p.URL))...)
		cmd.Dir = filepath.Join("..", "..")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		return fmt.Appendf(nil, "```text\n$ alertscale %s\n%s```", args, strings.ReplaceAll(string(out), p.URL, "http://localhost:9090"))
	})
	if *update {
		require.NoError(t, os.WriteFile(page, next, 0o600))
	}
	require.True(t, *update || string(next) == string(text), "%s says otherwise; with -update it says:\n%s", page, next)
}

// TestNothingIsRemembered: an answer without a series of alerts is told of as what it is.
func TestNothingIsRemembered(t *testing.T) {
	p := stack.StartPrometheus(t, stack.PrometheusOptions{})
	out, err := exec.CommandContext(t.Context(), shipped.Build(t), "replay", "--config.file="+file(t, "alertscale.yml"), "--prometheus="+p.URL).CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "no alert fired from ")
	out, err = exec.CommandContext(t.Context(), shipped.Build(t), "replay", "--config.file="+file(t, "alertscale.yml"), "--prometheus="+p.URL,
		"--count-query=web=sum(").CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), `--count-query "web=sum(": query sum( from `)
	require.Contains(t, string(out), "400 Bad Request: invalid parameter \"query\": 1:5: parse error: unclosed left parenthesis")
}
