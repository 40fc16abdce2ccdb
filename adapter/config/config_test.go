package config

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/driver/kubernetes"
	"alertscale/adapter/driver/simulator"
)

var update = flag.Bool("update", false, "write the golden files again")

// secretValue is that of a variable.
const secretValue = "hunter2-hunter2"

// TestInvalid: each invalid file gives exactly the message beside it. Those that are expanded have variables.
func TestInvalid(t *testing.T) {
	t.Setenv("LONG_SECRET", secretValue)
	t.Setenv("EMPTY", "")
	t.Setenv("TWO", "2")
	files, err := filepath.Glob("testdata/invalid-*.yml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			_, err := Load(file, LoadOptions{ExpandEnv: strings.Contains(file, "expanded")})
			require.Error(t, err)
			require.NotContains(t, err.Error(), secretValue[:4])
			golden := strings.TrimSuffix(file, ".yml") + ".txt"
			if *update {
				require.NoError(t, os.WriteFile(golden, []byte(err.Error()+"\n"), 0o600))
			}
			want, readErr := os.ReadFile(golden)
			require.NoError(t, readErr)
			require.Equal(t, string(want), err.Error()+"\n")
		})
	}
}

func TestValid(t *testing.T) {
	f, err := Load("testdata/valid-full.yml", LoadOptions{})
	require.NoError(t, err)
	require.Equal(t, 24*time.Hour, f.Rules.AlertTTL)
	require.Equal(t, 10*time.Second, f.Drivers["kubernetes"].Timeout)
	require.Equal(t, []string{"apps/v1/Deployment"}, f.Rules.Kinds("kubernetes"))
	require.Equal(t, map[string]int{"web": 3, "shop/cart": 2}, f.Drivers["sim"].Config.(simulator.Config).Workloads)
	web := f.Rules.Targets["web"]
	ref, fixed := web.Ref()
	require.True(t, fixed)
	require.Equal(t, "kubernetes:Deployment.apps/shop/web", ref.String())
	require.Zero(t, web.Min)
	require.Equal(t, 3, web.Max, "merged")
	require.True(t, web.DryRun)
	require.Equal(t, 10*time.Minute, f.Rules.Targets["all"].Cooldown.Down)
	require.Equal(t, time.Minute, f.Rules.Targets["all"].Cooldown.Up)
	require.True(t, f.Rules.Rules[2].Resolved)
	require.Equal(t, []string{"dev.eu-1", "hook/deploy", "prod"}, f.Rules.ScopeNames())
}

func TestWithoutDriversThereIsKubernetes(t *testing.T) {
	f, err := Parse("x.yml", []byte("targets: {a: {driver: kubernetes, kind: Deployment, namespace: n, name: a, max: 2}}\n"+
		"rules: [{name: r, matchers: [a=b], target: a, up: 1}]"), LoadOptions{DryRun: true})
	require.NoError(t, err)
	require.Equal(t, kubernetes.Config{}, f.Drivers["kubernetes"].Config)
	require.True(t, f.Rules.Targets["a"].DryRun, "the process's dry run is every target's")
}

func TestAMissingFileIsNamed(t *testing.T) {
	_, err := Load("testdata/none.yml", LoadOptions{})
	require.ErrorContains(t, err, "testdata/none.yml")
	_, _, err = Lint("testdata/none.yml", LoadOptions{})
	require.ErrorContains(t, err, "testdata/none.yml")
	require.NotContains(t, err.Error(), "--config.file", "check has no such flag")
}

// TestLint: what is read for warnings is what is read otherwise, its drivers and its Alertmanagers included.
func TestLint(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.yml")
	lint := func(alertmanager string) []string {
		require.NoError(t, os.WriteFile(file, []byte(alertmanager+"targets: {a: {driver: kubernetes, kind: Deployment, namespace: '{{ .Labels.n }}', "+
			"name: '{{ .Labels.d }}', max: 2}}\nrules: [{name: r, matchers: [a=b], target: a, up: 1, repeat: 2m}]"), 0o600))
		f, warnings, err := Lint(file, LoadOptions{})
		require.NoError(t, err)
		require.Len(t, f.Rules.Rules, 1)
		var all []string
		for _, w := range warnings {
			all = append(all, strings.TrimPrefix(w.Error(), file))
		}
		return all
	}
	require.Equal(t, []string{
		`:2: warning: rules[0] "r": matchers: keep no n out, so an alert about alertscale itself scales it by target "a"; add one such as n!="monitoring"`,
		`:2: warning: rules[0] "r": repeat: the file has no alertmanager to ask, so where a resolve is lost or all alerts of a group are silenced, ` +
			`the rule goes on until alert_ttl, 12h, has passed; set alertmanager: {urls: [...]}`,
	}, lint(""))
	require.Len(t, lint("alertmanager: {urls: ['http://a:9093']}\n"), 1)

	require.NoError(t, os.WriteFile(file, []byte("targets: {}\n"), 0o600))
	_, warnings, err := Lint(file, LoadOptions{})
	require.ErrorContains(t, err, "rules are missing")
	require.Empty(t, warnings, "a file with faults is not warned of")
}

// FuzzParse: whatever a file holds, it is read or refused with faults that have lines.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.yml")
	require.NoError(f, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, expand := range []bool{false, true} {
			fuzzed(t, text, LoadOptions{ExpandEnv: expand})
		}
	})
}

func fuzzed(t *testing.T, text []byte, o LoadOptions) {
	file, src, err := parse("f.yml", text, o)
	if err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			require.NotEmpty(t, line)
		}
		require.True(t, strings.HasPrefix(err.Error(), "f.yml:"), err.Error())
		return
	}
	require.True(t, len(file.Rules.Rules) > 0 || src.options.Partial || src.options.Optional)
	file.Rules.Lint(src.options)
	for _, w := range src.warnings() {
		require.True(t, strings.HasPrefix(w.Error(), "f.yml:"), w)
	}
	require.NoError(t, src.err())
}

func TestSecretsAreNotShown(t *testing.T) {
	for _, drivers := range []string{
		"drivers: {rancher: {url: 'http://r', access_key: K, secret_key: hunter2}}",
		"drivers:\n  rancher:\n    url: 'http://r'\n    access_key: K\n    secret_key: |\n      hunter2\n",
		"alert_ttl: 1h\ndrivers:\n  rancher: {url: 'http://r', access_key: &k hunter2, secret_key: *k}\n",
	} {
		f, err := Parse("x.yml", []byte(drivers+"\ntargets: {a: {driver: rancher, kind: service, namespace: s, name: a, max: 2}}\n"+
			"rules: [{name: r, matchers: [a=b], target: a, up: 1}]"), LoadOptions{})
		require.NoError(t, err)
		require.NotContains(t, f.Text(), "hunter2")
		require.Contains(t, f.Text(), "<secret>")
		require.Contains(t, f.Text(), "max: 2")
	}
}
