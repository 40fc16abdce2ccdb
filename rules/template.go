package rules

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"text/template"
	"time"

	amtemplate "github.com/prometheus/alertmanager/template"
)

// textTemplate is a template of the file, compiled once.
type textTemplate struct {
	parsed *template.Template
	timed  bool // it uses now or since
}

// noTime is for templates that may not use the time.
var noTime time.Time

// parseFault is what text/template puts before a fault of a text: the template's name, which is empty, and the line.
var parseFault = regexp.MustCompile(`^template: :\d+: `)

func newTemplate(text string) (*textTemplate, error) {
	tmpl, err := template.New("").Option("missingkey=error").
		Funcs(template.FuncMap(amtemplate.DefaultFuncs)).Funcs(template.FuncMap{"default": defaultTo}).Parse(text)
	if err != nil {
		return nil, fmt.Errorf("is no template such as {{ .Labels.name }}: %s", parseFault.ReplaceAllString(err.Error(), ""))
	}
	t := &textTemplate{parsed: tmpl}
	for _, part := range tmpl.Templates() {
		if part.Tree != nil {
			t.timed = allowMissing(part.Root) || t.timed
		}
	}
	return t, nil
}

// defaultTo is the function `default`, with its arguments in the order that Helm and Sprig have: {{ .Labels.x | default "y" }}.
func defaultTo(otherwise, value string) string {
	if value == "" {
		return otherwise
	}
	return value
}

// executeFor runs the template for one alert of an event.
func (t *textTemplate) executeFor(a *Alert, e *Event, now time.Time) (string, error) {
	return t.execute(now, struct {
		Labels, Annotations, CommonLabels, CommonAnnotations, GroupLabels amtemplate.KV
		Receiver, ExternalURL                                             string
	}{
		present(a.Labels), a.Annotations.KV(), e.CommonLabels.KV(), e.CommonAnnotations.KV(), e.GroupLabels.KV(),
		e.Receiver, e.ExternalURL,
	})
}

// execute runs the template at a time and returns an error without the noise of text/template.
func (t *textTemplate) execute(now time.Time, data any) (string, error) {
	tmpl := t.parsed
	if t.timed {
		clone, err := tmpl.Clone()
		if err != nil {
			return "", err
		}
		tmpl = clone.Funcs(template.FuncMap{"now": func() time.Time { return now }, "since": now.Sub})
	}
	var b strings.Builder
	err := tmpl.Execute(&b, data)
	if err == nil {
		return b.String(), nil
	}
	text := err.Error()
	if i := strings.Index(text, `map has no entry for key "`); i >= 0 {
		name, _, _ := strings.Cut(text[i+len(`map has no entry for key "`):], `"`)
		_, where, _ := strings.Cut(text[:i], " at <.")
		if of, _, ok := strings.Cut(where, "."); ok && of != "Labels" {
			return "", fmt.Errorf(".%s.%s is missing", of, name)
		}
		return "", fmt.Errorf("label %q is missing or empty", name)
	}
	if i := strings.Index(text, ">: "); i >= 0 {
		text = text[i+len(">: "):]
	}
	return "", errors.New(strings.TrimPrefix(text, "template: :"))
}
