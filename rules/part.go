package rules

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"text/template"
	"text/template/parse"
	"unicode"

	amtemplate "github.com/prometheus/alertmanager/template"
)

// part is a compiled part of a ref: a text, a row of texts and labels, or any other template on
// the labels.
type part struct {
	text   string  // of a part without a template
	pieces []piece // of a template that only puts labels in place
	tmpl   *template.Template
}

// piece is a text, or the value of a label.
type piece struct{ text, label string }

// compilePart compiles a part that names a ref. It may use .Labels only, so that an alert names
// the same ref when it resolves.
func compilePart(text string) (part, error) {
	if !strings.Contains(text, "{{") {
		return part{text: text}, badPart(text)
	}
	tmpl, err := newTemplate(text)
	if err != nil {
		return part{}, err
	}
	if err := onlyLabels(tmpl); err != nil {
		return part{}, err
	}
	if pieces, ok := piecesOf(tmpl.Root); ok {
		return part{pieces: pieces}, nil
	}
	return part{tmpl: tmpl}, nil
}

// parseFault is what text/template puts before a fault of a text: the template's name, which is empty, and the line.
var parseFault = regexp.MustCompile(`^template: :\d+: `)

func newTemplate(text string) (*template.Template, error) {
	tmpl, err := template.New("").Option("missingkey=error").
		Funcs(template.FuncMap(amtemplate.DefaultFuncs)).Parse(text)
	if err != nil {
		return nil, fmt.Errorf("is no template such as {{ .Labels.name }}: %s", parseFault.ReplaceAllString(err.Error(), ""))
	}
	return tmpl, nil
}

func (p *part) fixed() bool { return p.pieces == nil && p.tmpl == nil }

// covers tells whether the part could have rendered value.
func (p *part) covers(value string) bool { return !p.fixed() || p.text == value }

// render gives the part for an alert's labels. The error names the label at fault where it can.
func (p *part) render(ls Labels) (string, error) {
	if p.fixed() {
		return p.text, nil
	}
	s, err := p.execute(ls)
	if err != nil {
		return "", err
	}
	if s == "" {
		return "", errors.New("renders empty")
	}
	return s, badPart(s)
}

func (p *part) execute(ls Labels) (string, error) {
	if p.tmpl != nil {
		return execute(p.tmpl, struct{ Labels amtemplate.KV }{present(ls)})
	}
	var b strings.Builder
	for i, piece := range p.pieces {
		s := piece.text
		if piece.label != "" {
			if s = ls.Get(piece.label); s == "" {
				return "", fmt.Errorf("label %q is missing or empty", piece.label)
			}
		}
		if i == 0 && len(p.pieces) == 1 {
			return s, nil
		}
		b.WriteString(s)
	}
	return b.String(), nil
}

// execute runs a template and gives an error without the noise of text/template.
func execute(tmpl *template.Template, data any) (string, error) {
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

// present leaves out empty labels: for Prometheus they are the same as missing ones.
func present(ls Labels) amtemplate.KV {
	kv := make(amtemplate.KV, len(ls))
	for _, l := range ls {
		if l.Value != "" {
			kv[l.Name] = l.Value
		}
	}
	return kv
}

// badPart refuses what would make a ref ambiguous.
func badPart(s string) error {
	for _, r := range s {
		if r == '/' || r == '#' || r == ':' || unicode.IsSpace(r) {
			return fmt.Errorf("%q has %q in it, which no part of a ref may have", s, string(r))
		}
	}
	return nil
}

// piecesOf takes a template apart that consists of texts and {{ .Labels.name }} alone.
func piecesOf(list *parse.ListNode) ([]piece, bool) {
	var pieces []piece
	for _, node := range list.Nodes {
		switch n := node.(type) {
		case *parse.TextNode:
			pieces = append(pieces, piece{text: string(n.Text)})
		case *parse.ActionNode:
			if len(n.Pipe.Decl) > 0 || len(n.Pipe.Cmds) != 1 || len(n.Pipe.Cmds[0].Args) != 1 {
				return nil, false
			}
			field, ok := n.Pipe.Cmds[0].Args[0].(*parse.FieldNode)
			if !ok || len(field.Ident) != 2 || field.Ident[0] != "Labels" || isKVMethod(field.Ident[1]) {
				return nil, false
			}
			pieces = append(pieces, piece{label: field.Ident[1]})
		default:
			return nil, false
		}
	}
	return pieces, len(pieces) > 0
}

// isKVMethod tells whether .Labels.name calls a method of the labels instead of naming one.
func isKVMethod(name string) bool {
	return name == "SortedPairs" || name == "Names" || name == "Values" || name == "Remove" || name == "String"
}

// CheckPart returns an error where a text cannot be part of a ref.
func CheckPart(s string) error { return badPart(s) }
