package rules

import (
	"alertscale/rules/yamldoc"
)

// Lint warns, at the documents that a set without faults was read from, of what is probably not meant. src is what the set
// was made of.
func (s *Set) Lint(src SetOptions) {
	opposed, parts := newOpposed(s.Rules), src.parts()
	for _, r := range s.Rules {
		for _, l := range [...]lint{r.lintMatchers(), r.lintItself(), r.lintSet(), r.lintRepeat(), opposed.lint(r)} {
			if l.text != "" {
				parts[r.part].Rules.Item(int(r.item)).Child(l.key).Warnf("%s", l.text)
			}
		}
	}
	s.lintTargets(parts)
}

// lint is a warning about a key of a rule; without a text there is none.
type lint struct{ key, text string }

// lintTargets warns of targets that no rule is for. A fixed one may be there for the rules of a templated one, which can
// render its ref.
func (s *Set) lintTargets(parts []Part) {
	named := map[*Target]bool{}
	for _, r := range s.Rules {
		named[r.Target] = true
	}
	idle := map[string]bool{}
	for name, t := range s.Targets {
		if !named[t] && (t.ref == nil || !s.owners.any(*t.ref, func(t *Target) bool { return named[t] })) {
			idle[name] = true
		}
	}
	if len(idle) == 0 {
		return
	}
	warn := func(name string, v yamldoc.Node) {
		if idle[name] {
			v.Warnf("no rule names it, so nothing scales it")
		}
	}
	for _, p := range parts {
		if p.Targets != nil {
			p.Targets.Each(warn)
		}
	}
}
