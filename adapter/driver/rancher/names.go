package rancher

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// numbered is a hostname that ends in a number: web01 is web, 1, of two digits.
type numbered struct {
	base   string
	number int
	width  int // 0: there is no number
}

// parseName reads a hostname up to its domain.
func parseName(hostname string) numbered {
	label, _, _ := strings.Cut(hostname, ".")
	base := strings.TrimRight(label, "0123456789")
	digits := label[len(base):]
	n, err := strconv.Atoi(digits)
	if err != nil { // there are none, or too many to count with
		return numbered{base: label}
	}
	return numbered{base: base, number: n, width: len(digits)}
}

// hostname is what a host was asked to be called, or is called, where nobody asked.
func (h *host) hostname() string { return cmp.Or(h.Hostname, h.Name) }

// newNames continues the numbers of the group, by the name of the host that is cloned, with n names that no
// host of the environment has.
func (g *group) newNames(source host, n int, reserved map[string]bool) []string {
	last := parseName(source.hostname())
	for _, h := range slices.Concat(g.members, g.failed) {
		if v := parseName(h.hostname()); strings.EqualFold(v.base, last.base) {
			last.number, last.width = max(last.number, v.number), max(last.width, v.width)
		}
	}
	if last.width == 0 {
		last.number, last.width = 1, 1 // web is followed by web2
	}
	var names []string
	for i := last.number + 1; len(names) < n; i++ {
		name := fmt.Sprintf("%s%0*d", last.base, last.width, i)
		if !g.taken(name) && !reserved[strings.ToLower(name)] {
			names = append(names, name)
		}
	}
	return names
}

// taken reports whether a host of the environment has a name, whatever has become of it.
func (g *group) taken(name string) bool {
	for _, h := range g.all {
		if h.named(name) {
			return true
		}
	}
	return false
}

func (h *host) named(name string) bool { return same(h.Hostname, name) || same(h.Name, name) }

// same compares names up to their domain.
func same(a, b string) bool {
	a, _, _ = strings.Cut(a, ".")
	b, _, _ = strings.Cut(b, ".")
	return strings.EqualFold(a, b)
}
