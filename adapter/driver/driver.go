// Package driver says what the file has to know of a driver: how its block is read, what its targets need, and how
// it is connected. The drivers are the packages below.
package driver

import (
	"time"

	"github.com/go-kit/log"

	"alertscale/adapter/controller"
	"alertscale/rules"
	"alertscale/rules/upgrade"
	"alertscale/rules/yamldoc"
)

// Type is a type of driver, as the file names it in `type`.
type Type struct {
	// Read reads a driver's block of the file. What is wrong with it becomes a fault of the document.
	Read func(yamldoc.Node) any
	// Schema is what the driver's targets need beside the name.
	Schema rules.RefSchema
	// Upgrades is what upgrades of the driver's workloads may say; nil: it is no controller.Upgrader.
	Upgrades *upgrade.Schema
	// Address is where a block's API is, by which a driver is known again under another name. No secret is in it.
	Address func(block any) string
	// Connect makes a driver of a block that Read returned. It asks nothing of any server. An error says what to
	// set.
	Connect func(block any, o Options) (controller.Driver, error)
	// Keep is set where a driver knows more than the file says. It is kept over a reload that does not change its
	// block; others are connected again, so that their credentials are read again.
	Keep bool
	// Share makes what all drivers of the type in a process share, over reloads too; nil: they share nothing.
	Share func() any
}

// Options are what a driver is given beside its block of the file.
type Options struct {
	Version string            // of alertscale, for the User-Agent
	Now     func() time.Time  // the clock; required
	Logger  log.Logger        // nil: nothing is logged
	Kinds   []string          // of the file's targets of the driver, as the file spells those with a version
	Rules   func() *rules.Set // of the active file, which may be another one each time
	Shared  any               // what Share of the type made
}

// Agent is the User-Agent of the driver's requests.
func (o Options) Agent() string { return "alertscale/" + o.Version }

// Reader returns the Read of a Type whose block is a C.
func Reader[C any](read func(yamldoc.Node) C) func(yamldoc.Node) any {
	return func(n yamldoc.Node) any { return read(n) }
}

// Addresser returns the Address of a Type whose block is a C.
func Addresser[C any](address func(C) string) func(any) string {
	return func(block any) string { return address(block.(C)) }
}

// Connector returns the Connect of a Type whose block is a C.
func Connector[C any, D controller.Driver](connect func(C, Options) (D, error)) func(any, Options) (controller.Driver, error) {
	return func(block any, o Options) (controller.Driver, error) {
		d, err := connect(block.(C), o)
		if err != nil {
			return nil, err // and no driver, which a D of nil would be
		}
		return d, nil
	}
}
