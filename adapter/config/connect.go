package config

import (
	"fmt"
	"reflect"
	"sync/atomic"
	"time"

	"alertscale/adapter/controller"
	"alertscale/adapter/driver/kubernetes"
	"alertscale/adapter/driver/rancher"
	"alertscale/adapter/driver/rancher2"
	"alertscale/adapter/driver/simulator"
	"alertscale/adapter/driver/swarm"
	"alertscale/adapter/source/hook"
	"alertscale/rules"

	"github.com/go-kit/log"
)

// Connections are the drivers of a file, ready to be called, and its hooks.
type Connections struct {
	file  *File
	conns map[string]controller.Backend
	hooks map[string]*hook.Hook
	rules *atomic.Pointer[rules.Set] // of the newest file; drivers that outlive a file ask it

	rancher *rancher.Shared // of all files
}

// Connect makes the drivers of a file, and reads the tokens of its hooks. It asks nothing of any server. A driver
// that an earlier file had alike, and that knows more than the file says, is kept: a simulator with its counts, a
// Rancher with what it did to hosts. The others are made anew, so that their credentials are read again.
func Connect(f *File, before *Connections, o Options) (*Connections, error) {
	c := &Connections{
		file: f, conns: map[string]controller.Backend{}, hooks: map[string]*hook.Hook{},
		rules: &atomic.Pointer[rules.Set]{}, rancher: rancher.NewShared(),
	}
	if before != nil {
		c.rules, c.rancher = before.rules, before.rancher
	}
	for _, name := range f.names() {
		d := f.Drivers[name]
		if before != nil && d.kept(before.file.Drivers[name]) {
			c.conns[name] = controller.Backend{Driver: before.conns[name].Driver, Timeout: d.Timeout}
			continue
		}
		driver, err := d.connect(c, o)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: drivers.%s: %w", f.Path, d.line, name, err)
		}
		c.conns[name] = controller.Backend{Driver: driver, Timeout: d.Timeout}
	}
	for _, h := range f.Hooks {
		opened, err := hook.Open(h)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: hooks.%s: %w", f.Path, h.Line, h.Name, err)
		}
		c.hooks[h.Name] = opened
	}
	c.rules.Store(f.Rules)
	return c, nil
}

// Options are what drivers need beside the file.
type Options struct {
	Version string     // of alertscale
	Logger  log.Logger // nil: nothing is logged
}

// kept tells whether the connection of an earlier file stays in use.
func (d Driver) kept(before Driver) bool {
	return d.Simulator != nil && reflect.DeepEqual(before.Simulator, d.Simulator) ||
		d.Rancher != nil && reflect.DeepEqual(before.Rancher, d.Rancher)
}

// File returns what the adapter works with.
func (c *Connections) File() *controller.Snapshot {
	return &controller.Snapshot{Rules: c.file.Rules, Drivers: c.conns, Text: c.file.Text}
}

// Driver returns a driver by name, nil where there is none.
func (c *Connections) Driver(name string) controller.Driver { return c.conns[name].Driver }

func (d Driver) connect(c *Connections, o Options) (controller.Driver, error) {
	switch {
	case d.Simulator != nil:
		return simulator.New(*d.Simulator, simulator.Options{Now: time.Now}), nil
	case d.Swarm != nil:
		return swarm.New(*d.Swarm, swarm.Options{Version: o.Version, Now: time.Now})
	case d.Rancher != nil:
		group := func(ref rules.Ref) ([]rules.Label, rules.Remove, bool) { return c.rules.Load().Group(ref) }
		return rancher.New(*d.Rancher, rancher.Options{Group: group, Shared: c.rancher, Now: time.Now, Logger: o.Logger})
	case d.Rancher2 != nil:
		return rancher2.New(*d.Rancher2, rancher2.Options{Version: o.Version, Now: time.Now})
	default:
		return kubernetes.New(*d.Kubernetes, kubernetes.Options{Version: o.Version, Now: time.Now})
	}
}
