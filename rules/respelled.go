package rules

import (
	"maps"
	"slices"
	"strings"
)

// Respelled returns the ref under which the file knows what it knew as another ref: where only the kind is spelled in
// another way (Deployment, apps/v1/Deployment), or the driver has another name and the same connection. False: it is
// the same, or the file does not know it. connection is what the ref's driver was connected to; empty: not known.
func (s *Set) Respelled(r Ref, connection string) (Ref, bool) {
	if s.Owner(r, "") != nil {
		return r, false
	}
	for _, driver := range s.sameDrivers(r.Driver, connection) {
		for _, kind := range s.sameKinds(driver, r.Kind) {
			next := r
			next.Driver, next.Kind = driver, kind
			if next != r && s.Owner(next, "") != nil {
				return next, true
			}
		}
	}
	return r, false
}

// sameDrivers lists the drivers that a driver may be by now: itself, else those with its connection.
func (s *Set) sameDrivers(name, connection string) []string {
	if _, ok := s.drivers[name]; ok {
		return []string{name}
	}
	if connection == "" {
		return nil
	}
	var all []string
	for _, other := range slices.Sorted(maps.Keys(s.drivers)) {
		if s.drivers[other].Connection == connection {
			all = append(all, other)
		}
	}
	return all
}

// sameKinds lists how the file may write a kind: as it is, and as it is spelled there with a group or without one.
func (s *Set) sameKinds(driver, kind string) []string {
	base, group, _ := strings.Cut(kind, ".")
	all := []string{kind}
	for _, sp := range s.kinds[driver+":"+base] {
		if sp.ref != kind && (sp.group == "" || group == "" || sp.group == group) {
			all = append(all, sp.ref)
		}
	}
	return all
}
