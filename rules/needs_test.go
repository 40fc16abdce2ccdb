package rules

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRule_Needs(t *testing.T) {
	for _, c := range []struct{ target, action, want string }{
		{"name: web", "up: 1", ""},
		{"name: '{{ .Labels.app }}-{{ .Labels.tier }}'", "up: 1", `.Labels.app: target "web": name, .Labels.tier: target "web": name`},
		{"name: '{{ .Labels.app | toLower }}', namespace: '{{ .Labels.ns }}'", "up: 1",
			`.Labels.ns: target "web": namespace, .Labels.app: target "web": name`},
		{"name: '{{ or .Labels.app .Labels.job }}'", "up: 1", ""},
		{"name: '{{ .Labels.app | default \"web\" }}'", "up: 1", ""},
		{"name: '{{ if .Labels.app }}{{ .Labels.app }}-{{ .Labels.tier }}{{ else }}x{{ end }}'", "up: 1", ""},
		{"name: '{{ with .Labels.app }}{{ . }}{{ end }}-{{ $.Labels.tier }}'", "up: 1", `.Labels.tier: target "web": name`},
		{"name: '{{ (toLower (print .Labels.app \"-\" .Labels.app)) }}'", "up: 1", `.Labels.app: target "web": name`},
		{"name: '{{ index .Labels \"app\" }}'", "up: 1", ""},
		{"name: web", "set: '{{ .Annotations.count }}'", ".Annotations.count: set"},
		{"name: web", "set: '{{ len .Labels.Names }}'", ""},
		{"name: web", "proportional: {total: '{{ .GroupLabels.n }}{{ .CommonLabels.m }}', desired: 3}",
			".GroupLabels.n: proportional, .CommonLabels.m: proportional"},
	} {
		set := newSet(t, fmt.Sprintf("targets: {web: {driver: sim, %s, max: 5}}\nrules:\n%s", c.target, rule("busy", "Busy", c.action)))
		var all []string
		for _, n := range set.Rules[0].Needs() {
			all = append(all, fmt.Sprintf("%s: %s", n, n.Where))
		}
		require.Equal(t, c.want, strings.Join(all, ", "), c)
		require.Equal(t, 3, set.Rules[0].Place().Line)
	}
}

func TestRule_AsksFor(t *testing.T) {
	for action, want := range map[string]string{
		"up: 1":                           "",
		"set: 3":                          "",
		"set: '{{ .Labels.count }}'":      "",
		"set: '{{ .Annotations.count }}'": "set uses .Annotations.count",
		`set: '{{ if .Annotations.count }}1{{ else }}2{{ end }}'`:                          "set uses .Annotations",
		`set: '{{ with .Labels.n }}{{ $.CommonAnnotations.count }}{{ end }}'`:              "set uses $.CommonAnnotations.count",
		`set: '{{ define "x" }}{{ .Annotations.n }}{{ end }}{{ template "x" . }}'`:         "set uses .Annotations.n",
		`set: '{{ define "x" }}{{ .n }}{{ end }}{{ template "x" .Labels }}'`:               "",
		"proportional: {total: '{{ .Annotations.value }}', desired: 3}":                    "proportional uses .Annotations.value",
		"proportional: {current: '{{ .GroupLabels.n }}{{ .CommonLabels.m }}', desired: 3}": "",
	} {
		set := newSet(t, "targets: {web: {driver: sim, name: web, max: 5}}\nrules:\n"+rule("busy", "Busy", action))
		require.Equal(t, want, set.Rules[0].AsksFor("Annotations", "CommonAnnotations"), action)
	}
}
