package upgrade

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"alertscale/rules"
	"alertscale/rules/yamldoc"
)

// check reports what an upgrade lacks, and what it has that means nothing.
func (o *Options) check(u *Upgrade, n yamldoc.Node) {
	for _, key := range []struct{ name, what string }{
		{"name", "by which decisions name the upgrade"},
		{"hook", "the name under hooks by which pushes come"},
		{"image", "a pattern of repositories in full, such as docker.io/acme/web"},
		{"tag", `a regular expression of whole tags, such as latest, or 1\..*`},
		{"driver", "that the workloads are on"},
	} {
		if !n.Has(key.name) {
			n.Faultf("%s is missing: %s", key.name, key.what)
		}
	}
	if hook := n.Peek("hook"); hook != nil && u.Hook != "" && !slices.Contains(o.Hooks, u.Hook) {
		hook.Faultf("hook %q is not defined under hooks%s", u.Hook, yamldoc.Hint(u.Hook, o.Hooks))
	}
	if driver := n.Peek("driver"); driver != nil && u.Driver != "" {
		switch schema, ok := o.Drivers[u.Driver]; {
		case !ok:
			driver.Faultf("driver %q is not defined%s", u.Driver, yamldoc.Hint(u.Driver, slices.Sorted(maps.Keys(o.Drivers))))
		case schema == nil:
			driver.Faultf("driver %q is of a type that upgrades nothing; kubernetes, rancher and swarm do", u.Driver)
		default:
			u.TagsOnly = schema.TagsOnly
			u.checkOptions(schema, n)
			u.checkWhere(schema, n)
		}
	}
}

// checkOptions reports options that mean nothing on a driver.
func (u *Upgrade) checkOptions(schema *Schema, n yamldoc.Node) {
	for _, key := range []string{"batch", "interval", "start_first"} {
		if v := n.Peek(key); v != nil && !schema.Pace {
			v.Faultf("%s: driver %q proceeds as the workload's own update strategy says; set it there", key, u.Driver)
		}
	}
	if v := n.Peek("container"); v != nil && !schema.Containers {
		v.Faultf("container: a workload of driver %q has one; leave it out", u.Driver)
	}
}

// checkWhere reports workloads that are named in no way, or in two. The name of a workload that is not given is the upgrade's.
func (u *Upgrade) checkWhere(schema *Schema, n yamldoc.Node) {
	if v := n.Peek("namespace"); v != nil && !schema.Namespace {
		v.Faultf("namespace: a workload of driver %q has none; leave it out", u.Driver)
	}
	if n.Has("selector") {
		for _, key := range []string{"kind", "workload"} {
			if v := n.Peek(key); v != nil {
				v.Faultf("%s: the selector says which workloads; keep one of the two", key)
			}
		}
		return
	}
	kinds := strings.Join(schema.Kinds, ", ")
	switch kind := n.Peek("kind"); {
	case kind == nil:
		n.Faultf("kind is missing: one of %s, with the workload's name; or a selector of labels", kinds)
	case u.Where.Kind != "" && !slices.Contains(schema.Kinds, u.Where.Kind):
		kind.Faultf("driver %q upgrades no kind %q; it has %s", u.Driver, u.Where.Kind, kinds)
	}
	if schema.Namespace && !n.Has("namespace") {
		n.Faultf("namespace is missing")
	}
	if u.Where.Name == "" && u.Name != "" && !n.Has("workload") {
		u.Where.Name = u.Name
		if err := rules.CheckPart(u.Name); err != nil {
			n.Faultf("workload is missing: the name of the upgrade, which it would be, %v", err)
		}
	}
}

// readImage reads a pattern for repositories in full.
func readImage(n yamldoc.Node) string {
	text := n.Text()
	_, err := path.Match(text, "")
	registry, _, _ := strings.Cut(text, "/")
	switch {
	case text == "":
	case err != nil:
		n.Faultf("%q is no pattern: %v", text, err)
	case !strings.ContainsAny(registry, ".:*?[") && registry != "localhost":
		n.Faultf("%q has no registry before the first /%s", text, inFull(text))
	}
	return text
}

// inFull says how a repository is written that is Docker's own shorthand.
func inFull(text string) string {
	full, err := normalRepository(text)
	if err != nil || full == text {
		return "; want a repository in full, such as docker.io/library/nginx"
	}
	return fmt.Sprintf("; want %q", full)
}

// readTag reads a regular expression, which stands for whole tags.
func readTag(n yamldoc.Node) *regexp.Regexp {
	text := n.Text()
	re, err := regexp.Compile("^(?:" + text + ")$")
	if err != nil {
		n.Faultf("%q is no regular expression: %v", text, err)
		return nil
	}
	return re
}

func readPart(n yamldoc.Node) string {
	text := n.Text()
	if err := rules.CheckPart(text); text != "" && err != nil {
		n.Faultf("%v", err)
	}
	return text
}

// readSelector reads the labels that workloads have.
func readSelector(n yamldoc.Node) rules.Labels {
	all := rules.Labels{}
	n.Each(func(name string, v yamldoc.Node) { all = append(all, rules.Label{Name: name, Value: v.Text()}) })
	if len(all) == 0 && n.IsMap() {
		n.Faultf("is empty: it would take every workload")
	}
	slices.SortFunc(all, func(a, b rules.Label) int { return strings.Compare(a.Name, b.Name) })
	return all
}
