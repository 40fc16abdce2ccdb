package rules

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template/parse"
	"unicode"
	"unicode/utf8"

	amtemplate "github.com/prometheus/alertmanager/template"
)

// maxPart is how many bytes a part of a ref has at most: no API has longer names.
const maxPart = 253

// part is a compiled part of a ref: a text, a row of texts and labels, or any other template on
// the labels.
type part struct {
	text   string  // of a part without a template
	pieces []piece // of a template that only puts labels in place
	tmpl   *textTemplate
}

// piece is a text, or the value of a label.
type piece struct{ text, label string }

// compilePart compiles a part that names a ref. It may use .Labels only, so that an alert names
// the same ref when it resolves.
func compilePart(text string) (part, error) {
	if !strings.Contains(text, "{{") {
		return part{text: text}, CheckPart(text)
	}
	tmpl, err := newTemplate(text)
	if err != nil {
		return part{}, err
	}
	if err := onlyLabels(tmpl.parsed); err != nil {
		return part{}, err
	}
	if pieces, ok := piecesOf(tmpl.parsed.Root); ok {
		return part{pieces: pieces}, nil
	}
	return part{tmpl: tmpl}, nil
}

func (p *part) fixed() bool { return p.pieces == nil && p.tmpl == nil }

func (p *part) empty() bool { return p.fixed() && p.text == "" }

// usedLabel is a label that a template uses, as templates are printed.
var usedLabel = regexp.MustCompile(`\.Labels(?:\.(\w+)| "([^"]+)")`)

// labels returns the labels that a part is made of which may be any value of theirs; none where it is a text, has a text
// before or behind them, or is not known.
func (p *part) labels() (names []string) {
	if len(p.pieces) == 1 {
		return []string{p.pieces[0].label}
	}
	if p.tmpl == nil || slices.ContainsFunc(p.tmpl.parsed.Root.Nodes, func(n parse.Node) bool { return n.Type() == parse.NodeText }) {
		return nil
	}
	for _, found := range usedLabel.FindAllStringSubmatch(p.tmpl.parsed.Root.String(), -1) {
		if name := found[1] + found[2]; !isKVMethod(name) {
			names = append(names, name)
		}
	}
	return names
}

// covers reports whether the part could have rendered value.
func (p *part) covers(value string) bool { return !p.fixed() || p.text == value }

// render returns the part for an alert's labels. The error names the label at fault where it can.
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
	return s, CheckPart(s)
}

func (p *part) execute(ls Labels) (string, error) {
	if p.tmpl != nil {
		return p.tmpl.execute(noTime, struct{ Labels amtemplate.KV }{present(ls)})
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

// CheckPart returns an error where a text cannot be part of a ref: it would make the ref ambiguous, or no API has
// such a name.
func CheckPart(s string) error {
	if len(s) > maxPart {
		return fmt.Errorf("%s has %d bytes; a part of a ref has at most %d", quoteShort(s), len(s), maxPart)
	}
	if !utf8.ValidString(s) {
		return fmt.Errorf("%s is not UTF-8", quoteShort(s))
	}
	for _, r := range s {
		if r == '/' || r == '#' || r == ':' || unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return fmt.Errorf("%s has %s in it, which no part of a ref may have", quoteShort(s), strconv.Quote(string(r)))
		}
	}
	return nil
}

// quoteShort quotes a text that somebody sent, of which a message shows no more than its beginning.
func quoteShort(s string) string {
	const most = 64
	if len(s) <= most {
		return strconv.Quote(s)
	}
	return strconv.Quote(strings.ToValidUTF8(s[:most], "")) + "…"
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

// isKVMethod reports whether .Labels.name calls a method of the labels instead of naming one.
func isKVMethod(name string) bool {
	return name == "SortedPairs" || name == "Names" || name == "Values" || name == "Remove" || name == "String"
}
