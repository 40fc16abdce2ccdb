package config

import (
	"maps"
	"slices"
	"strings"
	"time"

	"alertscale/adapter/controller"
	"alertscale/adapter/driver"
	"alertscale/adapter/driver/kubernetes"
	"alertscale/adapter/driver/rancher"
	"alertscale/adapter/driver/rancher2"
	"alertscale/adapter/driver/simulator"
	"alertscale/adapter/driver/swarm"
	"alertscale/rules"
	"alertscale/rules/yamldoc"
)

// driverTypes is the table of the types of drivers, by the name that the file has for them. Whoever adds a driver
// writes its package, and its line here.
func driverTypes() map[string]driver.Type {
	return map[string]driver.Type{
		defaultType: kubernetes.Type(),
		"rancher":   rancher.Type(),
		"rancher2":  rancher2.Type(),
		"simulator": simulator.Type(),
		"swarm":     swarm.Type(),
	}
}

// defaultType is that of the one driver of a file that has no drivers.
const defaultType = "kubernetes"

// Driver is a connection of the file.
type Driver struct {
	Name    string
	Type    string
	Timeout time.Duration // of a call
	// FromLabels says that alerts may choose the driver, by a target whose driver is a template.
	FromLabels bool
	Config     any // the type's own; nil where the type is unknown

	line int
}

// defaultDriver is what a file without drivers has.
func defaultDriver() Driver {
	_, empty := yamldoc.Parse("", []byte("{}"))
	return Driver{
		Name: defaultType, Type: defaultType, Timeout: controller.DefaultTimeout, line: 1,
		Config: driverTypes()[defaultType].Read(empty),
	}
}

func (f *File) readDrivers(n yamldoc.Node) {
	types := driverTypes()
	n.Each(func(name string, v yamldoc.Node) {
		f.Drivers[name] = readDriver(types, name, v) // also at fault, so that targets are not said to have no driver
	})
	if len(f.Drivers) > 0 {
		return
	}
	if n.IsMap() || n.IsNull() {
		n.Faultf("is empty; without it there is one driver, %q", defaultType)
	}
	f.Drivers[defaultType] = defaultDriver() // likewise
}

func readDriver(types map[string]driver.Type, name string, n yamldoc.Node) Driver {
	d := Driver{Name: name, Type: name, Timeout: controller.DefaultTimeout, line: n.Line()}
	if t := n.Child("type"); t != nil {
		d.Type = t.Text()
	}
	if t := n.Child("timeout"); t != nil {
		d.Timeout = t.DurationAbove0("")
	}
	if l := n.Child("from_labels"); l != nil {
		d.FromLabels = l.Bool()
	}
	if err := rules.CheckPart(name); err != nil {
		n.Faultf("the name %v", err)
	}
	known, ok := types[d.Type]
	names := slices.Sorted(maps.Keys(types))
	switch {
	case ok:
		d.Config = known.Read(n)
	case d.Type == "": // which is a fault already
	case d.Type == name:
		n.Faultf("%q is no type of driver%s; its type defaults to its name, else say type: %s", name, yamldoc.Hint(name, names), names[0])
	default:
		n.Faultf("type %q is unknown%s; there are %s", d.Type, yamldoc.Hint(d.Type, names), strings.Join(names, ", "))
	}
	return d
}

// schema is what the driver's targets need, and what the driver is connected to.
func (d Driver) schema() rules.RefSchema {
	t, ok := driverTypes()[d.Type]
	if !ok {
		return rules.RefSchema{}
	}
	s := t.Schema
	s.Type, s.FromLabels = d.Type, d.FromLabels
	s.Connection = d.Type + " " + t.Address(d.Config)
	return s
}

// names lists the drivers of the file in order.
func (f *File) names() []string { return slices.Sorted(maps.Keys(f.Drivers)) }

// Said is what the workload of a ref says of its own bounds, where the file has that: the simulator's does.
func (f *File) Said(ref rules.Ref) (rules.BoundsSaid, bool) {
	if c, ok := f.Drivers[ref.Driver].Config.(interface {
		Said(ref rules.Ref) rules.BoundsSaid
	}); ok {
		return c.Said(ref), true
	}
	return rules.BoundsSaid{}, false
}
