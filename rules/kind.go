package rules

import (
	"slices"
	"strings"

	"alertscale/rules/yamldoc"
)

// spelling is one way in which the file writes a kind.
type spelling struct {
	text  string // apps/v1/Deployment
	ref   string // Deployment.apps
	group string
	place yamldoc.Place
}

// readKind reads a kind, written Kind, version/Kind or group/version/Kind, as the part of a ref.
func (s *Set) readKind(t *Target, n yamldoc.Node) part {
	text := n.Text()
	if strings.Contains(text, "{{") {
		return readPart(n)
	}
	fields := strings.Split(text, "/")
	sp := spelling{text: text, ref: fields[len(fields)-1], place: n.Place()}
	switch {
	case len(fields) > 3:
		n.Faultf("%q is not Kind, version/Kind or group/version/Kind", text)
	case len(fields) == 3:
		sp.group = fields[0]
		sp.ref += "." + sp.group
	default:
		_, sp.group, _ = strings.Cut(sp.ref, ".")
	}
	if err := CheckPart(sp.ref); err != nil {
		n.Faultf("%v", err)
	}
	s.kindNodes = append(s.kindNodes, kindNode{t, n, sp})
	return part{text: sp.ref}
}

// kindNode is a kind that waits for its target's driver to be known.
type kindNode struct {
	target *Target
	node   yamldoc.Node
	sp     spelling
}

// checkKinds reports kinds that are spelled in two ways in one driver: their refs would differ.
func (s *Set) checkKinds() {
	for _, k := range s.kindNodes {
		for _, driver := range k.target.drivers() {
			if !s.checkKind(k, driver) {
				break
			}
		}
	}
	s.kindNodes = nil
}

// checkKind notes how a kind of a driver is spelled; false, and a fault, where it is spelled otherwise, too.
func (s *Set) checkKind(k kindNode, driver string) bool {
	base, _, _ := strings.Cut(k.sp.ref, ".")
	key := driver + ":" + base
	known, good := false, true
	for _, other := range s.kinds[key] {
		if other.text == k.sp.text {
			known = true
		} else if other.group == k.sp.group || other.group == "" || k.sp.group == "" {
			k.node.Faultf("%q is spelled %q %s; one file spells a kind one way", k.sp.text, other.text, k.node.Locate(other.place))
			good = false
			break
		}
	}
	if !known {
		s.kinds[key] = append(s.kinds[key], k.sp)
	}
	return good
}

// Kinds lists how the file spells the kinds of a driver, where it gives a version.
func (s *Set) Kinds(driver string) []string {
	var all []string
	seen := map[string]bool{}
	for key, spellings := range s.kinds {
		for _, sp := range spellings {
			if strings.HasPrefix(key, driver+":") && strings.Contains(sp.text, "/") && !seen[sp.text] {
				seen[sp.text] = true
				all = append(all, sp.text)
			}
		}
	}
	slices.Sort(all)
	return all
}

// spelled returns a rendered kind as the file spells it elsewhere.
func (s *Set) spelled(driver, kind string) string {
	if all := s.kinds[driver+":"+kind]; len(all) > 0 {
		for _, sp := range all[1:] {
			if sp.ref != all[0].ref {
				return kind
			}
		}
		return all[0].ref
	}
	return kind
}
