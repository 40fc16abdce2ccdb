package rules

import (
	"fmt"
	"slices"
	"text/template"
	"text/template/parse"
)

// onlyLabels returns an error where a template uses anything but .Labels.
func onlyLabels(tmpl *template.Template) error {
	w := walker{
		fields: []string{"Labels"}, alone: true,
		fault: "%s is used, but what names a ref may use .Labels only, so that an alert names the same ref when it resolves",
	}
	for _, t := range tmpl.Templates() {
		w.list(t.Root, true)
	}
	return w.err
}

// onlyFields returns an error where a template of an action uses what it is not given. What templates are given
// that it defines itself is not known.
func onlyFields(tmpl *template.Template) error {
	w := walker{
		fields: []string{"Labels", "Annotations", "CommonLabels", "CommonAnnotations", "GroupLabels", "Receiver", "ExternalURL"},
		fault:  "there is no %s; want such as .Labels.name or .Annotations.name",
	}
	w.list(tmpl.Root, true)
	return w.err
}

// asksFor returns what a template, or one that it defines, uses of some fields that it is given, as it is written; empty:
// nothing.
func (t *textTemplate) asksFor(fields []string) string {
	w := walker{fields: fields, not: true, fault: "%s"}
	for _, part := range t.parsed.Templates() {
		if part.Tree != nil {
			w.list(part.Root, true)
		}
	}
	if w.err == nil {
		return ""
	}
	return w.err.Error()
}

// walker follows a template's tree. root reports whether the dot is what the template was given.
type walker struct {
	fields []string // that may be used
	not    bool     // they may not, and others may
	alone  bool     // and nothing else: neither the whole of what it was given, nor the time
	fault  string   // what to say of another one
	err    error
}

func (w *walker) may(field string) bool { return slices.Contains(w.fields, field) != w.not }

func (w *walker) refuse(what string) {
	if w.err == nil {
		w.err = fmt.Errorf(w.fault, what)
	}
}

func (w *walker) list(list *parse.ListNode, root bool) {
	if list == nil {
		return
	}
	for _, n := range list.Nodes {
		w.node(n, root)
	}
}

func (w *walker) node(n parse.Node, root bool) {
	switch n := n.(type) {
	case *parse.ActionNode:
		w.pipe(n.Pipe, root)
	case *parse.IfNode:
		w.branch(&n.BranchNode, root, root)
	case *parse.WithNode:
		w.branch(&n.BranchNode, root, false)
	case *parse.RangeNode:
		w.branch(&n.BranchNode, root, false)
	case *parse.TemplateNode:
		w.pipe(n.Pipe, root)
	case *parse.PipeNode:
		w.pipe(n, root)
	case *parse.ChainNode:
		w.node(n.Node, root)
	case *parse.IdentifierNode:
		if w.alone && (n.Ident == "now" || n.Ident == "since") {
			w.refuse(n.Ident)
		}
	case *parse.FieldNode:
		if root && !w.may(n.Ident[0]) {
			w.refuse(n.String())
		}
	case *parse.VariableNode:
		switch {
		case n.Ident[0] != "$":
		case len(n.Ident) < 2 && w.alone, len(n.Ident) > 1 && !w.may(n.Ident[1]):
			w.refuse(n.String())
		}
	case *parse.DotNode:
		if root && w.alone {
			w.refuse(".")
		}
	}
}

func (w *walker) branch(n *parse.BranchNode, root, inside bool) {
	w.pipe(n.Pipe, root)
	w.list(n.List, inside)
	w.list(n.ElseList, root)
}

func (w *walker) pipe(p *parse.PipeNode, root bool) {
	if p == nil {
		return
	}
	for _, cmd := range p.Cmds {
		for _, arg := range cmd.Args {
			w.node(arg, root)
		}
	}
}
