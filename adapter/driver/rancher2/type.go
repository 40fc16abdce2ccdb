package rancher2

import (
	"alertscale/adapter/driver"
	"alertscale/rules"
)

// Type is what the file knows of the driver.
func Type() driver.Type {
	return driver.Type{
		Read:    driver.Reader(ReadConfig),
		Needs:   rules.Needs{Kinds: map[string]rules.Needs{kindMachinePool: {Namespace: true}, kindNodePool: {Namespace: true}}},
		Secrets: []string{"token"},
		Connect: driver.Connector(New),
	}
}
