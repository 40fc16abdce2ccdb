package rules

import (
	"testing"

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
