package rules

import (
	"slices"
	"text/template/parse"
)

// allowMissing lets a template ask for labels that may be missing where it says what is to be then: in the conditions
// of `if` and `with`, and in the arguments of `or`, `and` and `default`. There, .Labels.x becomes index .Labels "x",
// which is empty for a missing one; elsewhere a missing one stays an error. It reports whether the template uses the time.
func allowMissing(list *parse.ListNode) (timed bool) {
	if list == nil {
		return false
	}
	for _, n := range list.Nodes {
		switch n := n.(type) {
		case *parse.ActionNode:
			timed = allowInPipe(n.Pipe, false) || timed
		case *parse.TemplateNode:
			timed = allowInPipe(n.Pipe, false) || timed
		case *parse.IfNode:
			timed = allowInBranch(&n.BranchNode, true) || timed
		case *parse.WithNode:
			timed = allowInBranch(&n.BranchNode, true) || timed
		case *parse.RangeNode:
			timed = allowInBranch(&n.BranchNode, false) || timed
		}
	}
	return timed
}

func allowInBranch(n *parse.BranchNode, condition bool) (timed bool) {
	timed = allowInPipe(n.Pipe, condition)
	timed = allowMissing(n.List) || timed
	return allowMissing(n.ElseList) || timed
}

// choosing are the functions that say what is to be where a value is empty.
var choosing = []string{"or", "and", "default"}

func allowInPipe(p *parse.PipeNode, optional bool) (timed bool) {
	if p == nil {
		return false
	}
	// What is piped into a function that chooses may be missing too.
	chosen := slices.IndexFunc(p.Cmds, chooses)
	for i, cmd := range p.Cmds {
		timed = allowInCommand(cmd, optional || chooses(cmd) || i < chosen) || timed
	}
	return timed
}

func chooses(c *parse.CommandNode) bool {
	f, ok := c.Args[0].(*parse.IdentifierNode)
	return ok && slices.Contains(choosing, f.Ident)
}

func allowInCommand(cmd *parse.CommandNode, optional bool) (timed bool) {
	for i, arg := range cmd.Args {
		switch n := arg.(type) {
		case *parse.IdentifierNode:
			timed = timed || n.Ident == "now" || n.Ident == "since"
		case *parse.PipeNode:
			timed = allowInPipe(n, optional) || timed
		case *parse.ChainNode: // now.Hour, or (…).Field
			timed = allowInCommand(&parse.CommandNode{Args: []parse.Node{n.Node}}, false) || timed
		default:
			lookup, ok := indexOf(arg)
			switch {
			case !optional || !ok:
			case len(cmd.Args) == 1:
				cmd.Args = lookup.Cmds[0].Args
			default:
				cmd.Args[i] = lookup
			}
		}
	}
	return timed
}

// indexOf returns (index .Labels "x") for .Labels.x, and the like for annotations and for $.Labels.x.
func indexOf(n parse.Node) (*parse.PipeNode, bool) {
	var of parse.Node
	var name string
	switch n := n.(type) {
	case *parse.FieldNode:
		if len(n.Ident) != 2 {
			return nil, false
		}
		of, name = &parse.FieldNode{NodeType: parse.NodeField, Pos: n.Pos, Ident: n.Ident[:1]}, n.Ident[1]
	case *parse.VariableNode:
		if len(n.Ident) != 3 || n.Ident[0] != "$" {
			return nil, false
		}
		of, name = &parse.VariableNode{NodeType: parse.NodeVariable, Pos: n.Pos, Ident: n.Ident[:2]}, n.Ident[2]
	}
	if of == nil || isKVMethod(name) {
		return nil, false
	}
	pos := n.Position()
	cmd := &parse.CommandNode{NodeType: parse.NodeCommand, Pos: pos, Args: []parse.Node{
		parse.NewIdentifier("index").SetPos(pos), of, &parse.StringNode{NodeType: parse.NodeString, Pos: pos, Quoted: `"` + name + `"`, Text: name},
	}}
	return &parse.PipeNode{NodeType: parse.NodePipe, Pos: pos, Cmds: []*parse.CommandNode{cmd}}, true
}
