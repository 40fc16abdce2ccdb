package chain

import (
	"slices"

	"alertscale/rules"
)

// needs warns of what templates of rules need and alerts have not.
func (f *follower) needs() {
	needs := map[*rules.Rule][]rules.Need{}
	for _, a := range f.alerts {
		for _, r := range a.reaches {
			if r.hook != "" {
				continue
			}
			all, ok := needs[r.rule]
			if !ok {
				all = r.rule.Needs()
				needs[r.rule] = all
			}
			for _, n := range all {
				f.need(a, r, n)
			}
		}
	}
}

func (f *follower) need(a *alert, r reach, n rules.Need) {
	switch n.Of {
	case "Labels", "CommonLabels":
		if r.labels.Get(n.Name).IsMissing() {
			f.warn(a.Place, a.where(), "%s needs its label %q (%s), which neither its expression nor its labels give%s", f.ruleText(r.rule), n.Name, n.Where, f.external())
		}
	case "GroupLabels":
		switch {
		case !r.route.Groups(n.Name):
			f.warn(r.route.GroupByPlace, r.route.Where, "%s needs %s (%s), and group_by has no %q", f.ruleText(r.rule), n, n.Where, n.Name)
		case r.labels.Get(n.Name).IsMissing():
			f.warn(a.Place, a.where(), "%s needs %s (%s), and neither its expression nor its labels give %q%s", f.ruleText(r.rule), n, n.Where, n.Name, f.external())
		}
	case "Annotations", "CommonAnnotations":
		if !slices.Contains(a.Annotations, n.Name) {
			f.warn(a.Place, a.where(), "%s needs its annotation %q (%s), which it has not", f.ruleText(r.rule), n.Name, n.Where)
		}
	}
}
