package rules

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"alertscale/rules/yamldoc"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the messages beside the files in testdata")

// TestFile_Faults reads files with faults; the messages, all of them, stand beside each.
func TestFile_Faults(t *testing.T) {
	files, err := filepath.Glob("testdata/invalid-*.yml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yml"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			got := "no fault\n"
			if _, err := parseSet(string(text)); err != nil {
				got = err.Error() + "\n"
			}
			beside := strings.TrimSuffix(file, ".yml") + ".txt"
			if *update {
				require.NoError(t, os.WriteFile(beside, []byte(got), 0o644))
			}
			want, err := os.ReadFile(beside)
			require.NoError(t, err)
			require.Equal(t, string(want), got)
		})
	}
}

func TestFile_TheDefaults(t *testing.T) {
	set := newSet(t, "targets: {web: {driver: sim, name: web, max: 5}}\nrules:\n"+rule("busy", "Busy", "up: 1"))
	web, busy := set.Targets["web"], set.Rules[0]
	require.Equal(t, 1, web.Min)
	require.Equal(t, Cooldown{Up: time.Minute, Down: 5 * time.Minute}, web.Cooldown)
	require.False(t, web.DryRun)
	require.False(t, busy.Resolved || busy.DryRun)
	require.Nil(t, busy.Cooldown)
}

func TestFile_Spellings(t *testing.T) {
	set := newSet(t, `
targets:
  web: &web
    driver: kubernetes
    kind: apps/v1/Deployment
    namespace: shop
    name: web
    min: 0
    max: "20"
    cooldown: {down: 10m}
    dry_run: true
  cart: {<<: *web, name: cart, cooldown: 2m, dry_run: false}
  any: {<<: [*web], name: 'web-{{ .Labels.pod | toLower }}', namespace: '{{ .Labels.namespace }}'}
  scaled: {driver: kubernetes, kind: example.com/v1/Deployment, namespace: shop, name: web, max: 3}
rules:
  - name: web busy
    matchers:
      - 'alertname="WebBusy"'
      - severity=~"warning|critical"
      - '{team!="x", zone!~"a.*"}'
      - namespace=shop
    target: web
    up: 50%
    when: firing
    cooldown: 0s
  - {name: b, matchers: [a=b], target: cart, down: "3", when: resolved, cooldown: 1h30m, dry_run: true}
  - {name: c, matchers: [a=b], target: any, set: 0}
  - {name: d, matchers: [a=b], target: scaled, set: "{{ .Labels.n }}"}
`)
	web, _ := set.Targets["web"].Ref()
	require.Equal(t, "kubernetes:Deployment.apps/shop/web", web.String())
	cart, _ := set.Targets["cart"].Ref()
	require.Equal(t, "kubernetes:Deployment.apps/shop/cart", cart.String())
	scaled, _ := set.Targets["scaled"].Ref()
	require.Equal(t, "kubernetes:Deployment.example.com/shop/web", scaled.String())
	require.Equal(t, Cooldown{Up: time.Minute, Down: 10 * time.Minute}, set.Targets["web"].Cooldown)
	require.Equal(t, Cooldown{Up: 2 * time.Minute, Down: 2 * time.Minute}, set.Targets["cart"].Cooldown)
	require.Equal(t, 20, set.Targets["cart"].Max)
	require.True(t, set.Targets["web"].DryRun)
	require.False(t, set.Targets["cart"].DryRun)
	_, fixed := set.Targets["any"].Ref()
	require.False(t, fixed)

	require.Len(t, set.Rules, 4)
	require.Len(t, set.Rules[0].Matchers, 5)
	require.Equal(t, "up: 50%", set.Rules[0].Action.String())
	require.Equal(t, time.Duration(0), *set.Rules[0].Cooldown)
	require.Equal(t, 90*time.Minute, *set.Rules[1].Cooldown)
	require.True(t, set.Rules[1].Resolved && set.Rules[1].DryRun)
	require.Equal(t, []string{"apps/v1/Deployment", "example.com/v1/Deployment"}, set.Kinds("kubernetes"))
}

func TestFile_WhatNamesARefMayUseLabels(t *testing.T) {
	for text, want := range map[string]string{
		"{{ .Labels.a }}":                                      "x",
		"p-{{ .Labels.a }}-{{ .Labels.b }}":                    "p-x-Y",
		"{{ .Labels.b | toLower }}":                            "y",
		"{{ $.Labels.a }}":                                     "x",
		"{{ with .Labels }}{{ .a }}{{ end }}":                  "x",
		`{{ index .Labels "a" }}`:                              "x",
		"{{ if .Labels.a }}{{ .Labels.b }}{{ end }}":           "Y",
		"{{ range .Labels.SortedPairs }}{{ .Value }}{{ end }}": "xY",
		`{{ .Labels.Values | join "-" }}`:                      "x-Y",
		"{{ $l := .Labels }}{{ $l.a }}":                        "x",
		"{{ (.Labels).a }}":                                    "x",
	} {
		p, err := compilePart(text)
		require.NoErrorf(t, err, text)
		got, err := p.render(Labels{{"a", "x"}, {"b", "Y"}})
		require.NoErrorf(t, err, text)
		require.Equal(t, want, got, text)
	}
}

// TestFile_IsReadInLinearTime reads a file with as many targets as rules.
func TestFile_IsReadInLinearTime(t *testing.T) {
	var text strings.Builder
	big(&text, 20_000)
	doc, root := yamldoc.Parse("big.yml", []byte(text.String()))
	src := SetOptions{AlertTTL: DefaultAlertTTL, Root: root, Targets: root.Peek("targets"), Rules: root.Peek("rules"),
		Drivers: map[string]RefSchema{"kubernetes": {Kind: true, Namespace: true}}}
	set := NewSet(src)
	require.NoError(t, doc.Err())
	require.Len(t, set.kinds["kubernetes:Deployment"], 1, "one spelling is kept once")
	require.Len(t, set.Targets, 20_000)
}
