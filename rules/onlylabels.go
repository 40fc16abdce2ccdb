package rules

import (
	"fmt"
	"text/template"
	"text/template/parse"
)

// onlyLabels returns an error where a template uses anything but .Labels.
func onlyLabels(tmpl *template.Template) error {
	w := walker{}
	for _, t := range tmpl.Templates() {
		w.list(t.Root, true)
	}
	return w.err
}

// walker follows a template's tree. root tells whether the dot is what the template was given.
type walker struct{ err error }

func (w *walker) refuse(what string) {
	if w.err == nil {
		w.err = fmt.Errorf("%s is used, but what names a ref may use .Labels only, so that an alert names the same ref when it resolves", what)
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
		if n.Ident == "now" || n.Ident == "since" {
			w.refuse(n.Ident)
		}
	case *parse.FieldNode:
		if root && n.Ident[0] != "Labels" {
			w.refuse(n.String())
		}
	case *parse.VariableNode:
		if n.Ident[0] == "$" && (len(n.Ident) < 2 || n.Ident[1] != "Labels") {
			w.refuse(n.String())
		}
	case *parse.DotNode:
		if root {
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
