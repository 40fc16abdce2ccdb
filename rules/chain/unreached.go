package chain

import (
	"fmt"
	"slices"
	"strings"

	"alertscale/rules"
	"alertscale/rules/possible"
)

// unreached warns of rules that no alert can reach. Alerts of hooks may be any that their labels do not rule out.
func (f *follower) unreached() {
	reached := map[*rules.Rule]bool{}
	for _, a := range f.alerts {
		for _, r := range a.reaches {
			reached[r.rule] = true
		}
	}
	for _, r := range f.index.all {
		if !reached[r] && !slices.ContainsFunc(f.Hooks, func(h Hook) bool { return f.mayReach(h.labels(), r) }) {
			at, where := f.ruleAt(r)
			if f.isForHooks(r) {
				f.warn(at, where, "no alert of a hook can reach it%s", f.nearestHook(r))
				continue
			}
			f.warn(at, where, "no alert of the rule files can reach it%s", f.why(r))
		}
	}
}

func (f *follower) mayReach(ls possible.Labels, r *rules.Rule) bool {
	_, verdict, _ := ls.Narrow(f.index.matchers[r.Index]...)
	return verdict != possible.No
}

// why says why no alert reaches a rule.
func (f *follower) why(r *rules.Rule) string {
	for _, a := range f.alertsFor(r) {
		if !f.mayReach(a.labels, r) {
			continue
		}
		if len(a.arrivals) > 0 {
			return fmt.Sprintf(": %s (%s) is for it, but not those that the routes bring here", a.where(), a.Place)
		}
		text := fmt.Sprintf(": %s (%s) is for it, but does not come to alertscale", a.where(), a.Place)
		if f.namedBy(a) == nil { // else it is said of the alert
			text += ": " + f.obstacle(a)
		}
		return text
	}
	if text := f.noSuchAlert(r); text != "" {
		return text
	}
	return f.nearestAlert(r)
}

// alertsFor returns the alerts whose names a rule lists; all where it lists none.
func (f *follower) alertsFor(r *rules.Rule) (all []*alert) {
	names := f.index.namesOf(r)
	if names == nil {
		return f.alerts
	}
	for _, name := range names {
		all = append(all, f.byName[name]...)
	}
	return all
}

// noSuchAlert says that there are no alerts of the names that a rule is for; empty where there are.
func (f *follower) noSuchAlert(r *rules.Rule) string {
	names := f.index.namesOf(r)
	if len(names) == 0 || len(f.alertsFor(r)) > 0 {
		return ""
	}
	return fmt.Sprintf(": there is no alert %s%s", strings.ReplaceAll(quoted(names), ", ", " or "), f.hint(names[0], f.names))
}

// nearestAlert says which alert comes nearest to a rule, and what keeps it out.
func (f *follower) nearestAlert(r *rules.Rule) string {
	least, text := 0, ""
	for _, a := range f.alertsFor(r) {
		m, far := distance(a.labels, f.index.matchers[r.Index])
		if far > 0 && (least == 0 || far < least) {
			least, text = far, fmt.Sprintf(": %s (%s) comes nearest, but %s", a.where(), a.Place, f.missText(m, a.labels))
		}
	}
	return text
}

// isForHooks reports whether a rule is for alerts of hooks alone.
func (f *follower) isForHooks(r *rules.Rule) bool {
	return slices.ContainsFunc(r.Matchers, func(m *rules.Matcher) bool { return m.Name == hookLabel && !m.Matches("") })
}

// nearestHook says which hook comes nearest to a rule, and what keeps its alerts out.
func (f *follower) nearestHook(r *rules.Rule) string {
	least, text := 0, ""
	for _, h := range f.Hooks {
		m, far := distance(h.labels(), f.index.matchers[r.Index])
		if far > 0 && (least == 0 || far < least) {
			least, text = far, fmt.Sprintf(": hook %q comes nearest, but %s", h.Name, f.missText(m, h.labels()))
		}
	}
	return text
}
