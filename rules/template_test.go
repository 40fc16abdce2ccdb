package rules

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTemplate_FieldsOfASet(t *testing.T) {
	for text, fault := range map[string]string{
		"{{ .Annotation.want }}":                                              ".Annotation.want",
		"{{ if .Labels.a }}{{ .Value }}{{ end }}":                             ".Value",
		"{{ range .CommonLabels }}{{ $.Foo }}{{ end }}":                       "$.Foo",
		"{{ .Labels.a }}{{ .CommonLabels.a }}":                                "",
		"{{ with .Annotations }}{{ .want }}{{ end }}":                         "",
		"{{ $x := .Receiver }}{{ $x }}{{ $.ExternalURL }}":                    "",
		`{{ define "n" }}{{ .want }}{{ end }}{{ template "n" .Annotations }}`: "",
		`{{ len (printf "%v" .) }}`:                                           "",
	} {
		_, err := parseSet(web + rule("want", "Want", "set: '"+text+"'"))
		if fault == "" {
			require.NoError(t, err, text)
		} else {
			require.EqualError(t, err, `test.yml:5: rules[0] "want": set: there is no `+fault+"; want such as .Labels.name or .Annotations.name")
		}
	}
}

// renderedPart renders a part of a ref.
func renderedPart(t *testing.T, text string, ls Labels) (string, error) {
	t.Helper()
	p, err := compilePart(text)
	require.NoError(t, err, text)
	return p.render(ls)
}

func TestTemplate_OptionalLabelsInARef(t *testing.T) {
	for text, want := range map[string]string{
		`{{ .Labels.zone | default "eu" }}`:                                  "eu",
		`{{ default "eu" .Labels.zone }}`:                                    "eu",
		`{{ .Labels.a | default "eu" }}`:                                     "x",
		`{{ or .Labels.zone .Labels.a }}`:                                    "x",
		`{{ or .Labels.zone .Labels.none "c" }}`:                             "c",
		`{{ if .Labels.zone }}{{ .Labels.zone }}{{ else }}none{{ end }}`:     "none",
		`{{ if .Labels.a }}{{ .Labels.a }}{{ else }}none{{ end }}`:           "x",
		`{{ with .Labels.zone }}{{ . }}{{ else }}{{ $.Labels.a }}{{ end }}`:  "x",
		`{{ if and .Labels.a .Labels.zone }}both{{ else }}one{{ end }}`:      "one",
		`{{ if not .Labels.zone }}none{{ end }}`:                             "none",
		`{{ if eq (or .Labels.zone "eu") "eu" }}{{ .Labels.a }}{{ end }}`:    "x",
		`{{ with $.Labels.zone }}{{ . }}{{ else }}none{{ end }}`:             "none",
		`{{ .Labels.zone | toUpper | default "eu" }}`:                        "eu",
		`{{ if .Labels.zone }}a{{ else if .Labels.a }}b{{ else }}c{{ end }}`: "b",
		`{{ .Labels.empty | default "eu" }}`:                                 "eu",
	} {
		got, err := renderedPart(t, text, Labels{{"a", "x"}, {"empty", ""}})
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
}

func TestTemplate_ElsewhereAMissingLabelIsAnError(t *testing.T) {
	for _, text := range []string{
		`{{ .Labels.zone }}`, `{{ .Labels.zone | toUpper }}`, `{{ if .Labels.a }}{{ .Labels.zone }}{{ end }}`,
		`{{ with .Labels.a }}{{ $.Labels.zone }}{{ end }}`, `p-{{ .Labels.zone }}`,
	} {
		_, err := renderedPart(t, text, Labels{{"a", "x"}})
		require.EqualError(t, err, `label "zone" is missing or empty`, text)
	}
	_, err := renderedPart(t, `{{ .Labels.zone | default "" }}`, nil)
	require.EqualError(t, err, "renders empty")
}

// valueOf is what a set with a template asks for.
func valueOf(t *testing.T, text string, a Alert, now time.Time) (int, error) {
	t.Helper()
	set := newSet(t, web+rule("want", "Want", "set: '"+text+"'"))
	v, ok := Templated(set.Rules[0].Action)
	require.True(t, ok)
	return v.Value(&a, &Event{CommonLabels: Labels{{"team", "shop"}}}, now)
}

func TestTemplate_OptionalLabelsInASet(t *testing.T) {
	for text, want := range map[string]int{
		`{{ .Labels.count | default "4" }}`:                                 4,
		`{{ or .Annotations.count .Labels.count "6" }}`:                     6,
		`{{ if .Annotations.count }}1{{ else }}2{{ end }}`:                  2,
		`{{ with .CommonAnnotations.count }}{{ . }}{{ else }}3{{ end }}`:    3,
		`{{ if eq (.GroupLabels.team | default "none") "none" }}9{{ end }}`: 9,
	} {
		got, err := valueOf(t, text, Alert{}, epoch)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
}

func TestTemplate_WholeNumbers(t *testing.T) {
	for text, want := range map[string]int{
		"5": 5, "5.0": 5, "5.000": 5, "7e+00": 7, "1e1": 10, "1.5e1": 15, " 12\n": 12, "0": 0, "-0": 0, "2147483647": 2147483647, "05": 5,
	} {
		got, err := valueOf(t, "{{ .Annotations.n }}", Alert{Annotations: Labels{{"n", text}}}, epoch)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"5.5", "-1", "1e-1", "NaN", "Inf", "-Inf", "0x5", "0x1p4", "5_0", "1e10", "2147483648", "five", "5 6"} {
		_, err := valueOf(t, "{{ .Annotations.n }}", Alert{Annotations: Labels{{"n", text}}}, epoch)
		require.EqualError(t, err, "set: the template renders "+strconv.Quote(text)+", want a whole number")
	}
}

func TestTemplate_TheTimeIsTheOneThatIsGiven(t *testing.T) {
	got, err := valueOf(t, "{{ now.Hour }}", Alert{}, epoch)
	require.NoError(t, err)
	require.Equal(t, epoch.Hour(), got)
	got, err = valueOf(t, "{{ if gt now.Year 2030 }}{{ now.Minute }}{{ else }}77{{ end }}", Alert{}, epoch.AddDate(10, 0, 0).Add(5*time.Minute))
	require.NoError(t, err)
	require.Equal(t, 5, got)
	_, err = valueOf(t, "{{ since now }}", Alert{}, epoch)
	require.EqualError(t, err, `set: the template renders "0s", want a whole number`, "nothing has passed since now")
	_, err = compilePart("{{ now.Hour }}")
	require.Error(t, err, "a ref is the same when its alert resolves")
}

func TestPart_HasItsLimits(t *testing.T) {
	long := strings.Repeat("a", 253)
	got, err := renderedPart(t, "{{ .Labels.a }}", Labels{{"a", long}})
	require.NoError(t, err)
	require.Equal(t, long, got)
	_, err = renderedPart(t, "{{ .Labels.a }}", Labels{{"a", strings.Repeat("a", 40_000)}})
	require.EqualError(t, err, `"`+strings.Repeat("a", 64)+`"… has 40000 bytes; a part of a ref has at most 253`)
	for _, odd := range []string{"a/b", "a#b", "a:b", "a b", "a\u0000b", "a\u202eb", "a\u200bb", "a\nb", "a\xffb"} {
		_, err = renderedPart(t, "{{ .Labels.a }}", Labels{{"a", odd}})
		require.Error(t, err, "%q", odd)
	}
}

// Two refs that are written alike would share what is known of them.
func TestFile_RefsThatCouldBeWrittenAlikeAreRefused(t *testing.T) {
	file := func(targets string) string {
		return "targets:\n" + targets + "rules: [{name: r, matchers: [alertname=A], target: a, up: 1}]\n"
	}
	_, err := parseSet(file("  a: {driver: sim, kind: web, name: x, max: 3}\n  b: {driver: sim, namespace: web, name: x, max: 3}\n"))
	require.ErrorContains(t, err, `its ref could be written as one of target "a" is`)
	_, err = parseSet(file("  a: {driver: sim, kind: '{{ .Labels.k }}', name: x, max: 3}\n  b: {driver: sim, namespace: '{{ .Labels.n }}', name: x, max: 3}\n"))
	require.ErrorContains(t, err, `its ref could be written as one of target "a" is`)
	_, err = parseSet(file("  a: {driver: sim, kind: k, namespace: web, name: x, max: 3}\n  b: {driver: sim, namespace: web, name: x, max: 3}\n"))
	require.NoError(t, err)
}
