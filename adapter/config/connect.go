package config

import (
	"fmt"
	"reflect"
	"time"

	"alertscale/adapter"
	"alertscale/adapter/driver/kubernetes"
	"alertscale/adapter/driver/simulator"
	"alertscale/adapter/driver/swarm"
)

// Connections are the drivers of a file, ready to be called.
type Connections struct {
	file  *File
	conns map[string]adapter.Conn
}

// Connect makes the drivers of a file. It asks nothing of any server. A simulator that an earlier file had
// alike is kept, with its counts; the others are made anew, so that their credentials are read again.
func Connect(f *File, before *Connections, version string) (*Connections, error) {
	c := &Connections{file: f, conns: map[string]adapter.Conn{}}
	for _, name := range f.names() {
		d := f.Drivers[name]
		if before != nil && d.Simulator != nil && reflect.DeepEqual(before.file.Drivers[name].Simulator, d.Simulator) {
			c.conns[name] = adapter.Conn{Driver: before.conns[name].Driver, Timeout: d.Timeout}
			continue
		}
		driver, err := d.connect(version)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: drivers.%s: %w", f.Path, d.line, name, err)
		}
		c.conns[name] = adapter.Conn{Driver: driver, Timeout: d.Timeout}
	}
	return c, nil
}

// File returns what the adapter works with.
func (c *Connections) File() *adapter.File {
	return &adapter.File{Rules: c.file.Rules, Drivers: c.conns, Text: c.file.Text}
}

// Driver returns a driver by name, nil where there is none.
func (c *Connections) Driver(name string) adapter.Driver { return c.conns[name].Driver }

func (d Driver) connect(version string) (adapter.Driver, error) {
	switch {
	case d.Simulator != nil:
		return simulator.New(*d.Simulator, simulator.Options{Now: time.Now}), nil
	case d.Swarm != nil:
		return swarm.New(*d.Swarm, swarm.Options{Version: version, Now: time.Now})
	default:
		return kubernetes.New(*d.Kubernetes, kubernetes.Options{Version: version, Now: time.Now})
	}
}
