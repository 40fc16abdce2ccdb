package swarm

import (
	"alertscale/adapter/driver"
	"alertscale/rules"
	"alertscale/rules/upgrade"
)

// Type is what the file knows of the driver.
func Type() driver.Type {
	return driver.Type{
		Read:     driver.Reader(ReadConfig),
		Address:  driver.Addresser(func(c Config) string { return c.Host }),
		Schema:   rules.RefSchema{Kinds: map[string]rules.RefSchema{kindService: {Bounds: rules.BoundsBy("label")}}, Self: []string{kindService}},
		Upgrades: &upgrade.Schema{Kinds: []string{kindService}, Pace: true},
		Connect:  driver.Connector(New),
	}
}
