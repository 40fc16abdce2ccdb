package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// chainOptions are those that follow the alerts of a folder's rules* through its config* to its alertscale.yml.
func chainOptions(dir string) CheckOptions {
	return CheckOptions{
		Files: []string{filepath.Join(dir, "alertscale.yml")}, Alertmanager: []string{filepath.Join(dir, "config*")},
		Rules: []string{filepath.Join(dir, "rules*")},
	}
}

// TestCheck_Chain follows alerts through the files of each folder. What is printed stands beside them.
func TestCheck_Chain(t *testing.T) {
	dirs, err := filepath.Glob("testdata/chain/*")
	require.NoError(t, err)
	require.Greater(t, len(dirs), 10)
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			var out, errOut bytes.Buffer
			code := Check(&out, &errOut, chainOptions(dir))
			require.Equal(t, strings.HasPrefix(errOut.String(), "  FAILED"), code == 1)
			golden(t, filepath.Join(dir, "printed.txt"), out.String()+errOut.String())
		})
	}
}

// TestCheck_ChainOfExamples: each alert of what is shipped reaches a rule, each rule is reached, and there is nothing to
// warn of.
func TestCheck_ChainOfExamples(t *testing.T) {
	for dir, files := range map[string][2]string{
		"":                 {"config.yml", "rules.conf"},
		"swarm":            {"config.yml", "rules.conf"},
		"rancher":          {"config.yml", "rules.conf"},
		"rancher/rancher2": {"alertmanagerconfig.yaml", "prometheusrule.yaml"},

		"dockercoins/swarm":      {"../config.yml", "../rules.conf"},
		"dockercoins/rancher":    {"../config.yml", "../rules.conf"},
		"dockercoins/kubernetes": {"../config.yml", "../rules.conf"},
	} {
		dir = filepath.Join("../../examples", dir)
		for _, rules := range []string{files[1], "prometheus.yml"} {
			rules = filepath.Join(dir, rules)
			if _, err := os.Stat(filepath.Join(dir, filepath.Base(files[1]))); err != nil && filepath.Base(rules) == "prometheus.yml" {
				continue // rules that several share are not beside it
			}
			if _, err := os.Stat(rules); err != nil {
				continue // manifests have no configuration of Prometheus
			}
			var out, errOut bytes.Buffer
			require.Zero(t, Check(&out, &errOut, CheckOptions{
				Files: []string{filepath.Join(dir, "alertscale.yml")}, LintFails: true,
				Alertmanager: []string{filepath.Join(dir, files[0])}, Rules: []string{rules},
			}), errOut.String())
			require.Empty(t, errOut.String())
			require.NotContains(t, out.String(), "reaches no rule")
			require.Contains(t, out.String(), "reach a rule")
		}
	}
}

// TestCheck_JSON is all that check prints, as one object.
func TestCheck_JSON(t *testing.T) {
	o := chainOptions("testdata/chain/alerts")
	o.Files = append(o.Files, "testdata/warned.yml", "testdata/chain/alerts/config.yml", "testdata/none.yml", "-")
	o.JSON, o.Stdin = true, strings.NewReader("targets: {web: 1}\nrules: []\n")
	var out, errOut bytes.Buffer
	require.Equal(t, 1, Check(&out, &errOut, o))
	require.Empty(t, errOut.String())
	require.True(t, json.Valid(out.Bytes()))
	golden(t, "testdata/check.json", out.String())

	out.Reset()
	require.Equal(t, 1, Check(&out, &errOut, CheckOptions{JSON: true, Files: []string{"testdata/warned.yml"}, Rules: []string{"testdata/none*"}}))
	require.Contains(t, out.String(), `"text": "--rules wants --alertmanager-config`)

	out.Reset()
	require.Equal(t, 0, Check(&out, &errOut, CheckOptions{JSON: true, Files: []string{"testdata/warned.yml"}}))
	require.Contains(t, out.String(), `"ok": true`)
}

// TestCheck_ChainThatCannotBeRead: files that are not there, and one half without the other.
func TestCheck_ChainThatCannotBeRead(t *testing.T) {
	const file = "testdata/chain/alerts/alertscale.yml"
	for want, o := range map[string]CheckOptions{
		"--alertmanager-config wants --rules: ": {Alertmanager: []string{"testdata/chain/alerts/config.yml"}},
		"testdata/none*: there is no such file\ntestdata/chain/none.conf: there is no such file\n": {
			Rules: []string{"testdata/none*", "testdata/chain/none.conf"}, Alertmanager: []string{"testdata/chain/alerts/config.yml"},
		},
		"--rules: no file holds an alerting rule": {
			Rules: []string{"-"}, Alertmanager: []string{"testdata/chain/alerts/config.yml"}, Stdin: strings.NewReader("groups: []\n"),
		},
		"no file holds a configuration of Alertmanager": {
			Rules: []string{"testdata/chain/alerts/rules.conf"}, Alertmanager: []string{"-"},
			Stdin: strings.NewReader("{apiVersion: v1, kind: Secret}"),
		},
		"<stdin>:1: this is a file of Prometheus's rules (groups), and not Alertmanager's; ": {
			Rules: []string{"testdata/chain/alerts/rules.conf"}, Alertmanager: []string{"-"}, Stdin: strings.NewReader("groups: []\n"),
		},
	} {
		o.Files = []string{file}
		var out, errOut bytes.Buffer
		require.Equal(t, 1, Check(&out, &errOut, o))
		require.Contains(t, errOut.String(), "  FAILED:\n"+want)
		require.Contains(t, out.String(), "SUCCESS: 1 driver, 1 target, 4 rules found\n", "the file itself is right")
	}
}

// TestCheck_ChainFails: with --lint=fail, warnings are faults here, too.
func TestCheck_ChainFails(t *testing.T) {
	o := chainOptions("testdata/chain/bypath")
	o.LintFails = true
	var out, errOut bytes.Buffer
	require.Equal(t, 1, Check(&out, &errOut, o))
	require.True(t, strings.HasPrefix(errOut.String(), "  FAILED:\ntestdata/chain/bypath/rules.conf:1: warning: alert \"Idle\": "), errOut.String())
}
