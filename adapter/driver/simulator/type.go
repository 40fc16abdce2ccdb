package simulator

import (
	"alertscale/adapter/driver"
	"alertscale/rules"
)

// Type is what the file knows of the driver. It has any kind, and its targets need nothing but a name.
func Type() driver.Type {
	return driver.Type{
		Read:    driver.Reader(ReadConfig),
		Address: driver.Addresser(func(Config) string { return "" }),
		Schema:  rules.RefSchema{Bounds: rules.BoundNames{Min: "bounds.min", Max: "bounds.max"}},
		Connect: driver.Connector(func(cfg Config, o Options) (*Driver, error) { return New(cfg, o), nil }),
		Keep:    true, // it has the counts
	}
}
