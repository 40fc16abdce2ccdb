// Package checking compares what `alertscale check` knows of Prometheus and Alertmanager with the programs themselves.
package checking

import (
	"fmt"
	"maps"
	"math/rand"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"alertscale/adapter/promfiles"
	"alertscale/rules/possible"
	"alertscale/rules/promql"
	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// dice draws expressions and routes. What it draws is the same each time.
type dice struct{ *rand.Rand }

func newDice() dice { return dice{rand.New(rand.NewSource(1))} } //nolint:gosec // not for secrets

func (d dice) one(of ...string) string { return of[d.Intn(len(of))] }

// labels is a list of labels in brackets.
func (d dice) labels() string {
	var all []string
	for _, name := range []string{"a", "b", "c"} {
		if d.Intn(2) == 0 {
			all = append(all, name)
		}
	}
	return "(" + strings.Join(all, ", ") + ")"
}

func (d dice) selector() string {
	matchers := ""
	for range d.Intn(3) {
		matchers += d.one("a", "b", "c") + d.one("=", "!=", "=~", "!~") + d.one(`"1"`, `""`, `"1|2"`, `".+"`) + ","
	}
	return d.one("x", "y") + "{" + matchers + "}"
}

// expression draws one that is so deep at most.
func (d dice) expression(depth int) string {
	if depth == 0 {
		return d.selector()
	}
	in := func() string { return "(" + d.expression(depth-1) + ")" }
	pairs := func() string { return d.one("", "on "+d.labels(), "ignoring "+d.labels()) }
	switch d.Intn(9) {
	case 0:
		return d.one("sum", "max", "count") + d.one(" by ", " without ") + d.labels() + in()
	case 1:
		return "topk by " + d.labels() + "(1, " + d.expression(depth-1) + ")"
	case 2:
		return d.one("last_over_time(", "rate(") + d.selector() + "[5m])"
	case 3:
		return "absent(" + d.selector() + ")"
	case 4:
		return fmt.Sprintf(`label_replace(%s, "%s", "%s", "%s", "(1|2)")`, d.expression(depth-1), d.one("a", "b"), d.one("9", "$1", ""), d.one("a", "c"))
	case 5:
		return in() + d.one(" > ", " * ", " == ") + d.one("1", "scalar(x)")
	case 6:
		return in() + d.one(" + ", " >= ", " * ") + pairs() + in()
	case 7:
		return in() + " * on " + d.one("()", "(a)", "(a, c)") + d.one(" group_left ", " group_right ") + d.one("()", "(b)") + in()
	default:
		return in() + d.one(" and ", " or ", " unless ") + d.one("", "on "+d.labels()) + in()
	}
}

// TestLabelsThatPrometheusGives has Prometheus evaluate expressions. The labels of what comes of them are among those that
// `alertscale check` takes for possible.
func TestLabelsThatPrometheusGives(t *testing.T) {
	d := newDice()
	exprs, data := map[string]string{}, make([]string, 5)
	for i := range 400 {
		exprs[fmt.Sprintf("A%d", i)] = d.expression(1 + d.Intn(3))
	}
	for i := range data {
		data[i] = series(d)
	}
	found := 0
	for _, result := range regexp.MustCompile(`Labels:\{(.*)\}`).FindAllStringSubmatch(evaluated(t, exprs, data), -1) {
		has := map[string]string{}
		for _, pair := range regexp.MustCompile(`(\w+)="([^"]*)"`).FindAllStringSubmatch(result[1], -1) {
			has[pair[1]] = pair[2]
		}
		expr := exprs[has["alertname"]]
		known, err := promql.Labels(expr, nil)
		require.NoError(t, err, expr)
		for _, name := range []string{"a", "b", "c"} {
			require.True(t, known.Get(name).MayBe(has[name]), "%s of %s in the results of %s", name, result[1], expr)
		}
		found++
	}
	t.Log(found, "results of", len(exprs), "expressions")
	require.Greater(t, found, 1000)
}

// evaluated returns what promtool says of the alerts of expressions, of which it expects none. Those that it cannot evaluate
// on the data are taken out.
func evaluated(t *testing.T, exprs map[string]string, data []string) string {
	dir := t.TempDir()
	failed := regexp.MustCompile(`rule: (A\d+), `)
	for {
		rules, expected := "groups:\n- name: all\n  rules:\n", "  alert_rule_test:\n"
		for _, name := range slices.Sorted(maps.Keys(exprs)) {
			rules += fmt.Sprintf("  - {alert: %s, expr: '%s'}\n", name, exprs[name])
			expected += fmt.Sprintf("  - {eval_time: 5m, alertname: %s}\n", name)
		}
		tests := "rule_files: [rules.yml]\ntests:\n"
		for _, series := range data {
			tests += "- interval: 1m\n  input_series:\n" + series + expected
		}
		require.NoError(t, os.WriteFile(filepath.Join(dir, "rules.yml"), []byte(rules), 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "tests.yml"), []byte(tests), 0o600))
		out, err := stack.Run(t, dir, stack.Prometheus, "promtool", "test", "rules", "tests.yml")
		require.Error(t, err, "promtool tells of what it did not expect")
		gone := failed.FindAllStringSubmatch(out, -1)
		if gone == nil {
			return out
		}
		before := len(exprs)
		for _, g := range gone {
			delete(exprs, g[1])
		}
		require.Less(t, len(exprs), before, out)
	}
}

// series draws some series of x and y.
func series(d dice) string {
	var b strings.Builder
	seen := map[string]bool{}
	for range 8 {
		labels := ""
		for _, name := range []string{"a", "b", "c"} {
			if value := d.one("", "1", "2", "3"); value != "" {
				labels += fmt.Sprintf("%s=%q,", name, value)
			}
		}
		if s := d.one("x", "y") + "{" + labels + "}"; !seen[s] {
			seen[s] = true
			fmt.Fprintf(&b, "  - {series: '%s', values: '1+%dx20'}\n", s, 1+d.Intn(3))
		}
	}
	return b.String()
}

// route draws a route and those below it.
func (d dice) route(indent string, depth int) string {
	text := indent + "- receiver: " + d.one("r1", "r2", "r3") + "\n"
	if d.Intn(4) > 0 {
		text += fmt.Sprintf("%s  matchers: ['%s%s%s']\n", indent, d.one("a", "b", "c"), d.one("=", "!=", "=~", "!~"), d.one(`"1"`, `""`, `"1|2"`, "2"))
	}
	if d.Intn(3) == 0 {
		text += indent + "  match: {b: '1'}\n"
	}
	if d.Intn(3) == 0 {
		text += indent + "  continue: true\n"
	}
	if n := d.Intn(3); depth > 0 && n > 0 {
		text += indent + "  routes:\n"
		for range n {
			text += d.route(indent+"    ", depth-1)
		}
	}
	return text
}

// TestRoutesThatAlertmanagerTakes asks amtool where alerts go. `alertscale check` finds the same receivers.
func TestRoutesThatAlertmanagerTakes(t *testing.T) {
	d, dir := newDice(), t.TempDir()
	asked := map[string]bool{}
	for range 12 {
		text := "route:\n  receiver: r0\n  routes:\n" + d.route("    ", 2) + d.route("    ", 2) + "receivers: [{name: r0}, {name: r1}, {name: r2}, {name: r3}]\n"
		require.NoError(t, os.WriteFile(filepath.Join(dir, "config.yml"), []byte(text), 0o600))
		trees, err := promfiles.ReadAlertmanager([]promfiles.Source{{Name: "config.yml", Text: []byte(text)}})
		require.NoError(t, err, text)
		for range 4 {
			args, known := []string{"config", "routes", "test", "--config.file=config.yml"}, possible.NoLabels()
			for _, name := range []string{"a", "b", "c"} {
				if value := d.one("", "1", "2"); value != "" {
					args = append(args, name+"="+value)
					known = known.With(name, possible.OneOf(value))
				}
			}
			var receivers []string
			for _, way := range trees[0].Ways(known) {
				receivers = append(receivers, way.Route.Receiver)
			}
			out, err := stack.Run(t, dir, stack.Alertmanager, "amtool", args...)
			require.NoError(t, err, out)
			require.Equal(t, strings.TrimSpace(out), strings.Join(receivers, ","), "%v\n%s", args[4:], text)
			asked[strings.TrimSpace(out)] = true
		}
	}
	require.Greater(t, len(asked), 5, "they differ")
}
