// Package config reads alertscale's file: the drivers, and the rules and targets that package rules
// compiles. All faults are reported at once, each with its line.
package config

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"alertscale/adapter/controller"
	"alertscale/adapter/driver/kubernetes"
	"alertscale/adapter/driver/rancher"
	"alertscale/adapter/driver/rancher2"
	"alertscale/adapter/driver/simulator"
	"alertscale/adapter/driver/swarm"
	"alertscale/adapter/source/hook"
	"alertscale/rules"
	"alertscale/rules/yamldoc"
)

// File is a file that was read and is without fault.
type File struct {
	Path    string
	Text    string // to be shown: without secrets
	Drivers map[string]Driver
	Hooks   []hook.Config
	Rules   *rules.Set
}

// Driver is a connection of the file: its type's block is not nil.
type Driver struct {
	Name       string
	Type       string
	Timeout    time.Duration // of a call
	Kubernetes *kubernetes.Config
	Simulator  *simulator.Config
	Swarm      *swarm.Config
	Rancher    *rancher.Config
	Rancher2   *rancher2.Config

	line int
}

const ttlWhy = ": an alert that is not heard of for alert_ttl counts as absent, so keep it above Alertmanager's repeat_interval"

// Load reads the file at a path. With dryRun, nothing is ever changed by its rules.
func Load(path string, dryRun bool) (*File, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	return Parse(path, text, dryRun)
}

// Parse reads the text of a file. path is for messages.
func Parse(path string, text []byte, dryRun bool) (*File, error) {
	doc, root := yamldoc.Parse(path, text)
	if err := doc.Err(); err != nil {
		return nil, err
	}
	f := &File{Path: path, Text: redact(text), Drivers: map[string]Driver{}}
	src := rules.SetOptions{AlertTTL: rules.DefaultAlertTTL, DryRun: dryRun, Root: root, Drivers: map[string]rules.RefSchema{}}
	root.Fields([]yamldoc.Field{
		{Key: "drivers", Read: f.readDrivers},
		{Key: "alert_ttl", Read: func(n yamldoc.Node) { src.AlertTTL = n.DurationAbove0(ttlWhy) }},
		{Key: "hooks", Read: func(n yamldoc.Node) {
			n.Each(func(name string, v yamldoc.Node) { f.Hooks = append(f.Hooks, hook.ReadConfig(name, v)) })
		}},
		{Key: "targets", Read: func(n yamldoc.Node) { src.Targets = &n }},
		{Key: "rules", Read: func(n yamldoc.Node) { src.Rules = &n }},
	}, "alertmanager", "time_intervals")
	if !root.Has("drivers") {
		f.Drivers["kubernetes"] = Driver{
			Name: "kubernetes", Type: "kubernetes", Timeout: controller.DefaultTimeout, Kubernetes: &kubernetes.Config{}, line: 1,
		}
	}
	for name, d := range f.Drivers {
		src.Drivers[name] = d.needs()
	}
	if root.IsMap() {
		f.Rules = rules.NewSet(src)
	} else if doc.Err() == nil {
		root.Faultf("the file is empty")
	}
	if err := doc.Err(); err != nil {
		return nil, err
	}
	for name, d := range f.Drivers {
		if d.Kubernetes != nil {
			d.Kubernetes.Kinds = f.Rules.Kinds(name)
		}
	}
	return f, nil
}

// needs tells what the driver's targets need beside the name.
func (d Driver) needs() rules.RefSchema {
	switch {
	case d.Kubernetes != nil:
		return rules.RefSchema{Kind: true, Namespace: true}
	case d.Rancher != nil:
		return rules.RefSchema{Kinds: map[string]rules.RefSchema{"service": {Namespace: true}, "host": {Selector: true}}}
	case d.Rancher2 != nil:
		return rules.RefSchema{Kinds: map[string]rules.RefSchema{"machinePool": {Namespace: true}, "nodePool": {Namespace: true}}}
	case d.Swarm != nil:
		return rules.RefSchema{Kinds: map[string]rules.RefSchema{"service": {}}}
	default:
		return rules.RefSchema{}
	}
}

// types are the types of drivers.
var types = []string{"kubernetes", "rancher", "rancher2", "simulator", "swarm"}

func (f *File) readDrivers(n yamldoc.Node) {
	n.Each(func(name string, v yamldoc.Node) { f.readDriver(name, v) })
	if len(f.Drivers) > 0 {
		return
	}
	if n.IsMap() || n.IsNull() {
		n.Faultf("is empty; without it there is one driver, %q", "kubernetes")
	}
	f.Drivers["kubernetes"] = Driver{Kubernetes: &kubernetes.Config{}} // so that targets are not said to have no driver
}

func (f *File) readDriver(name string, n yamldoc.Node) {
	d := Driver{Name: name, Type: name, Timeout: controller.DefaultTimeout, line: n.Line()}
	if t := n.Child("type"); t != nil {
		d.Type = t.Text()
	}
	if t := n.Child("timeout"); t != nil {
		d.Timeout = t.DurationAbove0("")
	}
	if err := rules.CheckPart(name); err != nil {
		n.Faultf("the name %v", err)
	}
	switch d.Type {
	case "kubernetes":
		c := kubernetes.ReadConfig(n)
		d.Kubernetes = &c
	case "simulator":
		c := simulator.ReadConfig(n)
		d.Simulator = &c
	case "rancher":
		c := rancher.ReadConfig(n)
		d.Rancher = &c
	case "swarm":
		c := swarm.ReadConfig(n)
		d.Swarm = &c
	case "rancher2":
		c := rancher2.ReadConfig(n)
		d.Rancher2 = &c
	case "": // which is a fault already
	case name:
		n.Faultf("%q is no type of driver%s; its type defaults to its name, else say type: %s", name, yamldoc.Hint(name, types), types[0])
	default:
		n.Faultf("type %q is unknown%s; there are %s", d.Type, yamldoc.Hint(d.Type, types), strings.Join(types, ", "))
	}
	f.Drivers[name] = d // also at fault, so that targets are not said to have no driver
}

// names lists the drivers of the file in order.
func (f *File) names() []string { return slices.Sorted(maps.Keys(f.Drivers)) }
