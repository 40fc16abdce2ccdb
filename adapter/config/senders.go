package config

import (
	"path"
	"slices"

	"alertscale/adapter/source/hook"
	"alertscale/adapter/source/sender"
	"alertscale/rules"
	"alertscale/rules/yamldoc"
)

func (f *File) readHooks(n yamldoc.Node) {
	n.Each(func(name string, v yamldoc.Node) { f.Hooks = append(f.Hooks, hook.ReadConfig(name, v)) })
}

// readSenders reads who may post. An empty block is a fault: it would let in everybody.
func (f *File) readSenders(n yamldoc.Node) {
	n.Each(func(name string, v yamldoc.Node) { f.Senders = append(f.Senders, sender.ReadConfig(name, v)) })
	if (n.IsMap() || n.IsNull()) && len(f.Senders) == 0 {
		n.Faultf("names no sender; leave it out where whoever reaches /webhook may post")
	}
}

// scopes are what senders and hooks may touch, by their names.
func (f *File) scopes() (senders, hooks map[string]rules.Scope) {
	senders, hooks = map[string]rules.Scope{}, map[string]rules.Scope{}
	for _, s := range f.Senders {
		senders[s.Name] = s.Rules
	}
	for _, h := range f.Hooks {
		if h.Rules != nil {
			hooks[h.Name] = h.Rules
		}
	}
	return senders, hooks
}

// lintScopes warns of patterns by which no rule of the file may be touched.
func (f *File) lintScopes(root yamldoc.Node) {
	for _, key := range []string{"senders", "hooks"} {
		block := root.Child(key)
		if block == nil {
			continue
		}
		block.Each(func(_ string, v yamldoc.Node) {
			if list := v.Child("rules"); list != nil {
				list.Items(func(_ int, pattern yamldoc.Node) { f.lintPattern(pattern) })
			}
		})
	}
}

func (f *File) lintPattern(pattern yamldoc.Node) {
	named := func(r *rules.Rule) bool {
		ok, _ := path.Match(pattern.Text(), r.Name) // that it is a pattern was checked
		return ok
	}
	if !slices.ContainsFunc(f.Rules.Rules, named) {
		pattern.Warnf("no rule has such a name")
	}
}
