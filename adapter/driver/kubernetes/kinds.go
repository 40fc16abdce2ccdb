package kubernetes

import (
	"fmt"
	"slices"
	"strings"

	"alertscale/adapter/controller"
	"alertscale/rules/yamldoc"
)

// kind is what a ref, or the file, says of a kind. What it leaves out is any.
type kind struct {
	ref     string // as in rules.Ref
	name    string
	grouped bool   // group says something; the core group's name is empty
	group   string //
	version string // empty: the first in the server's order that will do
	field   bool   // a field of it is asked for, so that it need not have a scale subresource
}

// parseKind reads a kind as the file spells it: Kind, Kind.group, version/Kind or
// group/version/Kind.
func parseKind(spelled string) (kind, error) {
	parts := strings.Split(spelled, "/")
	if slices.Contains(parts, "") || len(parts) > 3 || len(parts) == 2 && !isVersion(parts[0]) {
		return kind{}, fmt.Errorf("kind %q: want Kind, version/Kind or group/version/Kind, as in apps/v1/Deployment", spelled)
	}
	switch len(parts) {
	case 3:
		return kind{parts[2] + "." + parts[0], parts[2], true, parts[0], parts[1], false}, nil
	case 2:
		return kind{parts[1], parts[1], true, "", parts[0], false}, nil
	}
	return refKind(spelled), nil
}

// isVersion tells v1 from a group, which some write without a version.
func isVersion(s string) bool { return len(s) > 1 && s[0] == 'v' && s[1] >= '0' && s[1] <= '9' }

// refKind reads the form that a kind has in a ref.
func refKind(ref string) kind {
	name, group, grouped := strings.Cut(ref, ".")
	return kind{ref: ref, name: name, grouped: grouped, group: group}
}

func (k kind) covers(group, version string) bool {
	return (!k.grouped || k.group == group) && (k.version == "" || k.version == version)
}

// usable reports whether a resource has what is asked for.
func (k kind) usable(r resource) bool { return k.field || r.scale }

func (k kind) String() string {
	switch {
	case k.version == "":
		return k.ref
	case k.group == "":
		return k.version + "/" + k.name
	}
	return k.group + "/" + k.version + "/" + k.name
}

// resource is what a kind is called in the paths of the API.
type resource struct {
	group, version string
	name           string // plural: deployments
	namespaced     bool
	scale          bool // has a scale subresource
}

func (r resource) groupVersion() groupVersion { return groupVersion{r.group, r.version} }

type groupVersion struct{ group, version string }

func (gv groupVersion) String() string {
	if gv.group == "" {
		return gv.version
	}
	return gv.group + "/" + gv.version
}

// table holds the resources of each kind, the versions of a group in the server's order.
type table map[string][]resource

// choose returns what a kind is. An error is permanent, as far as the table is complete.
func (t table) choose(k kind) (resource, error) {
	var found *resource
	all := t[k.name]
	for i := range all {
		r := &all[i]
		if !k.usable(*r) || !k.covers(r.group, r.version) {
			continue
		}
		if found == nil {
			found = r
		} else if found.group != r.group {
			return resource{}, ambiguous(k, all)
		}
	}
	if found == nil {
		return resource{}, t.explain(k)
	}
	return *found, nil
}

func ambiguous(k kind, all []resource) error {
	where := versions(all, func(r resource) bool { return k.usable(r) && k.covers(r.group, r.version) })
	return fmt.Errorf("%w: kind %s is ambiguous: %s; write group/version/Kind", controller.ErrInvalid, k, where)
}

// explain says why a kind cannot be scaled.
func (t table) explain(k kind) error {
	all := t[k.name]
	scalable := versions(all, k.usable)
	covered := slices.ContainsFunc(all, func(r resource) bool { return k.covers(r.group, r.version) })
	switch {
	case covered && scalable != "":
		return fmt.Errorf("%w: kind %s has no scale subresource there; %s has one", controller.ErrInvalid, k, scalable)
	case covered:
		return fmt.Errorf("%w: kind %s has no scale subresource, so its count cannot be set; name what owns it and can be scaled", controller.ErrInvalid, k)
	case scalable != "":
		return fmt.Errorf("%w: the API server has no kind %s; it has %s in %s", controller.ErrNotFound, k, k.name, scalable)
	}
	return fmt.Errorf("%w: the API server has no kind %s%s; correct the kind, or install what defines it",
		controller.ErrNotFound, k, yamldoc.Hint(k.name, t.names(k)))
}

// versions lists where those of a kind's resources are that match, in order of their names.
func versions(all []resource, match func(resource) bool) string {
	var in []string
	for _, r := range all {
		if gv := r.groupVersion().String(); match(r) && !slices.Contains(in, gv) {
			in = append(in, gv)
		}
	}
	slices.Sort(in)
	return strings.Join(in, ", ")
}

// names lists the kinds that have what is asked for.
func (t table) names(k kind) []string {
	var names []string
	for name, all := range t {
		if slices.ContainsFunc(all, k.usable) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func (t table) add(kind string, r resource) {
	for _, known := range t[kind] {
		if known.groupVersion() == r.groupVersion() && known.name == r.name {
			return
		}
	}
	t[kind] = append(t[kind], r)
}

// keep takes over from an older table what a server could not tell of this time.
func (t table) keep(old table, missing []groupVersion) {
	for kind, all := range old {
		for _, r := range all {
			if slices.Contains(missing, r.groupVersion()) {
				t.add(kind, r)
			}
		}
	}
}
