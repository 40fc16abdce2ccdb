package config

import (
	"fmt"
	"io"
	"reflect"
	"sync/atomic"
	"time"

	"alertscale/adapter/controller"
	"alertscale/adapter/driver"
	"alertscale/adapter/sink/remote"
	"alertscale/adapter/source/alertmanager"
	"alertscale/adapter/source/hook"
	"alertscale/adapter/source/sender"
	"alertscale/rules"

	"github.com/go-kit/log"
)

// Connections are the drivers of a file, ready to be called, its hooks, its senders, its sinks and its Alertmanagers.
type Connections struct {
	file   *File
	conns  map[string]controller.Backend
	hooks  map[string]*hook.Hook
	sinks  []remote.Destination
	posts  *sender.Senders            // who may post; nil: whoever reaches it may
	asked  *alertmanager.Client       // nil: alerts are not looked up
	rules  *atomic.Pointer[rules.Set] // of the newest file; drivers that outlive a file ask it
	shared map[string]any             // of all files: what the drivers of a type share, by the type
}

// Options are what drivers need beside the file.
type Options struct {
	Version string                // of alertscale
	Logger  log.Logger            // nil: nothing is logged
	Lookups *alertmanager.Metrics // nil: look-ups are not counted
}

// Connect makes the drivers of a file, and reads the tokens of its hooks, senders and sinks. It asks nothing of any server. A driver
// whose type is kept over reloads, and that an earlier file had alike, goes on with what it knows. The others are
// connected again, so that their credentials are read again.
func Connect(f *File, before *Connections, o Options) (*Connections, error) {
	c := &Connections{
		file: f, conns: map[string]controller.Backend{}, hooks: map[string]*hook.Hook{},
		rules: &atomic.Pointer[rules.Set]{}, shared: map[string]any{},
	}
	if before != nil {
		c.rules, c.shared = before.rules, before.shared
	}
	if err := c.open(before, o); err != nil {
		c.release(before)
		return nil, f.asWritten(err)
	}
	before.release(c)
	c.rules.Store(f.Rules)
	return c, nil
}

// Close ends what the drivers keep up.
func (c *Connections) Close() { c.release(nil) }

func (c *Connections) open(before *Connections, o Options) error {
	types := driverTypes()
	for _, name := range c.file.names() {
		d := c.file.Drivers[name]
		connected := before.kept(types[d.Type], d)
		if connected == nil {
			var err error
			if connected, err = c.connect(types[d.Type], d, o); err != nil {
				return fmt.Errorf("%s:%d: drivers.%s: %w", c.file.Path, d.line, name, err)
			}
		}
		c.conns[name] = controller.Backend{Driver: connected, Timeout: d.Timeout}
	}
	if err := c.openHooks(); err != nil {
		return err
	}
	if err := c.openSinks(); err != nil {
		return err
	}
	var err error
	if c.posts, err = sender.Open(c.file.Path, c.file.Senders); err != nil {
		return err
	}
	return c.openAlertmanager(before, o)
}

// release ends what drivers keep up, such as watches, of which the other file has not got the same. c and other may be
// nil.
func (c *Connections) release(other *Connections) {
	if c == nil {
		return
	}
	for name, b := range c.conns {
		if closer, ok := b.Driver.(io.Closer); ok && (other == nil || other.conns[name].Driver != b.Driver) {
			_ = closer.Close() // nothing is left to do about it
		}
	}
}

// kept returns the driver that stays in use for one of a newer file, nil where there is none. c may be nil.
func (c *Connections) kept(t driver.Type, d Driver) controller.Driver {
	if c == nil || !t.Keep {
		return nil
	}
	if old := c.file.Drivers[d.Name]; old.Type != d.Type || !reflect.DeepEqual(old.Config, d.Config) {
		return nil
	}
	return c.conns[d.Name].Driver
}

func (c *Connections) connect(t driver.Type, d Driver, o Options) (controller.Driver, error) {
	if t.Share != nil && c.shared[d.Type] == nil {
		c.shared[d.Type] = t.Share()
	}
	return t.Connect(d.Config, driver.Options{
		Version: o.Version, Now: time.Now, Logger: o.Logger,
		Kinds: c.file.Rules.Kinds(d.Name), Rules: c.rules.Load, Shared: c.shared[d.Type],
	})
}

func (c *Connections) openHooks() error {
	for _, h := range c.file.Hooks {
		opened, err := hook.Open(h)
		if err != nil {
			return fmt.Errorf("%s:%d: hooks.%s: %w", c.file.Path, h.Line, h.Name, err)
		}
		c.hooks[h.Name] = opened
	}
	return nil
}

func (c *Connections) openSinks() error {
	for _, s := range c.file.Sinks {
		opened, err := remote.Open(s)
		if err != nil {
			return fmt.Errorf("%s:%d: %s: %w", c.file.Path, s.Line, s.Where, err)
		}
		c.sinks = append(c.sinks, opened)
	}
	return nil
}

// openAlertmanager makes the client that looks alerts up. One of an earlier file that is alike goes on with what it knows;
// it reads its credentials for each request.
func (c *Connections) openAlertmanager(before *Connections, o Options) (err error) {
	block := c.file.Alertmanager
	if block == nil {
		return nil
	}
	if before != nil && before.asked != nil && block.Same(before.file.Alertmanager) {
		c.asked = before.asked
		return nil
	}
	c.asked, err = alertmanager.New(block, alertmanager.Options{Version: o.Version, Logger: o.Logger, Metrics: o.Lookups})
	if err != nil {
		return fmt.Errorf("%s:%d: alertmanager: %w", c.file.Path, block.Line, err)
	}
	return nil
}

// Alertmanager returns the client that looks alerts up, nil where the file has none.
func (c *Connections) Alertmanager() *alertmanager.Client { return c.asked }

// File returns what the controller works with.
func (c *Connections) File() *controller.Snapshot {
	s := &controller.Snapshot{Rules: c.file.Rules, Drivers: c.conns, Text: c.file.Text(), Upgrades: c.file.Upgrades}
	if c.asked != nil { // a nil *alertmanager.Client is no nil Asker
		s.Asker = c.asked
	}
	return s
}

// Driver returns a driver by name, nil where there is none.
func (c *Connections) Driver(name string) controller.Driver { return c.conns[name].Driver }
