package rules

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"alertscale/rules/yamldoc"
)

// readPath reads a JSON pointer to an integer field of an object: /spec/minReplicas.
func readPath(n yamldoc.Node) string {
	path := n.Text()
	if path == "" {
		return ""
	}
	if err := checkPath(path); err != nil {
		n.Faultf("%v", err)
	}
	return path
}

// strayTilde is a tilde that begins neither ~0 nor ~1, which stand for a tilde and a slash.
var strayTilde = regexp.MustCompile(`~([^01]|$)`)

// checkPath returns an error where a text is no JSON pointer, or could not be part of a ref.
func checkPath(path string) error {
	const want = "want a JSON pointer to a field, such as /spec/minReplicas"
	switch {
	case strings.Contains(path, "{{"):
		return fmt.Errorf("%s is a template; a path is the same for all alerts", quoteShort(path))
	case len(path) > maxPart:
		return fmt.Errorf("%s has %d bytes; a path has at most %d", quoteShort(path), len(path), maxPart)
	case !utf8.ValidString(path):
		return fmt.Errorf("%s is not UTF-8", quoteShort(path))
	case path[0] != '/' || strings.HasSuffix(path, "/") || strings.Contains(path, "//"):
		return fmt.Errorf("%s: %s", quoteShort(path), want)
	case strayTilde.MatchString(path):
		return fmt.Errorf("%s has a ~ that is neither ~0, for a tilde, nor ~1, for a slash; %s", quoteShort(path), want)
	}
	for _, r := range path {
		if unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return fmt.Errorf("%s has %s in it, which no path may have", quoteShort(path), strconv.Quote(string(r)))
		}
	}
	return nil
}

// checkPathOf reports a path of a driver that has none.
func (t *Target) checkPathOf(schema RefSchema, n yamldoc.Node) {
	if path := n.Peek("path"); path != nil && !schema.Path {
		path.Faultf("path: driver %q scales counts of workloads, not fields of objects", t.Driver)
	}
}
