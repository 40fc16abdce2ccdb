package swarm

import (
	"alertscale/adapter/driver"
	"alertscale/rules"
)

// Type is what the file knows of the driver.
func Type() driver.Type {
	return driver.Type{
		Read:    driver.Reader(ReadConfig),
		Needs:   rules.Needs{Kinds: map[string]rules.Needs{kindService: {}}},
		Connect: driver.Connector(New),
	}
}
