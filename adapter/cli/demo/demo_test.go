package demo

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"alertscale/adapter/cli/replay"
	"alertscale/examples"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden file again")

// hour shows an hour of the simulated world in a second.
func hour(t *testing.T, o Options) string {
	t.Helper()
	var out bytes.Buffer
	o.Speed, o.Duration = maxSpeed, time.Second
	require.NoError(t, Run(t.Context(), &out, o))
	return out.String()
}

// TestOutput: what is printed is the same each time, and fits a terminal of 80 columns.
func TestOutput(t *testing.T) {
	got := hour(t, Options{})
	if *update {
		require.NoError(t, os.WriteFile("testdata/demo.txt", []byte(got), 0o600))
	}
	want, err := os.ReadFile("testdata/demo.txt")
	require.NoError(t, err)
	require.Equal(t, string(want), got)
	for _, line := range strings.Split(got, "\n") {
		require.LessOrEqual(t, utf8.RuneCountInString(line), width, line)
	}
}

// TestOutput_ShowsWhatMatters: the alert and the threshold that it crossed, a step, a repeat that does nothing, a cooldown that
// defers and what became of the call, and a summary that counts them.
func TestOutput_ShowsWhatMatters(t *testing.T) {
	got := strings.Join(strings.Fields(hour(t, Options{})), " ") // lines are broken anywhere
	at := 0
	for _, next := range []string{
		`rules.conf DeploymentBusy: load > 80% for 2m, keep_firing_for 5m DeploymentIdle: load < 30% for 15m`,
		`firing DeploymentBusy{deployment="web", namespace="shop", severity="warning"}: 90% > 80% for 2m`,
		`→ scaled 3 → 5 by "web is busy": 1 alert fires; up 2: 3 → 5`,
		`repeat DeploymentBusy fires still`,
		`→ duplicate 5 by "web is busy": nothing new`,
		`firing DeploymentIdle{deployment="web", namespace="shop", severity="info"}: 20% < 30% for 15m`,
		`→ cooldown 4 by "web is busy": 1 alert fires; up 2: 4 → 6; cooldown up until 12:28:10`,
		`12:28:10 → scaled 4 → 6 by "web is busy"`,
		`steps taken 5 alerts 5: 3 × DeploymentBusy, 2 × DeploymentIdle notifications 15, of which 6 repeats did nothing deferred 1 "web is busy" met a cooldown`,
		`alertscale --dry-run --config.file=examples/alertscale.yml`,
	} {
		i := strings.Index(got[at:], next)
		require.GreaterOrEqual(t, i, 0, "%q is not in, after %q:\n%s", next, got[:at], got[at:])
		at += i
	}
	require.Equal(t, 5, strings.Count(got, "→ scaled"), "a repeat is no step")
}

// TestReadme: README.md shows what the demo prints, in its order, with dots for what it leaves out.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("../../../README.md")
	require.NoError(t, err)
	block := regexp.MustCompile("(?s)```console\n\\$ go run \\. demo\n(.*?)```").FindSubmatch(readme)
	require.NotNil(t, block, "README.md shows no demo")
	rest := hour(t, Options{})
	for _, part := range strings.Split(string(block[1]), "…\n") {
		i := strings.Index(rest, part)
		require.GreaterOrEqual(t, i, 0, "this part is not printed:\n%s\nhere:\n%s", part, rest)
		rest = rest[i+len(part):]
	}
}

// TestTerminal: there the load is a line that is written over, and stays one.
func TestTerminal(t *testing.T) {
	got := hour(t, Options{Terminal: true})
	require.Contains(t, got, clearLine+"12:06:15  load         54%  █████······· 5  → scaled 3 → 5 by")
	for _, line := range strings.FieldsFunc(strings.ReplaceAll(got, clearLine, "\r"), func(r rune) bool { return r == '\r' || r == '\n' }) {
		require.LessOrEqual(t, utf8.RuneCountInString(line), width, line)
	}
}

// TestRecorded: what happened in the demo is replayed to the same steps.
func TestRecorded(t *testing.T) {
	history := filepath.Join(t.TempDir(), "history.jsonl")
	require.Contains(t, hour(t, Options{History: history}), "alertscale replay --config.file=examples/alertscale.yml --out=demo.html "+history)
	var out, errOut bytes.Buffer
	require.NoError(t, replay.Run(t.Context(), &out, &errOut, replay.Options{Config: "../../../examples/alertscale.yml", Files: []string{history}, Tail: time.Minute}))
	require.Empty(t, errOut.String())
	for _, step := range []string{
		"12:06:10  scaled       3 → 5  web is busy", "12:27:10  scaled       5 → 4  web is idle", "12:27:50  cooldown     4      web is busy",
		"12:28:10  scaled       4 → 6  web is busy", "12:36:10  scaled       6 → 8  web is busy", "12:54:10  scaled       8 → 7  web is idle",
	} {
		require.Contains(t, out.String(), step)
	}
	require.Error(t, Run(t.Context(), &out, Options{Speed: 600, Duration: time.Second, History: t.TempDir()}))
}

// TestCutShort: who ends it is told what happened up to then.
func TestCutShort(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	var out bytes.Buffer
	require.NoError(t, Run(ctx, &out, Options{Speed: maxSpeed, Duration: time.Hour}))
	require.Contains(t, out.String(), "steps taken")
	for _, bad := range []Options{{}, {Speed: 1}, {Speed: maxSpeed + 1, Duration: time.Second}} {
		require.ErrorContains(t, Run(t.Context(), &out, bad), "--speed and --duration must be above 0, and --speed at most 3600")
	}
}

// TestTheAlarmsAreThoseOfTheFiles: another threshold, another duration and another route are the demo's too.
func TestTheAlarmsAreThoseOfTheFiles(t *testing.T) {
	changed := func(text []byte, oldnew ...string) []byte {
		return []byte(strings.NewReplacer(oldnew...).Replace(string(text)))
	}
	alarms, err := readAlarms(
		changed(examples.Rules, "> 0.8", "> 0.55", "for: 2m", "for: 7m", "severity: warning", "team: shop", "keep_firing_for: 5m", "keep_firing_for: 6m", "interval: 30s", "interval: 45s"),
		changed(examples.Alertmanager, "group_wait: 10s", "group_wait: 20s", "group_interval: 1m", "group_interval: 3m", "repeat_interval: 4h", "repeat_interval: 2h"))
	require.NoError(t, err)
	busy := alarms[0]
	require.Equal(t, threshold{metric: "namespace_deployment:cpu_usage_requests:ratio", above: true, at: 0.55}, busy.threshold)
	require.Equal(t, `DeploymentBusy{deployment="web", namespace="shop", team="shop"}`, text(busy.labels))
	require.Equal(t, []time.Duration{7 * time.Minute, 6 * time.Minute, 45 * time.Second}, []time.Duration{busy.rule.For, busy.rule.KeepFiring, busy.rule.Interval})
	require.Equal(t, []time.Duration{20 * time.Second, 3 * time.Minute, 2 * time.Minute}, []time.Duration{busy.group.GroupWait, busy.group.GroupInterval, busy.group.repeatInterval()})
	require.Equal(t, "alertscale", busy.group.Receiver)

	for _, c := range []struct{ old, changed, says string }{
		{"ratio > 0.8", "rate", `rules.conf:45: DeploymentBusy: the demo wants an expression such as METRIC > 0.8, got "namespace_deployment:cpu_usage_requests:rate"`},
		{"ratio > 0.8", "rate > 0.8", "rules.conf:45: DeploymentBusy: no rule records namespace_deployment:cpu_usage_requests:rate"},
		{"sum by (namespace, deployment)", "sum by (namespace)", "rules.conf:45: DeploymentBusy: namespace_deployment:cpu_usage_requests:ratio has no label deployment"},
		{"> 0.8", "< 0.8", "rules.conf: the demo wants an alert of a service that is busy, with an expression such as METRIC > 0.8"},
	} {
		_, err := readAlarms(changed(examples.Rules, c.old, c.changed), examples.Alertmanager)
		require.EqualError(t, err, c.says)
	}
}
