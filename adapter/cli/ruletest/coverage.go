package ruletest

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"alertscale/adapter/config"
	"alertscale/rules"
	"alertscale/rules/engine"
)

// coverage notes which rules acted in a test: those that changed a count, or would have in a dry run, alone or together
// with another one, and those that held somebody.
type coverage struct {
	files []*config.File // in the order in which they were met
	acted map[*rules.Rule]bool
}

func (c *coverage) note(f *config.File, all []decision) {
	if !slices.Contains(c.files, f) {
		c.files = append(c.files, f)
	}
	for i := range all {
		for _, r := range f.Rules.Rules {
			if acts(r, &all[i].Decision) {
				c.acted[r] = true
			}
		}
	}
}

// acts reports whether a rule acted in a decision.
func acts(r *rules.Rule, d *engine.Decision) bool {
	changed := d.Verdict == engine.Scaled || d.Verdict == engine.DryRun
	if changed && d.Rule == r.Name {
		return true
	}
	together, held := fmt.Sprintf("%q is served by this", r.Name), fmt.Sprintf("held by %q", r.Name)
	return slices.ContainsFunc(d.Why, func(line string) bool {
		return changed && strings.HasPrefix(line, together) || strings.Contains(line, held)
	})
}

// report says of each file of rules which rules acted in no test.
func (c *coverage) report(w io.Writer) {
	for _, f := range c.files {
		var idle []string
		for _, r := range f.Rules.Rules {
			if !c.acted[r] {
				idle = append(idle, r.Name)
			}
		}
		all := len(f.Rules.Rules)
		fmt.Fprintf(w, "Coverage: %s: %d of %d rules acted\n", f.Path, all-len(idle), all)
		for _, name := range idle {
			fmt.Fprintf(w, "  no test made %q act\n", name)
		}
	}
}
