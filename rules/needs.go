package rules

import (
	"fmt"
	"slices"
	"text/template/parse"
)

// Need is a label or an annotation without which a template of a rule is rejected.
type Need struct {
	Of    string // Labels, Annotations, CommonLabels, CommonAnnotations or GroupLabels
	Name  string
	Where string // the template: target "any": namespace, or set
}

func (n Need) String() string { return fmt.Sprintf(".%s.%s", n.Of, n.Name) }

// Needs returns what the templates of a rule and of its target use whatever else an alert has. What they ask for with `if`,
// `or` and the like is not needed.
func (r *Rule) Needs() []Need {
	var all []Need
	t := r.Target
	if t.ref == nil {
		for _, p := range t.parts() {
			all = append(all, p.part.needs(fmt.Sprintf("target %q: %s", t.Name, p.key))...)
		}
	}
	switch a := r.Action.(type) {
	case *SetTemplate:
		all = append(all, a.template.needs("set")...)
	case *Proportional:
		all = append(all, a.template.needs("proportional")...)
	}
	return all
}

// AsksFor returns where the action of a rule uses one of some fields that its template is given, such as Annotations, needed or
// not: set uses .Annotations.value. Empty: it does not.
func (r *Rule) AsksFor(fields ...string) string {
	var key string
	var tmpl *textTemplate
	switch a := r.Action.(type) {
	case *SetTemplate:
		key, tmpl = "set", a.template
	case *Proportional:
		key, tmpl = "proportional", a.template
	default:
		return ""
	}
	if what := tmpl.asksFor(fields); what != "" {
		return key + " uses " + what
	}
	return ""
}

// namedPart is a part of a ref under its key.
type namedPart struct {
	key  string
	part *part
}

// parts returns what the refs of a target are made of.
func (t *Target) parts() []namedPart {
	all := []namedPart{{"driver", &t.driver}, {"kind", &t.kind}, {"namespace", &t.namespace}}
	if t.selector == nil {
		return append(all, namedPart{"name", &t.name})
	}
	for i := range t.selector {
		all = append(all, namedPart{"selector: " + t.selector[i].label, &t.selector[i].value})
	}
	return all
}

func (p *part) needs(where string) (all []Need) {
	for _, piece := range p.pieces {
		if piece.label != "" {
			all = append(all, Need{"Labels", piece.label, where})
		}
	}
	if p.tmpl != nil {
		all = p.tmpl.needs(where)
	}
	return all
}

// needs returns what a template uses outside of conditions. What may be missing is no field any more by now: see
// allowMissing.
func (t *textTemplate) needs(where string) (all []Need) {
	for _, n := range t.parsed.Root.Nodes {
		switch n := n.(type) {
		case *parse.ActionNode:
			all = addNeeds(all, n.Pipe, where)
		case *parse.TemplateNode:
			all = addNeeds(all, n.Pipe, where)
		}
	}
	return all
}

func addNeeds(all []Need, p *parse.PipeNode, where string) []Need {
	if p == nil {
		return all
	}
	for _, cmd := range p.Cmds {
		for _, arg := range cmd.Args {
			var idents []string
			switch n := arg.(type) {
			case *parse.PipeNode:
				all = addNeeds(all, n, where)
			case *parse.FieldNode:
				idents = n.Ident
			case *parse.VariableNode:
				if n.Ident[0] == "$" {
					idents = n.Ident[1:]
				}
			}
			if len(idents) != 2 || isKVMethod(idents[1]) {
				continue
			}
			if need := (Need{idents[0], idents[1], where}); !slices.Contains(all, need) {
				all = append(all, need)
			}
		}
	}
	return all
}
