package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"alertscale/rules/yamldoc"
)

// readDriver reads the name of a driver, or a template by which alerts choose one.
func (t *Target) readDriver(n yamldoc.Node) {
	t.Driver = n.Text()
	if strings.Contains(t.Driver, "{{") {
		t.driver = readPart(n)
		return
	}
	t.driver = part{text: t.Driver}
}

// choosesDriver reports whether alerts choose the driver.
func (t *Target) choosesDriver() bool { return strings.Contains(t.Driver, "{{") }

// drivers lists the drivers that refs of the target may be of.
func (t *Target) drivers() []string {
	if t.choosesDriver() {
		return t.set.chosen
	}
	return []string{t.Driver}
}

// schema is what targets of the driver need; of drivers that alerts choose, which are of one type, it is the same.
func (t *Target) schema() (schema RefSchema, ok bool) {
	for _, name := range t.drivers() {
		schema, ok = t.set.drivers[name]
		return schema, ok
	}
	return RefSchema{}, false
}

// checkDriver reports what is wrong with the driver of a target, and returns what its targets need; false where that is
// not known.
func (t *Target) checkDriver(n yamldoc.Node) (RefSchema, bool) {
	s, at := t.set, n.Peek("driver")
	schema, ok := t.schema()
	switch {
	case at == nil:
		n.Faultf("driver is missing%s", s.onlyDriver())
		t.checkName(RefSchema{}, n)
	case t.choosesDriver():
		ok = t.checkChosen(*at)
	case t.Driver == "": // which is a fault already
	case !ok:
		at.Faultf("driver %q is not defined%s", t.Driver, cmp.Or(yamldoc.Hint(t.Driver, s.driverNames()), s.onlyDriver()))
	}
	return schema, ok && at != nil
}

// checkChosen reports drivers that alerts cannot choose among, and returns false where there are such.
func (t *Target) checkChosen(at yamldoc.Node) bool {
	s := t.set
	if len(s.chosen) == 0 {
		at.Faultf("driver is a template, and no driver of the file may be chosen by it; set from_labels: true on those that alerts may name%s", s.onlyDriver())
		return false
	}
	first := s.chosen[0]
	for _, other := range s.chosen[1:] {
		if a, b := s.drivers[first].Type, s.drivers[other].Type; a != b {
			at.Faultf("driver is a template, and drivers with from_labels: true are of two types: %q is a %s, %q a %s; keep those of one type", first, a, other, b)
			return false
		}
	}
	return true
}

// renderDriver gives the driver that an alert names.
func (t *Target) renderDriver(ls Labels) (string, error) {
	if !t.choosesDriver() {
		return t.Driver, nil
	}
	name, err := t.driver.render(ls)
	if err != nil {
		return "", &partError{"driver", err}
	}
	switch schema, ok := t.set.drivers[name]; {
	case !ok:
		return "", &partError{"driver", fmt.Errorf("%s is not defined; alerts may name %s", quoteShort(name), fewOf(t.set.chosen))}
	case !schema.FromLabels:
		return "", &partError{"driver", fmt.Errorf("%q has no from_labels: true; alerts may name %s", name, fewOf(t.set.chosen))}
	}
	return name, nil
}

// coversDriver reports whether refs of the target may be of a driver.
func (t *Target) coversDriver(name string) bool {
	if !t.choosesDriver() {
		return t.Driver == name
	}
	return t.set.drivers[name].FromLabels
}

// chosenDrivers lists the drivers that alerts may choose.
func (s *Set) chosenDrivers() []string {
	return slices.DeleteFunc(s.driverNames(), func(name string) bool { return !s.drivers[name].FromLabels })
}

// fewOf lists some names, and how many more there are.
func fewOf(names []string) string {
	const few = 5
	if len(names) <= few {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:few], ", "), len(names)-few)
}
