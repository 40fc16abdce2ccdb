package client

import (
	"context"
	"fmt"
	"strings"

	"alertscale/adapter/cli/internal/api"
	"alertscale/adapter/controller"
	"alertscale/rules/yamldoc"
)

// maxNear is how many names are suggested.
const maxNear = 3

// knownRefs asks for the refs that are known.
func knownRefs(ctx context.Context, c *api.Client) ([]string, error) {
	all, _, err := list[controller.TargetStatus](ctx, c, targetsPath, nil)
	refs := make([]string, len(all))
	for i := range all {
		refs[i] = all[i].Ref
	}
	return refs, err
}

// unknownRef is the error of a ref that is none of those that are known.
func unknownRef(ref string, known []string) error {
	return fmt.Errorf("%s: %w%s", ref, controller.ErrUnknownRef, near(ref, known))
}

// near says which of the known refs may have been meant: one that is a typing error away, those that have the text in
// them, or those whose name has the name in it, in whatever case.
func near(ref string, known []string) string {
	if hint := yamldoc.Hint(ref, known); hint != "" {
		return hint
	}
	whole, last := strings.ToLower(ref), strings.ToLower(name(ref))
	for _, like := range []func(string) bool{
		func(k string) bool { return strings.Contains(k, whole) },
		func(k string) bool { return strings.Contains(name(k), last) },
	} {
		if found := first(maxNear, known, like); len(found) > 0 {
			return ", did you mean " + strings.Join(found, " or ") + "?"
		}
	}
	return "; alertscale targets lists those that are"
}

// name returns the last part of a ref.
func name(ref string) string { return ref[strings.LastIndexAny(ref, "/:")+1:] }

// first returns the first refs of which, in lower case, something is so.
func first(n int, refs []string, is func(string) bool) (found []string) {
	for _, ref := range refs {
		if len(found) < n && is(strings.ToLower(ref)) {
			found = append(found, fmt.Sprintf("%q", ref))
		}
	}
	return found
}
